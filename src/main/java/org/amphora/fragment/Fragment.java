// SPDX-License-Identifier: Apache-2.0
package org.amphora.fragment;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// A plan fragment in a {@link NodeFolder}, as seen from outside.
///
/// @param stale why launches refuse it: which fact has changed; empty when it holds
public record Fragment(Path file, String stale) {

    /// What files of fragments end in.
    public static final String ENDING = ".plan";

    private static final int LONGEST = 4 << 20;

    /// All fragments of a folder, by name; none when there is no such folder.
    public static List<Fragment> in(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Fragment::isFragment).sorted().map(Fragment::read).toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static boolean isFragment(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(ENDING) && !name.startsWith(".") && Files.isRegularFile(file);
    }

    private static Fragment read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            String text = new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
            return new Fragment(file, stale(text));
        } catch (IOException e) {
            return new Fragment(file, "cannot be read");
        }
    }

    private static String stale(String text) {
        for (String line : text.split("\n")) {
            String[] words = line.split("\t", -1);
            if (!words[0].equals("made-from")) {
                continue;
            }
            String now = words.length == 3 ? now(new MadeFrom(words[1], words[2])) : "";
            if (now.isEmpty()) {
                return "cannot be understood: " + line.replace('\t', ' ');
            }
            if (!now.equals(words[2])) {
                return words[1] + " was " + words[2] + ", is " + now;
            }
        }
        return "";
    }

    private static String now(MadeFrom fact) {
        try {
            return fact.now();
        } catch (InvalidPathException e) {
            return "";
        }
    }
}
