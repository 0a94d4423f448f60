// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.Optional;
import org.amphora.problem.Problem;

/// An application and one of its versions, `samtools/1.20`. Both are names that directories,
/// modulefiles of Lmod and of Environment Modules can have.
public record VersionId(String app, String version) {

    public VersionId {
        if (!isName(app) || !isVersion(version)) {
            throw new IllegalArgumentException("no version: " + app + "/" + version);
        }
    }

    /// The reverse of {@link #toString}.
    ///
    /// @throws Problem when it is none
    public static VersionId parse(String text) {
        int slash = text.indexOf('/');
        String app = slash < 0 ? text : text.substring(0, slash);
        String version = slash < 0 ? "" : text.substring(slash + 1);
        if (isName(app) && isVersion(version)) {
            return new VersionId(app, version);
        }
        throw new Problem(
                "cannot use " + text + " as application and version",
                slash < 0 ? "it has no version" : nameRule(isName(app) ? version : app),
                "write NAME/VERSION, as in samtools/1.20");
    }

    /// A version of these names; empty when they cannot be used.
    public static Optional<VersionId> of(String app, String version) {
        return isName(app) && isVersion(version)
                ? Optional.of(new VersionId(app, version))
                : Optional.empty();
    }

    /// The order of versions in module tools: runs of digits by number, all else by character.
    public static int compare(String a, String b) {
        int i = 0;
        int j = 0;
        while (i < a.length() && j < b.length()) {
            if (isDigit(a.charAt(i)) && isDigit(b.charAt(j))) {
                int iEnd = endOfDigits(a, i);
                int jEnd = endOfDigits(b, j);
                String x = a.substring(i, iEnd).replaceFirst("^0+(?=.)", "");
                String y = b.substring(j, jEnd).replaceFirst("^0+(?=.)", "");
                int order = x.length() != y.length() ? x.length() - y.length() : x.compareTo(y);
                if (order != 0) {
                    return order;
                }
                i = iEnd;
                j = jEnd;
            } else if (a.charAt(i) != b.charAt(j)) {
                return a.charAt(i) - b.charAt(j);
            } else {
                i++;
                j++;
            }
        }
        return (a.length() - i) - (b.length() - j);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static int endOfDigits(String text, int from) {
        int end = from;
        while (end < text.length() && isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    /// Whether an application may be called so.
    public static boolean isName(String text) {
        return isPlain(text, "_+-.");
    }

    /// Whether a version may be called so: `default`, `stable` and `candidate` are words of their
    /// own in module commands, `.lua` is the ending of Lmod's files.
    public static boolean isVersion(String text) {
        return isPlain(text, "_+-.=")
                && !text.equals("default")
                && !text.equals("stable")
                && !text.equals("candidate")
                && !text.endsWith(".lua");
    }

    static String nameRule(String text) {
        return "\""
                + text
                + "\" is no name: letters, digits and _ + - . only, a letter or digit first";
    }

    @Override
    public String toString() {
        return app + "/" + version;
    }

    private static boolean isPlain(String text, String others) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letter && (i == 0 || others.indexOf(c) < 0)) {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= 128;
    }
}
