// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

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
        CatalogView.print(spec.commandLine().getOut(), site.site().overview().entries(), json);
    }
}
