// SPDX-License-Identifier: Apache-2.0
package org.amphora.fragment;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/// A fact that a fragment was compiled from (`docs/plan-format.md`, Fragments); the starter
/// compares it at each launch.
///
/// @param fact `boot-id`, `text:PATH` or `file:PATH`
/// @param value what it was; `-` for a file that does not exist
public record MadeFrom(String fact, String value) {
    private static final String BOOT_ID = "boot-id";
    private static final String TEXT = "text:";
    private static final String FILE = "file:";
    private static final String NONE = "-";
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final int LONGEST = 4096;

    /// Changes with each boot.
    public static MadeFrom boot() {
        return new MadeFrom(BOOT_ID, firstLine(BOOT));
    }

    /// The first line of a file of /proc or /sys, whose time and size say nothing.
    public static MadeFrom text(Path file) {
        return new MadeFrom(TEXT + file, firstLine(file));
    }

    /// Time and size of a file.
    public static MadeFrom file(Path file) {
        return new MadeFrom(FILE + file, stamp(file));
    }

    /// What the same fact is now; empty when it is none that is known.
    public String now() {
        if (fact.equals(BOOT_ID)) {
            return firstLine(BOOT);
        }
        if (fact.startsWith(TEXT + "/")) {
            return firstLine(Path.of(fact.substring(TEXT.length())));
        }
        return fact.startsWith(FILE + "/") ? stamp(Path.of(fact.substring(FILE.length()))) : "";
    }

    private static String firstLine(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            String text = new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
            int end = text.indexOf('\n');
            return end < 0 ? text : text.substring(0, end);
        } catch (IOException e) {
            // The starter, too, takes what cannot be read for absent.
            return NONE;
        }
    }

    private static String stamp(Path file) {
        try {
            BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
            return seen.lastModifiedTime().to(TimeUnit.SECONDS) + "." + seen.size();
        } catch (IOException e) {
            return NONE;
        }
    }
}
