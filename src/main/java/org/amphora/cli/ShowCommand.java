// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.util.Set;
import org.amphora.catalog.Catalog;
import org.amphora.catalog.Site;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "show", description = "Show an application: what it is, its versions and channels.")
final class ShowCommand implements Runnable {

    @Spec private CommandSpec spec;
    @Mixin private SiteOption where;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Parameters(paramLabel = "NAME", description = "The application.")
    private String app;

    @Override
    public void run() {
        Site site = where.site();
        Catalog catalog = site.catalog(site.commit(), Set.of(app));
        CatalogView view = new CatalogView(catalog);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(view.app(app)));
        } else {
            view.lines(app, Terminal.style()).forEach(out::println);
        }
        out.flush();
    }
}
