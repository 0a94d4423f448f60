// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.amphora.host.Host;

/// The command lines that people and scripts type most, those without options. They are understood
/// here, because describing a command to the parser takes longer than answering. {@link Commands}
/// understands them as well, and all others. The launcher starts these lines with the start-up
/// cache `plain`, which has no parser.
final class PlainLines {

    private PlainLines() {}

    /// What such a line asks for; empty when it is none.
    static Optional<Runnable> of(String[] words) {
        return switch (String.join(" ", words)) {
            case "version" -> Optional.of(() -> print(Version.number()));
            case "--version" -> Optional.of(() -> print(Version.line()));
            case "host" -> Optional.of(() -> print(Host.probe(Path.of("/")).summary()));
            default -> withOperand(words);
        };
    }

    private static Optional<Runnable> withOperand(String[] words) {
        int last = words.length - 1;
        if (last < 1 || words[last].startsWith("-") || words[last].startsWith("@")) {
            return Optional.empty();
        }
        return switch (String.join(" ", List.of(words).subList(0, last))) {
            case "inspect --facts" ->
                    Optional.of(() -> print(InspectCommand.facts(Path.of(words[last]), false)));
            default -> Optional.empty();
        };
    }

    private static void print(String text) {
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        out.print(text.endsWith("\n") ? text : text + "\n");
        out.flush();
    }
}
