// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.util.ArrayList;
import java.util.List;
import org.amphora.problem.Problem;

/// The lines of a section, and what follows its name: `%post -c /bin/bash` has the arguments
/// `-c /bin/bash`.
///
/// @param arguments without the comment at its end
/// @param text every line ends with a line end
record Script(String arguments, String text) {

    boolean isEmpty() {
        return text.isBlank();
    }

    /// This section with the lines of another one of the same name; arguments given later win.
    Script and(Script more) {
        return new Script(more.arguments.isEmpty() ? arguments : more.arguments, text + more.text);
    }

    /// How the script in a file is run: `/bin/sh -ex FILE`, with the section's arguments before the
    /// file. After `-c` everything is one shell command that ends with the file: the way to choose
    /// another interpreter (apptainer `internal/pkg/build/util.go` `getSectionScriptArgs`).
    List<String> commandLine(String file) {
        List<String> line = new ArrayList<>(List.of("/bin/sh", "-ex"));
        List<String> words =
                arguments.isBlank() ? List.of() : List.of(arguments.strip().split("\\s+"));
        int command = words.indexOf("-c");
        if (command < 0) {
            line.addAll(words);
            line.add(file);
            return line;
        }
        if (command == words.size() - 1) {
            throw new Problem(
                    "cannot run a section",
                    "-c is its last argument: " + arguments,
                    "name the interpreter, e.g. %post -c /bin/bash");
        }
        line.addAll(words.subList(0, command + 1));
        line.add(String.join(" ", words.subList(command + 1, words.size())) + " " + file);
        return line;
    }

    /// The text as a program: its own first line if that begins with `#!`, else `#!/bin/sh`; the
    /// section's arguments follow the interpreter.
    String executable() {
        String interpreter = "#!/bin/sh";
        String body = text;
        if (text.stripLeading().startsWith("#!")) {
            String from = text.stripLeading();
            int end = from.indexOf('\n');
            interpreter = (end < 0 ? from : from.substring(0, end)).strip();
            body = end < 0 ? "" : from.substring(end + 1);
        }
        String words = arguments.isBlank() ? "" : " " + arguments.strip();
        return interpreter + words + "\n\n" + body + "\n";
    }
}
