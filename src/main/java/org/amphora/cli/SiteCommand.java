// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.util.Set;
import org.amphora.catalog.Catalog;
import org.amphora.catalog.Cluster;
import org.amphora.catalog.Site;
import org.amphora.deployment.Deployment;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(name = "site", description = "Make a site repository, and tell where its things lie.")
final class SiteCommand {

    @Spec private CommandSpec spec;
    @ParentCommand private Commands parent;

    @Command(name = "init", description = "Make a site: a git repository that works at once.")
    void init(
            @Parameters(paramLabel = "DIR", description = "A new directory.") Path directory,
            @Option(
                            names = "--remote",
                            paramLabel = "ADDRESS",
                            description = "An empty repository that others will clone.")
                    @Nullable String remote) {
        Site site = Site.init(directory);
        if (remote != null) {
            site.begin(remote);
        }
        parent.terminal()
                .info("made the site " + site.root() + "; README.md there says how to go on");
    }

    @Command(name = "push", description = "Give your commits to the repository that others clone.")
    void push(@Mixin SiteOption site) {
        site.site().push();
        parent.terminal().info("pushed");
    }

    @Command(name = "pull", description = "Take the commits of others; yours go on top.")
    void pull(@Mixin SiteOption site) {
        site.site().pull();
        parent.terminal().info("the site is at " + site.site().commit().substring(0, 8));
    }

    @Command(
            name = "path",
            description =
                    "Print the path of modules (for Lmod or Environment Modules, whichever this shell has), images, commands or root.")
    void path(
            @Mixin SiteOption site,
            @Option(names = "--cluster", paramLabel = "NAME", description = "Of which cluster.")
                    @Nullable String cluster,
            @Parameters(
                            paramLabel = "WHAT",
                            description = "modules, lmod, tcl, images, commands, root")
                    String what) {
        Site found = site.site();
        Catalog catalog = found.catalog(found.commit(), Set.of());
        Cluster where = cluster == null ? catalog.onlyCluster() : catalog.cluster(cluster);
        spec.commandLine().getOut().println(Deployment.path(where, what, System.getenv()));
        spec.commandLine().getOut().flush();
    }
}
