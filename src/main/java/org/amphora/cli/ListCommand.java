// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import org.amphora.catalog.Catalog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "list", description = "List the applications of the site.")
final class ListCommand implements Runnable {

    @Spec private CommandSpec spec;
    @Mixin private SiteOption site;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Override
    public void run() {
        Catalog catalog = site.site().catalog();
        CatalogView view = new CatalogView(catalog);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(catalog.apps().keySet().stream().map(view::row).toList()));
        } else {
            catalog.apps().keySet().forEach(app -> out.println(view.line(app)));
        }
        out.flush();
    }
}
