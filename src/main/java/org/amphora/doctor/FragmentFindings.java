// SPDX-License-Identifier: Apache-2.0
package org.amphora.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Whether plan fragments still hold: the starter refuses those whose facts have changed
/// (docs/plan-format.md, Fragments), and a user should not be the first to learn it.
final class FragmentFindings {

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final int LONGEST = 4 << 20;

    private FragmentFindings() {}

    static List<Finding> of(List<Path> directories) {
        List<Finding> findings = new ArrayList<>();
        for (Path directory : directories) {
            for (Path fragment : fragments(directory)) {
                String stale = stale(fragment);
                findings.add(
                        stale.isEmpty()
                                ? Finding.ok("fragment", fragment + " is fresh")
                                : Finding.bad(
                                        "fragment",
                                        fragment + ": " + stale,
                                        "compile it again, or remove it"));
            }
        }
        return findings;
    }

    private static List<Path> fragments(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /// @return why it does not hold any more; empty when it does
    private static String stale(Path fragment) {
        List<String> lines;
        try (var in = Files.newInputStream(fragment)) {
            lines = new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            return "cannot be read";
        }
        for (String line : lines) {
            String[] words = line.split("\t", -1);
            if (!words[0].equals("made-from")) {
                continue;
            }
            String now = words.length == 3 ? now(words[1]) : "";
            if (now.isEmpty()) {
                return "cannot be understood: " + line.replace('\t', ' ');
            }
            if (!now.equals(words[2])) {
                return words[1] + " was " + words[2] + ", is " + now;
            }
        }
        return "";
    }

    private static String now(String fact) {
        try {
            if (fact.equals("boot-id")) {
                return Files.readString(BOOT_ID).strip();
            }
            if (fact.startsWith("file:/")) {
                Path file = Path.of(fact.substring("file:".length()));
                BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
                return seen.lastModifiedTime().to(TimeUnit.SECONDS) + "." + seen.size();
            }
            return "";
        } catch (NoSuchFileException e) {
            return "-";
        } catch (IOException | IllegalArgumentException e) {
            return "";
        }
    }
}
