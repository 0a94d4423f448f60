// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.amphora.compat.check.Caller;
import org.amphora.contents.Contents;
import org.amphora.contents.Userland.Language;
import org.amphora.host.Host;

/// Who asks for a check, from this process.
final class CallerFacts {

    private CallerFacts() {}

    /// @param binds absolute paths
    /// @param elsewhere whether the question is about other nodes, for which the mounts of this one
    /// matter
    static Caller of(Contents contents, List<String> binds, boolean elsewhere) {
        Map<String, String> environment = new HashMap<>(System.getenv());
        // The launcher script sets it for the Java runtime.
        environment.remove("LC_ALL", "C.UTF-8");
        Path home = Path.of(environment.getOrDefault("HOME", "/nonexistent"));
        Set<String> packages =
                contents.userland().languages().stream()
                        .map(Language::homeDirectory)
                        .filter(directory -> Files.isDirectory(home.resolve(directory)))
                        .collect(Collectors.toSet());
        return new Caller(
                environment,
                packages,
                elsewhere
                        ? Host.probe(Path.of("/")).fileSystems().mounts().orElse(List.of())
                        : List.of(),
                elsewhere ? Set.of() : absent(binds, environment.getOrDefault("PMI_FD", "")));
    }

    private static Set<String> absent(List<String> binds, String descriptor) {
        Set<String> named = new HashSet<>(binds);
        if (!descriptor.isEmpty() && descriptor.chars().allMatch(Character::isDigit)) {
            named.add("/proc/self/fd/" + descriptor);
        }
        named.removeIf(path -> Files.exists(Path.of(path)));
        return named;
    }

    /// The sources of binds, `SOURCE[:DESTINATION[:OPTIONS]]`, as absolute paths.
    static List<String> paths(List<String> binds) {
        return binds.stream()
                .map(bind -> Path.of(bind.split(":", 2)[0]).toAbsolutePath().normalize().toString())
                .toList();
    }

    /// What a node is called that was read from a file: `gpu01` for `captures/gpu01.json`.
    static String name(Path capture) {
        Path last = capture.toAbsolutePath().normalize().getFileName();
        return last == null ? "/" : last.toString().replaceFirst("\\.json$", "");
    }
}
