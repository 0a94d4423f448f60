// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.util.ArrayList;
import java.util.List;
import org.amphora.problem.Problem;

/// A bind that the user asked for.
///
/// @param source absolute path on the host
/// @param destination absolute path in the container
record Bind(String source, String destination, boolean readOnly) {

    /// Reads the value of `--bind`: `src[:dst[:opt[,opt]]][,src2…]`, where `\:` and `\,` are
    /// literal (Apptainer `pkg/runtime/engine/apptainer/config/bind.go`).
    ///
    /// A comma after options is ambiguous; as in Apptainer, a word that is an option belongs to the
    /// bind before it, and an empty word is none (`-B "$BINDS"`).
    static List<Bind> parseBinds(String list, String cwd) {
        List<Bind> binds = new ArrayList<>();
        List<List<String>> entries = new ArrayList<>();
        for (String entry : split(list, ',')) {
            if (isOption(entry) && !entries.isEmpty() && entries.getLast().size() == 3) {
                entries.getLast().set(2, entries.getLast().get(2) + "," + entry);
            } else {
                entries.add(new ArrayList<>(split(entry, ':')));
            }
        }
        for (List<String> fields : entries) {
            String source = unescape(fields.get(0));
            if (source.isEmpty() && fields.size() == 1) {
                continue;
            }
            if (source.isEmpty()) {
                throw wrong(list, "a source is empty");
            }
            if (fields.size() > 3) {
                throw wrong(list, "more than three fields: " + String.join(":", fields));
            }
            String destination =
                    fields.size() > 1 && !fields.get(1).isEmpty()
                            ? unescape(fields.get(1))
                            : absolute(source, cwd);
            boolean readOnly = false;
            if (fields.size() == 3) {
                for (String option : split(fields.get(2), ',')) {
                    readOnly = readOnly(list, option, readOnly);
                }
            }
            binds.add(bind(list, absolute(source, cwd), destination, readOnly));
        }
        return binds;
    }

    /// Reads the value of `--mount`: one line of CSV, `type=bind,source=S,destination=D[,ro]`.
    static Bind parseMount(String line, String cwd) {
        String type = "bind";
        String source = "";
        String destination = "";
        boolean readOnly = false;
        for (String field : csv(line)) {
            int equals = field.indexOf('=');
            String key = equals < 0 ? field : field.substring(0, equals);
            String value = equals < 0 ? "" : field.substring(equals + 1);
            switch (key) {
                case "type" -> type = value;
                case "source", "src" -> source = value;
                case "destination", "dst", "target" -> destination = value;
                case "ro", "readonly" ->
                        readOnly = value.isEmpty() || value.equals("true") || value.equals("1");
                case "rw" -> readOnly = false;
                case "image-src", "id" -> throw imageSource(line);
                case "nonested" -> {}
                default -> throw wrong(line, "unknown key " + key);
            }
        }
        if (!type.equals("bind")) {
            throw wrong(line, "type is " + type + ", only bind is known");
        }
        if (source.isEmpty() || destination.isEmpty()) {
            throw wrong(line, "it needs a source and a destination");
        }
        return bind(line, absolute(source, cwd), destination, readOnly);
    }

    /// A path as the host sees it from this directory, without `.` and `..`.
    static String absolute(String path, String cwd) {
        return clean(path.startsWith("/") ? path : cwd + "/" + path);
    }

    /// A path without empty, `.` and `..` parts.
    static String clean(String path) {
        if (path.indexOf("//") < 0 && path.indexOf("/.") < 0 && !path.endsWith("/")) {
            return path;
        }
        List<String> parts = new ArrayList<>();
        for (int start = 0; start <= path.length(); ) {
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            String part = path.substring(start, end);
            start = end + 1;
            if (part.equals("..")) {
                if (!parts.isEmpty()) {
                    parts.removeLast();
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return "/" + String.join("/", parts);
    }

    private static Bind bind(String text, String source, String destination, boolean readOnly) {
        if (!destination.startsWith("/")) {
            throw wrong(text, "the destination is not an absolute path: " + destination);
        }
        String cleaned = clean(destination);
        if (cleaned.equals("/")) {
            throw wrong(text, "nothing can be bound over /");
        }
        return new Bind(source, cleaned, readOnly);
    }

    private static boolean isOption(String word) {
        return word.equals("ro")
                || word.equals("rw")
                || word.startsWith("image-src=")
                || word.startsWith("id=");
    }

    private static boolean readOnly(String list, String option, boolean before) {
        return switch (option) {
            case "ro" -> true;
            case "rw" -> false;
            case "" -> before;
            default -> {
                if (isOption(option)) {
                    throw imageSource(list);
                }
                throw wrong(list, option + " is not a valid bind option");
            }
        };
    }

    private static Problem wrong(String text, String why) {
        return new Problem(
                "cannot bind " + Bytes.text(text),
                Bytes.text(why),
                "write SOURCE[:DESTINATION[:ro]], with \\: and \\, for literal signs");
    }

    private static Problem imageSource(String text) {
        return new Problem(
                "cannot bind " + Bytes.text(text),
                "data images (image-src=, id=) cannot be bound",
                "unpack the image with `amphora build --sandbox` and bind the directory");
    }

    /// Splits at a sign that no backslash precedes; the backslashes stay.
    private static List<String> split(String text, char sign) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == sign) {
                parts.add(text.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(text.substring(start));
        return parts;
    }

    private static String unescape(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                char next = text.charAt(i + 1);
                // Nextflow writes "\ " for a space.
                if (next == ':' || next == ',' || next == '\\' || next == ' ') {
                    plain.append(next);
                    i++;
                    continue;
                }
            }
            plain.append(c);
        }
        return plain.toString();
    }

    /// The fields of one CSV line (RFC 4180): a quoted field may hold commas, `""` is a quote.
    static List<String> csv(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quoted && c == '"' && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                field.append('"');
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        if (quoted) {
            throw wrong(line, "a quote is not closed");
        }
        fields.add(field.toString());
        return fields;
    }
}
