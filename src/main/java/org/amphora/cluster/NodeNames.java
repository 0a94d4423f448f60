// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Names of nodes as Slurm and Flux fold them, `n[01-03,7],login` (`scontrol(1)`, "hostlist"; RFC
/// 29).
final class NodeNames {

    /// A name, whose commas within brackets do not end it.
    private static final Pattern NAME = Pattern.compile("(?:[^,\\[]|\\[[^\\]]*])+");

    private static final Pattern LIST = Pattern.compile(NAME + "(," + NAME + ")*");
    private static final Pattern RANGES = Pattern.compile("\\[([^\\]]*)]");

    /// More nodes than any cluster has come from a broken answer.
    private static final int LIMIT = 100_000;

    private NodeNames() {}

    /// Every name; a list that is none as it stands.
    static List<String> unfolded(String list) {
        if (!LIST.matcher(list).matches()) {
            return List.of(list);
        }
        List<String> names = new ArrayList<>();
        Matcher name = NAME.matcher(list);
        while (name.find()) {
            names.addAll(each(name.group()));
        }
        return names;
    }

    private static List<String> each(String folded) {
        Matcher ranges = RANGES.matcher(folded);
        if (!ranges.find()) {
            return List.of(folded);
        }
        String before = folded.substring(0, ranges.start());
        List<String> names = new ArrayList<>();
        for (String rest : each(folded.substring(ranges.end()))) {
            for (String range : ranges.group(1).split(",")) {
                numbers(range).forEach(number -> names.add(before + number + rest));
            }
        }
        return names;
    }

    /// `08-10` is 08, 09, 10.
    private static List<String> numbers(String range) {
        String[] ends = range.split("-", 2);
        int first = Numbers.parse(ends[0]).orElse(-1);
        int last = ends.length == 1 ? first : Numbers.parse(ends[1]).orElse(-1);
        if (first < 0 || last < first || last - first > LIMIT) {
            return List.of(range);
        }
        List<String> numbers = new ArrayList<>();
        for (int number = first; number <= last; number++) {
            String digits = Integer.toString(number);
            numbers.add("0".repeat(Math.max(0, ends[0].length() - digits.length())) + digits);
        }
        return numbers;
    }
}
