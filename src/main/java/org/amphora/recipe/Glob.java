// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Names of files with `*`, `?` and `[…]` as a shell expands them: in the order of names, hidden
/// files only when the pattern has the dot (POSIX.1-2024, shell command language 2.14).
final class Glob {

    private Glob() {}

    /// The files that match; the one with just this name if there is one. Empty when nothing
    /// matches.
    static List<Path> expand(String pattern, Path directory) {
        Path whole = directory.resolve(pattern);
        if (Files.exists(whole, LinkOption.NOFOLLOW_LINKS)) {
            return List.of(whole);
        }
        List<Path> found = List.of(pattern.startsWith("/") ? Path.of("/") : directory);
        for (String name : pattern.split("/+")) {
            if (name.isEmpty()) {
                continue;
            }
            List<Path> next = new ArrayList<>();
            for (Path parent : found) {
                next.addAll(children(parent, name));
            }
            found = next;
        }
        return found;
    }

    private static List<Path> children(Path parent, String name) {
        if (!name.contains("*") && !name.contains("?") && !name.contains("[")) {
            Path child = parent.resolve(name);
            return Files.exists(child, LinkOption.NOFOLLOW_LINKS) ? List.of(child) : List.of();
        }
        List<Path> found = new ArrayList<>();
        Pattern pattern = compile(name);
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(parent)) {
            for (Path path : paths) {
                String last = String.valueOf(path.getFileName());
                if (pattern.matcher(last).matches()
                        && (!last.startsWith(".") || name.startsWith("."))) {
                    found.add(path);
                }
            }
        } catch (IOException e) {
            return List.of();
        }
        found.sort(null);
        return found;
    }

    private static Pattern compile(String name) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            int close = c == '[' ? name.indexOf(']', i + 2) : -1;
            if (close > 0) {
                String inside =
                        name.substring(i + 1, close)
                                .replace("\\", "\\\\")
                                .replace("&", "\\&")
                                .replace("[", "\\[");
                regex.append('[')
                        .append(inside.startsWith("!") ? "^" + inside.substring(1) : inside)
                        .append(']');
                i = close;
            } else {
                regex.append(
                        switch (c) {
                            case '*' -> ".*";
                            case '?' -> ".";
                            default -> Pattern.quote(String.valueOf(c));
                        });
            }
        }
        try {
            return Pattern.compile(regex.toString(), Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            return Pattern.compile(Pattern.quote(name));
        }
    }
}
