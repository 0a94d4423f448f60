// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.catalog.Site;
import org.amphora.deployment.Change;
import org.amphora.deployment.Deployment;
import org.amphora.image.Reference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "deploy",
        description =
                "Bring a cluster to what the site's last commit says: images, commands, modulefiles.")
final class DeployCommand implements Runnable {

    @Spec private CommandSpec spec;
    @ParentCommand private Commands parent;
    @Mixin private SiteOption where;
    @Mixin private Fetching fetching;

    @Option(
            names = "--cluster",
            paramLabel = "NAME",
            description = "Which; the only one if not given.")
    private @Nullable String cluster;

    @Option(names = "--dry-run", description = "Only say what would change.")
    private boolean dryRun;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Override
    public void run() {
        Site site = where.site();
        Deployment.Setting setting =
                new Deployment.Setting(
                        Optional.ofNullable(cluster), starter(), this::fetch, Clock.systemUTC());
        site.uncommitted()
                .forEach(file -> parent.terminal().info(file + " is not committed: left out"));
        if (dryRun) {
            print(Deployment.preview(site, setting));
            return;
        }
        try (Deployment deployment = Deployment.open(site, setting)) {
            List<Change> changes = deployment.changes();
            print(changes);
            int removed = deployment.apply();
            // Users who may not write to the site then search what is remembered.
            var _ = site.overview();
            parent.terminal().info(summary(deployment, changes, removed));
        }
    }

    private static Path starter() {
        return Path.of(System.getProperty("amphora.launcher", "amphora"))
                .toAbsolutePath()
                .resolveSibling("amphora-start");
    }

    private Path fetch(String reference) {
        return fetching.store(parent.terminal())
                .sif(Reference.parse(reference), fetching.options());
    }

    private void print(List<Change> changes) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(changes.stream().map(DeployCommand::row).toList()));
        } else {
            for (Change change : changes) {
                out.printf(
                        "%-7s %-24s %s%n",
                        change.kind(), change.app(), change.details().getFirst());
                change.details().stream()
                        .skip(1)
                        .forEach(line -> out.printf("%32s %s%n", "", line));
            }
        }
        out.flush();
    }

    private static String summary(Deployment deployment, List<Change> changes, int removed) {
        return changes.isEmpty()
                ? "nothing to do: "
                        + deployment.cluster().name()
                        + " is at "
                        + deployment.commit().substring(0, 8)
                : "brought "
                        + deployment.cluster().name()
                        + " to "
                        + deployment.commit().substring(0, 8)
                        + ": "
                        + changes.size()
                        + " applications changed, "
                        + removed
                        + " old things removed";
    }

    private static Map<String, Object> row(Change change) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("app", change.app());
        row.put("change", change.kind().toString());
        row.put("details", change.details());
        return row;
    }
}
