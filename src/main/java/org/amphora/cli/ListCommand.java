// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.util.List;
import org.amphora.catalog.Overview;
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
        List<Overview.Entry> found = site.site().overview().entries();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(found.stream().map(CatalogView::row).toList()));
        } else {
            found.forEach(entry -> out.println(CatalogView.line(entry)));
        }
        out.flush();
    }
}
