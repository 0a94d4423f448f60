// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// Where this machine's apt gets its packages: what an administrator has set up (a site mirror, a
/// proxy) serves builds as well.
///
/// @param entries what `apt-get indextargets` lists
/// @param distribution `ID` of /etc/os-release
/// @param release `VERSION_CODENAME` of /etc/os-release
record AptSources(List<Entry> entries, String distribution, String release) {

    /// Names that a Debian mirror has beside the one of this machine.
    private static final Set<String> DEBIAN =
            Set.of(
                    "stretch",
                    "buster",
                    "bullseye",
                    "bookworm",
                    "trixie",
                    "forky",
                    "duke",
                    "sid",
                    "unstable",
                    "testing",
                    "stable",
                    "oldstable");

    private static final Set<String> ROLLING = Set.of("sid", "unstable", "experimental");

    /// Security updates had other names in them.
    private static final Set<String> BEFORE_BULLSEYE = Set.of("stretch", "buster");

    AptSources {
        entries = List.copyOf(entries);
    }

    /// One archive and suite.
    record Entry(String uri, String suite, String component) {}

    /// Asks apt; without apt there are no entries.
    static AptSources ofThisMachine() {
        String listed;
        try {
            listed =
                    Command.of(
                                    "apt-get",
                                    "indextargets",
                                    "--format",
                                    "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                                    "Created-By: Packages")
                            .run()
                            .output();
        } catch (Problem noApt) {
            listed = "";
        }
        String osRelease;
        try {
            osRelease = Files.readString(Path.of("/etc/os-release"));
        } catch (IOException e) {
            osRelease = "";
        }
        return of(listed, osRelease);
    }

    static AptSources of(String listed, String osRelease) {
        List<Entry> entries = new ArrayList<>();
        for (String line : listed.lines().toList()) {
            String[] words = line.split(" ");
            if (words.length == 3) {
                entries.add(new Entry(words[0], words[1], words[2]));
            }
        }
        return new AptSources(
                entries, value(osRelease, "ID"), value(osRelease, "VERSION_CODENAME"));
    }

    /// The lines of a sources.list for a suite; none when this machine's archives have nothing to
    /// do with it, so that the public ones are the best guess.
    List<String> linesFor(String suite) {
        Optional<Entry> base = entry(suite);
        if (base.isEmpty() && distribution.equals("debian") && DEBIAN.contains(suite)) {
            base = entry(release);
        }
        if (base.isEmpty()) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        lines.add("deb " + base.get().uri() + " " + suite + " main");
        if (ROLLING.contains(suite) || entry(release + "-updates").isEmpty()) {
            return lines;
        }
        lines.add("deb " + base.get().uri() + " " + suite + "-updates main");
        if (!BEFORE_BULLSEYE.contains(suite)) {
            entry(release + "-security")
                    .ifPresent(e -> lines.add("deb " + e.uri() + " " + suite + "-security main"));
        }
        return lines;
    }

    private Optional<Entry> entry(String suite) {
        return entries.stream()
                .filter(e -> e.suite().equals(suite) && e.component().equals("main"))
                .filter(e -> e.uri().startsWith("http") || e.uri().startsWith("mirror+http"))
                .findFirst();
    }

    private static String value(String osRelease, String key) {
        return osRelease
                .lines()
                .filter(l -> l.startsWith(key + "="))
                .map(l -> l.substring(key.length() + 1).replace("\"", "").strip())
                .findFirst()
                .orElse("");
    }
}
