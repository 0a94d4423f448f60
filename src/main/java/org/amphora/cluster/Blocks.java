// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Answers that tell of one job after another: a line with the id, then indented fields
/// `NAME = VALUE`, as `qstat -f` and `oarstat -f` print.
final class Blocks {

    /// The field that holds the id of the line at the head.
    static final String ID = "Blocks.ID";

    private static final Pattern FIELD = Pattern.compile("^\\s+(\\S+) = (.*)$");

    private Blocks() {}

    /// The fields of each job, the first of a name. Lines that are neither go on with the field
    /// before them, such as the events of `oarstat`.
    ///
    /// @param head what begins a job, with the id as its first group
    static List<Map<String, String>> parse(String text, Pattern head) {
        List<Map<String, String>> jobs = new ArrayList<>();
        String name = "";
        for (String line : text.split("\n")) {
            Matcher begin = head.matcher(line.strip());
            Matcher field = FIELD.matcher(line);
            if (begin.matches()) {
                jobs.add(new LinkedHashMap<>(Map.of(ID, begin.group(1))));
                name = ID;
            } else if (field.matches() && !jobs.isEmpty()) {
                name = field.group(1);
                jobs.getLast().putIfAbsent(name, field.group(2).strip());
            } else if (!line.isBlank() && !jobs.isEmpty() && !name.equals(ID)) {
                jobs.getLast().merge(name, line.strip(), (value, more) -> value + "\n" + more);
            }
        }
        return jobs;
    }
}
