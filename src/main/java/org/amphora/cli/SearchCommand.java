// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "search",
        description =
                "Find applications by name, command, keyword or summary; all words must occur.")
final class SearchCommand implements Runnable {

    @Spec private CommandSpec spec;
    @Mixin private SiteOption site;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Parameters(arity = "1..*", paramLabel = "WORD", description = "What to look for.")
    private List<String> words;

    @Override
    public void run() {
        CatalogView.print(spec.commandLine().getOut(), site.site().overview().search(words), json);
    }
}
