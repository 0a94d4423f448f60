// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.util.ArrayList;
import java.util.List;
import org.amphora.launch.EnvironmentScript.Unsupported;
import org.amphora.launch.EnvironmentScript.Variables;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Finds the program that `exec`, `run`, `shell` and `test` start in an image.
final class Action {
    private Action() {}

    /// The command line in the container; `null` when there is nothing to do, as for `test` in an
    /// image without one.
    ///
    /// @param verb not `plan`
    /// @param literal takes arguments as they are (`--no-eval`)
    static @Nullable List<String> command(
            String verb,
            List<String> words,
            ImageFacts facts,
            String app,
            @Nullable String shell,
            boolean literal,
            Messages messages) {
        return switch (verb) {
            case "exec" -> words;
            case "run" -> run(words, facts, app, literal, messages);
            case "shell" -> shell(words, facts, shell, messages);
            case "test" -> test(words, facts, app, messages);
            default -> throw new IllegalArgumentException("no action: " + verb);
        };
    }

    private static List<String> run(
            List<String> words, ImageFacts facts, String app, boolean literal, Messages messages) {
        if (!app.isEmpty()) {
            return with(words, "/scif/apps/" + app + "/scif/runscript");
        }
        boolean hasShell = facts.has(ImageFacts.SHELL);
        List<String> direct =
                facts.ociRunscript().isEmpty()
                        ? null
                        : ociCommand(words, facts.ociRunscript(), literal || !hasShell);
        if (direct != null) {
            return direct;
        }
        if (facts.has(ImageFacts.RUNSCRIPT)) {
            return with(words, ImageFacts.RUNSCRIPT);
        }
        if (hasShell) {
            messages.info("No runscript found in container, executing /bin/sh");
            return with(words, ImageFacts.SHELL);
        }
        throw new Problem(
                "cannot run the image",
                "it has no runscript and no /bin/sh",
                "name a program of the image: amphora exec IMAGE PROGRAM");
    }

    /// ENTRYPOINT and CMD with the arguments, as Docker joins them. The runscript would let a shell
    /// evaluate all of it; where that changes nothing, it is not needed.
    ///
    /// @return `null` when a shell must evaluate
    private static @Nullable List<String> ociCommand(
            List<String> words, String runscript, boolean literal) {
        List<String> command = ociWords(runscript, "\nOCI_ENTRYPOINT=");
        List<String> arguments = words.isEmpty() ? ociWords(runscript, "\nOCI_CMD=") : words;
        if (command == null || arguments == null) {
            return null;
        }
        if (!literal) {
            for (String word : words) {
                if (!isPlain(word)) {
                    return null;
                }
            }
        }
        List<String> joined = new ArrayList<>(command);
        joined.addAll(arguments);
        return joined.isEmpty() ? null : joined;
    }

    private static @Nullable List<String> ociWords(String runscript, String assignment) {
        int start = runscript.indexOf(assignment);
        if (start < 0) {
            return List.of();
        }
        int end = runscript.indexOf('\n', start + 1);
        String line = runscript.substring(start + 1, end < 0 ? runscript.length() : end);
        Variables variables = new Variables();
        try {
            EnvironmentScript.run(line, variables);
            String name = assignment.substring(1, assignment.length() - 1);
            String value = variables.get(name);
            if (value == null || value.indexOf('$') >= 0 || value.indexOf('`') >= 0) {
                return null;
            }
            return EnvironmentScript.words(value, new Variables());
        } catch (Unsupported e) {
            return null;
        }
    }

    private static boolean isPlain(String word) {
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '$' || c == '`' || c == '\\' || c == '"') {
                return false;
            }
        }
        return true;
    }

    private static List<String> shell(
            List<String> words, ImageFacts facts, @Nullable String shell, Messages messages) {
        if (!words.isEmpty()) {
            messages.warning("shell takes no arguments, they are ignored");
        }
        boolean bash = facts.has(ImageFacts.BASH);
        if (!bash && !facts.has(ImageFacts.SHELL)) {
            throw new Problem(
                    "cannot start a shell in the image",
                    "/bin/sh doesn't exist in container",
                    "name a program of the image: amphora exec IMAGE PROGRAM");
        }
        List<String> usual = bash ? List.of(ImageFacts.BASH, "--norc") : List.of(ImageFacts.SHELL);
        if (shell == null || shell.isEmpty()) {
            return usual;
        }
        String script = "[ -x \"$0\" ] && exec \"$0\"\nexec " + String.join(" ", usual);
        return List.of(usual.getFirst(), "-c", script, shell);
    }

    private static @Nullable List<String> test(
            List<String> words, ImageFacts facts, String app, Messages messages) {
        if (!app.isEmpty()) {
            return with(words, "/scif/apps/" + app + "/scif/test");
        }
        if (facts.has(ImageFacts.TEST)) {
            return with(words, ImageFacts.TEST);
        }
        messages.info("No test script found in container, exiting");
        return null;
    }

    private static List<String> with(List<String> words, String program) {
        List<String> command = new ArrayList<>(words.size() + 1);
        command.add(program);
        command.addAll(words);
        return command;
    }
}
