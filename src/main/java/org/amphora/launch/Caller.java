// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Who launches, and from where; byte strings throughout.
///
/// @param environment in the order of the process environment
/// @param physicalDirectory the working directory without symbolic links
/// @param directory the same as the caller's shell names it (`PWD`)
/// @param home the home directory of the account; the environment's `HOME` without one
record Caller(
        Map<String, String> environment, String physicalDirectory, String directory, String home) {

    /// The caller of this process. The environment is read as bytes, because the JVM decodes it by
    /// locale and loses what does not fit.
    static Caller current() {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String entry : entries("/proc/self/environ")) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                environment.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        if (environment.containsKey("AMPHORA_PLAN_FD")) {
            // The starter gave this JVM a language of its own, and says what the caller had.
            String language = environment.remove("AMPHORA_LC_ALL");
            if (language == null) {
                environment.remove("LC_ALL");
            } else {
                environment.put("LC_ALL", language);
            }
        }
        String physical = Bytes.raw(System.getProperty("user.dir", "/"));
        return new Caller(environment, physical, logical(environment, physical), home(environment));
    }

    /// Whoever obeys a plan that serves every user: no variables but those that say what is
    /// recorded, and references where the home and working directories will stand.
    static Caller anyone(Launch.Shared shared) {
        String here = LaunchPlan.reference("PWD");
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("AMPHORA_RECORD", Bytes.raw(shared.record()));
        environment.put("AMPHORA_APPLICATION", Bytes.raw(shared.application()));
        environment.put("AMPHORA_IMAGE_DIGEST", Bytes.raw(shared.digest()));
        return new Caller(environment, here, here, LaunchPlan.reference("HOME"));
    }

    boolean isAnyone() {
        return home.equals(LaunchPlan.reference("HOME"));
    }

    /// The account's home directory counts, as for Apptainer; the JVM asked the user database for
    /// it, and says `?` for a uid without an entry.
    private static String home(Map<String, String> environment) {
        String home = Bytes.raw(System.getProperty("user.home", ""));
        if (!home.startsWith("/")) {
            home = String.valueOf(environment.get("HOME"));
        }
        return home.startsWith("/") ? home : "/";
    }

    /// The words that these arguments of `main` were decoded from. The JVM decodes by locale, and
    /// puts `?` or U+FFFD where it cannot; such words are taken from the process's command line.
    static List<String> words(String[] arguments) {
        boolean exact = true;
        for (String argument : arguments) {
            exact &= isExact(argument);
        }
        if (!exact) {
            List<String> words = entries("/proc/self/cmdline");
            int from = words.size() - arguments.length;
            if (from > 0 && fit(words.subList(from, words.size()), arguments)) {
                return List.copyOf(words.subList(from, words.size()));
            }
        }
        List<String> words = new ArrayList<>(arguments.length);
        for (String argument : arguments) {
            words.add(exact ? argument : Bytes.raw(argument));
        }
        return words;
    }

    private static boolean isExact(String argument) {
        for (int i = 0; i < argument.length(); i++) {
            char c = argument.charAt(i);
            if (c >= 0x80 || c == '?') {
                return false;
            }
        }
        return true;
    }

    /// Whether the words may be the arguments: a caller inside of this JVM makes up its own.
    private static boolean fit(List<String> words, String[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            if (isExact(arguments[i]) && !arguments[i].equals(words.get(i))) {
                return false;
            }
        }
        return true;
    }

    String variable(String name) {
        String value = environment.get(name);
        return value == null ? "" : value;
    }

    private static String logical(Map<String, String> environment, String physical) {
        String named = environment.get("PWD");
        if (named == null || named.equals(physical) || !named.startsWith("/")) {
            return physical;
        }
        try {
            File file = Bytes.file(named);
            return file.getCanonicalPath().equals(Bytes.text(physical))
                    ? Bind.clean(named)
                    : physical;
        } catch (IOException e) {
            return physical;
        }
    }

    private static List<String> entries(String file) {
        String text;
        try (FileInputStream in = new FileInputStream(file)) {
            text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IllegalStateException("no " + file, e);
        }
        List<String> entries = new ArrayList<>();
        int start = 0;
        for (int end = text.indexOf('\0'); end >= 0; end = text.indexOf('\0', start)) {
            entries.add(text.substring(start, end));
            start = end + 1;
        }
        if (start < text.length()) {
            entries.add(text.substring(start));
        }
        return entries;
    }
}
