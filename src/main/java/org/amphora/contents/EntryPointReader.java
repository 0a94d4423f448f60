// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.contents.EntryPoint.Script;
import org.amphora.image.tree.ImageTree;

/// Finds what runs when no command is given, and whether its interpreter is there.
final class EntryPointReader {
    private static final String RUNSCRIPT = "/.singularity.d/runscript";
    private static final int FIRST_LINE = 4096;

    /// Of a shell that was told nothing.
    static final String SEARCH_PATH =
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final Survey survey;
    private final String searchPath;

    EntryPointReader(Survey survey, Environment environment) {
        this.survey = survey;
        this.searchPath = environment.value("PATH").orElse(SEARCH_PATH);
    }

    EntryPoint entryPoint() {
        List<Script> scripts = new ArrayList<>();
        List<String> words = new ArrayList<>();
        String path = "";
        Optional<String> runscript = survey.text(RUNSCRIPT);
        if (runscript.isPresent()) {
            path = RUNSCRIPT;
            script(RUNSCRIPT).ifPresent(scripts::add);
            for (String line : runscript.get().split("\n", -1)) {
                for (String variable : List.of("OCI_ENTRYPOINT='", "OCI_CMD='")) {
                    if (line.startsWith(variable)) {
                        words.addAll(words(line.substring(variable.length())));
                    }
                }
            }
        }
        Optional<String> program = words.isEmpty() ? Optional.empty() : locate(words.getFirst());
        if (program.isPresent()) {
            path = program.get();
            script(path).ifPresent(scripts::add);
        }
        return new EntryPoint(path, words, scripts);
    }

    /// Words in double quotes up to a single quote, as the runscript of an OCI image has them.
    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int end = text.lastIndexOf('\'');
        String list = end < 0 ? text : text.substring(0, end);
        StringBuilder word = new StringBuilder();
        boolean inside = false;
        for (int i = 0; i < list.length(); i++) {
            char c = list.charAt(i);
            if (c == '\\' && i + 1 < list.length()) {
                word.append(list.charAt(++i));
            } else if (c == '"') {
                if (inside) {
                    words.add(word.toString());
                    word.setLength(0);
                }
                inside = !inside;
            } else if (inside) {
                word.append(c);
            }
        }
        return words;
    }

    private Optional<String> locate(String program) {
        if (program.startsWith("/")) {
            return survey.tree().find(program).map(ImageTree.File::path);
        }
        for (String directory : searchPath.split(":", -1)) {
            Optional<ImageTree.File> file =
                    survey.tree()
                            .find(directory + "/" + program)
                            .filter(found -> found.kind() == ImageTree.Kind.REGULAR);
            if (file.isPresent()) {
                return file.map(ImageTree.File::path);
            }
        }
        return Optional.empty();
    }

    /// What a file is as a script; empty when it is a program or not there.
    private Optional<Script> script(String path) {
        byte[] bytes = survey.tree().read(path, FIRST_LINE).orElse(null);
        if (bytes == null || bytes.length > 1 && bytes[0] == 0x7f && bytes[1] == 'E') {
            return Optional.empty();
        }
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        String line = new String(bytes, 0, end, java.nio.charset.StandardCharsets.ISO_8859_1);
        if (!line.startsWith("#!")) {
            return Optional.of(new Script(path, Optional.empty(), false, line.endsWith("\r")));
        }
        String rest = line.substring(2).trim();
        int space = 0;
        while (space < rest.length() && rest.charAt(space) != ' ' && rest.charAt(space) != '\t') {
            space++;
        }
        String interpreter = rest.substring(0, space);
        return Optional.of(
                new Script(
                        path,
                        Optional.of(interpreter),
                        survey.tree().find(interpreter).isPresent(),
                        line.endsWith("\r")));
    }
}
