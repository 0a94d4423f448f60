// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

/// Reads /proc/self/limits (proc_pid_limits(5)): a name, then soft limit, hard limit and unit.
final class LimitsProbe {

    private static final String FILE = "/proc/self/limits";

    private LimitsProbe() {}

    static Limits limits(Tree tree) {
        Fact<String> text = tree.text(FILE);
        return new Limits(
                limit(text, "Max locked memory"),
                limit(text, "Max open files"),
                limit(text, "Max stack size"),
                limit(text, "Max processes"),
                limit(text, "Max address space"));
    }

    private static Fact<Limits.Limit> limit(Fact<String> text, String name) {
        if (!text.isKnown()) {
            return Fact.unknown(FILE, text.unknown().orElse("there is no such file"));
        }
        for (String line : text.orElse("").split("\n")) {
            if (line.startsWith(name + " ")) {
                String[] words = line.substring(name.length()).strip().split(" +");
                try {
                    return Fact.known(new Limits.Limit(value(words, 0), value(words, 1)), FILE);
                } catch (NumberFormatException e) {
                    return Fact.unknown(FILE, "cannot be understood: " + Tree.shown(line));
                }
            }
        }
        return Fact.unknown(FILE, "no line " + name);
    }

    private static long value(String[] words, int index) {
        if (index >= words.length) {
            throw new NumberFormatException("too few words");
        }
        return words[index].equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(words[index]);
    }
}
