// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.amphora.contents.Environment.Script;
import org.amphora.image.tree.ImageTree;

/// Reads what the environment scripts of an image set to plain texts, in the shapes in which
/// Apptainer and Amphora write the OCI configuration, and simple assignments of people. What a
/// script computes is not known without running it; the text is kept for whoever wants to look.
final class EnvironmentReader {
    private static final String SCRIPTS = "/.singularity.d/env";

    private EnvironmentReader() {}

    static Environment of(ImageTree tree) {
        Map<String, String> variables = new TreeMap<>();
        List<Script> scripts = new ArrayList<>();
        for (String name : tree.names(SCRIPTS)) {
            String text = Survey.text(tree, SCRIPTS + "/" + name).orElse("");
            if (name.startsWith("10-") || name.startsWith("9") && name.contains("environment")) {
                scripts.add(new Script(SCRIPTS + "/" + name, text));
                text.lines().forEach(line -> assignment(line, variables));
            }
        }
        return new Environment(variables, scripts);
    }

    private static void assignment(String raw, Map<String, String> variables) {
        String line = raw.trim();
        int or = line.indexOf("] || ");
        if (line.startsWith("[ ") && or > 0) {
            line = line.substring(or + "] || ".length());
        }
        if (line.startsWith("export ")) {
            line = line.substring("export ".length()).trim();
        }
        int equals = line.indexOf('=');
        if (equals <= 0 || !isName(line.substring(0, equals))) {
            return;
        }
        String name = line.substring(0, equals);
        String value = line.substring(equals + 1);
        String byDefault = "\"${" + name + ":-";
        if (value.startsWith(byDefault) && value.endsWith("}\"")) {
            value = value.substring(byDefault.length(), value.length() - 2);
        }
        String plain = unquoted(value);
        if (plain != null) {
            variables.put(name, plain);
        }
    }

    /// A value without its quotes; `null` when a shell would compute it.
    private static @org.jspecify.annotations.Nullable String unquoted(String value) {
        StringBuilder out = new StringBuilder();
        char quote = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (quote == '\'') {
                if (c == '\'') {
                    quote = 0;
                } else {
                    out.append(c);
                }
            } else if (c == '\\' && i + 1 < value.length()) {
                out.append(value.charAt(++i));
            } else if (c == '$' || c == '`') {
                return null;
            } else if (c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '\'' || c == '"')) {
                quote = c;
            } else if (quote == 0 && (Character.isWhitespace(c) || c == ';' || c == '#')) {
                break;
            } else {
                out.append(c);
            }
        }
        return quote == 0 ? out.toString() : null;
    }

    private static boolean isName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
            if (!letter && (i == 0 || c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }
}
