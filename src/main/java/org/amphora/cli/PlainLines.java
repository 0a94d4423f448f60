// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.amphora.catalog.Overview;
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
            case "list" -> Optional.of(() -> print(Overview::entries));
            default -> withOperands(words);
        };
    }

    private static Optional<Runnable> withOperands(String[] words) {
        if (words.length == 3 && words[0].equals("inspect") && words[1].equals("--facts")) {
            return isOperand(words[2])
                    ? Optional.of(() -> print(InspectCommand.facts(Path.of(words[2]), false)))
                    : Optional.empty();
        }
        if (words.length < 2 || !words[0].equals("search")) {
            return Optional.empty();
        }
        List<String> operands = List.of(words).subList(1, words.length);
        return operands.stream().allMatch(PlainLines::isOperand)
                ? Optional.of(() -> print(overview -> overview.search(operands)))
                : Optional.empty();
    }

    /// Options begin with a dash, files of arguments with an at sign.
    private static boolean isOperand(String word) {
        return !word.startsWith("-") && !word.startsWith("@");
    }

    private static void print(Function<Overview, List<Overview.Entry>> what) {
        CatalogView.print(out(), what.apply(new SiteOption().site().overview()), false);
    }

    private static void print(String text) {
        PrintWriter out = out();
        out.print(text.endsWith("\n") ? text : text + "\n");
        out.flush();
    }

    private static PrintWriter out() {
        return new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    }
}
