// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.util.List;
import org.amphora.catalog.Catalog;
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
        Catalog catalog = site.site().catalog();
        CatalogView view = new CatalogView(catalog);
        List<String> found = catalog.search(words).stream().map(app -> app.id().app()).toList();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(found.stream().map(view::row).toList()));
        } else {
            found.forEach(app -> out.println(view.line(app)));
        }
        out.flush();
    }
}
