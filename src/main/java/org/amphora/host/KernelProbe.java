// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

/// Reads the kernel's facts.
final class KernelProbe {

    private static final String RELEASE = "/proc/sys/kernel/osrelease";

    private KernelProbe() {}

    static Kernel kernel(Tree tree) {
        Fact<String> release = tree.line(RELEASE);
        return new Kernel(
                release,
                version(release),
                later(),
                later(),
                later(),
                tree.line("/proc/sys/kernel/random/boot_id"),
                tree.integer("/proc/sys/kernel/yama/ptrace_scope"),
                tree.number("/proc/sys/fs/mount-max"),
                later(),
                later(),
                later(),
                later(),
                later());
    }

    /// The first three integers; glibc's own reading of a release that has fewer fills up with 0.
    static Fact<String> version(Fact<String> release) {
        if (!release.isKnown()) {
            return release;
        }
        StringBuilder version = new StringBuilder();
        String text = release.orElse("");
        int at = 0;
        for (int part = 0; part < 3; part++) {
            int end = at;
            while (end < text.length() && Character.digit(text.charAt(end), 10) >= 0) {
                end++;
            }
            if (end == at && part == 0) {
                return Fact.unknown(RELEASE, "no version number: " + Tree.shown(text));
            }
            version.append(part == 0 ? "" : ".").append(end == at ? "0" : text.substring(at, end));
            at = end < text.length() && text.charAt(end) == '.' ? end + 1 : text.length();
        }
        return Fact.known(version.toString(), RELEASE);
    }

    private static <T> Fact<T> later() {
        return Fact.unknown("", "this version does not look for it");
    }
}
