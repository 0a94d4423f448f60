// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

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

    /// Whether an application may be called so.
    static boolean isName(String text) {
        return isPlain(text, "_+-.");
    }

    /// Whether a version may be called so: `default`, `stable` and `candidate` are words of their
    /// own in module commands, `.lua` is the ending of Lmod's files.
    static boolean isVersion(String text) {
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
