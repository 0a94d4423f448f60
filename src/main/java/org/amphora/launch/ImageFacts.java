// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.util.ArrayList;
import java.util.List;

/// What a launch must know of an image, apart from its bytes. All texts are byte strings.
///
/// @param directory whether the image is an unpacked tree, not a SquashFS file system
/// @param offset where the SquashFS file system begins in the file; 0 for a directory
/// @param architecture the OCI name, `amd64`; empty when the image does not tell
/// @param programs of {@link #PROGRAMS}, those that the image has as executable files
/// @param scripts of `/.singularity.d/env`, in the order in which they run
/// @param ociRunscript the runscript if it is one that was made from ENTRYPOINT and CMD; else empty
record ImageFacts(
        boolean directory,
        long offset,
        String architecture,
        List<String> programs,
        List<Script> scripts,
        String ociRunscript) {

    static final String SHELL = "/bin/sh";
    static final String BASH = "/bin/bash";
    static final String RUNSCRIPT = "/.singularity.d/runscript";
    static final String TEST = "/.singularity.d/test";
    static final List<String> PROGRAMS = List.of(SHELL, BASH, RUNSCRIPT, TEST);

    private static final String HEADER = "amphora-image-facts 1";

    /// An environment script.
    record Script(String name, String text) {}

    ImageFacts {
        programs = List.copyOf(programs);
        scripts = List.copyOf(scripts);
    }

    boolean has(String program) {
        return programs.contains(program);
    }

    /// The facts as lines: a word, then fields between tabs, escaped as in plans.
    String write() {
        StringBuilder out = new StringBuilder(HEADER).append('\n');
        line(out, directory ? "directory" : "squashfs", Long.toString(offset), architecture);
        for (String program : programs) {
            line(out, "program", program);
        }
        for (Script script : scripts) {
            line(out, "script", script.name(), script.text());
        }
        if (!ociRunscript.isEmpty()) {
            line(out, "oci-runscript", ociRunscript);
        }
        return out.append("end\n").toString();
    }

    /// The reverse of {@link #write}, from a position in a text.
    ///
    /// @throws IllegalArgumentException when the text is damaged or of another version
    static ImageFacts read(String text, int from) {
        int at = from;
        boolean directory = false;
        boolean known = false;
        long offset = 0;
        String architecture = "";
        String ociRunscript = "";
        List<String> programs = new ArrayList<>();
        List<Script> scripts = new ArrayList<>();
        for (boolean first = true; ; first = false) {
            int end = text.indexOf('\n', at);
            if (end < 0) {
                throw new IllegalArgumentException("image facts are truncated");
            }
            List<String> fields = fields(text, at, end);
            at = end + 1;
            String word = fields.get(0);
            if (first) {
                if (!word.equals(HEADER)) {
                    throw new IllegalArgumentException("no image facts: " + word);
                }
                continue;
            }
            switch (word) {
                case "directory", "squashfs" -> {
                    directory = word.equals("directory");
                    offset = Long.parseLong(field(fields, 1));
                    architecture = field(fields, 2);
                    known = true;
                }
                case "program" -> programs.add(field(fields, 1));
                case "script" -> scripts.add(new Script(field(fields, 1), field(fields, 2)));
                case "oci-runscript" -> ociRunscript = field(fields, 1);
                case "end" -> {
                    if (!known) {
                        throw new IllegalArgumentException("image facts without a kind");
                    }
                    return new ImageFacts(
                            directory, offset, architecture, programs, scripts, ociRunscript);
                }
                default -> throw new IllegalArgumentException("unknown image fact: " + word);
            }
        }
    }

    private static String field(List<String> fields, int index) {
        if (index >= fields.size()) {
            throw new IllegalArgumentException("short image fact: " + fields);
        }
        return fields.get(index);
    }

    private static void line(StringBuilder out, String word, String... fields) {
        out.append(word);
        for (String field : fields) {
            out.append('\t');
            for (int i = 0; i < field.length(); i++) {
                char c = field.charAt(i);
                switch (c) {
                    case '\t' -> out.append("\\t");
                    case '\n' -> out.append("\\n");
                    case '\\' -> out.append("\\\\");
                    default -> out.append(c);
                }
            }
        }
        out.append('\n');
    }

    private static List<String> fields(String text, int from, int end) {
        List<String> fields = new ArrayList<>(4);
        StringBuilder field = new StringBuilder();
        for (int i = from; i < end; i++) {
            char c = text.charAt(i);
            if (c == '\t') {
                fields.add(field.toString());
                field.setLength(0);
            } else if (c == '\\' && i + 1 < end) {
                i++;
                char escaped = text.charAt(i);
                field.append(escaped == 't' ? '\t' : escaped == 'n' ? '\n' : escaped);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString());
        return fields;
    }
}
