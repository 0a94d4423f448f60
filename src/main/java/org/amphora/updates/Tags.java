// SPDX-License-Identifier: Apache-2.0
package org.amphora.updates;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.amphora.catalog.VersionId;

/// Tags of one repository, as far as they are versions. Only tags of one form are compared: `1.21`
/// is newer than `1.20`; `1.21-alpine`, `1.21-rc1`, `latest` and `3f2a9c1` say nothing about it.
/// The build of a conda package, `--h50ea8bc_0`, is no part of the form.
public final class Tags {
    /// At least one point, so that a date or a commit is none.
    private static final Pattern FORM = Pattern.compile("(v?)(\\d+(?:\\.\\d+)+)(.*)");

    private static final String CONDA_BUILD = "--";

    private Tags() {}

    /// Those that are newer than this one, the newest first.
    public static List<String> newer(String current, List<String> tags) {
        Optional<String> form = form(current);
        Comparator<String> order = VersionId::compare;
        return tags.stream()
                .distinct()
                .filter(tag -> form.isPresent() && form.equals(form(tag)))
                .filter(tag -> VersionId.compare(number(tag), number(current)) > 0)
                .sorted(order.reversed())
                .toList();
    }

    /// The version that a new tag stands for, in the form in which an old version was named after
    /// its tag; empty when that cannot be told.
    public static Optional<String> version(String oldVersion, String oldTag, String tag) {
        if (oldVersion.equals(oldTag)) {
            return Optional.of(tag);
        }
        return oldVersion.equals(number(oldTag)) ? Optional.of(number(tag)) : Optional.empty();
    }

    private static Optional<String> form(String tag) {
        Matcher parts = FORM.matcher(tag);
        if (!parts.matches()) {
            return Optional.empty();
        }
        String rest = parts.group(3);
        return Optional.of(
                parts.group(1)
                        + (rest.startsWith(CONDA_BUILD)
                                ? CONDA_BUILD
                                : rest.replaceAll("\\d+(\\.\\d+)*", "#")));
    }

    private static String number(String tag) {
        Matcher parts = FORM.matcher(tag);
        return parts.matches() ? parts.group(2) : tag;
    }
}
