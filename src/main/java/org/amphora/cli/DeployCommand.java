// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.amphora.catalog.Site;
import org.amphora.deployment.Change;
import org.amphora.deployment.Deployment;
import org.amphora.problem.ExitCode;
import org.amphora.problem.Problem;
import org.amphora.records.Event;
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
final class DeployCommand implements Callable<Integer> {

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
    public Integer call() {
        Site site = where.site();
        Deployment.Setting setting =
                new Deployment.Setting(
                        Optional.ofNullable(cluster),
                        Recipes.starter().toAbsolutePath(),
                        new Workshop(parent.terminal(), fetching),
                        Clock.systemUTC());
        // git looks at each file of the site meanwhile.
        FutureTask<List<String>> uncommitted = new FutureTask<>(site::uncommitted);
        Thread.ofPlatform().daemon().start(uncommitted);
        if (dryRun) {
            List<Change> changes = Deployment.preview(site, setting);
            warn(uncommitted);
            print(changes);
            return ExitCode.OK.status();
        }
        try (Deployment deployment = Deployment.open(site, setting)) {
            warn(uncommitted);
            parent.terminal().info(plan(deployment));
            Deployment.Outcome outcome = deployment.apply();
            // Users who may not write to the site then search what is remembered.
            var _ = site.overview();
            if (!outcome.changes().isEmpty() || outcome.removed() > 0) {
                SiteRecords.note(parent.terminal(), site, event(deployment, outcome));
            }
            print(outcome.changes());
            parent.terminal().info(summary(deployment, outcome));
            outcome.failures().forEach(problem -> parent.terminal().error(problem.lines()));
            return (outcome.isComplete() ? ExitCode.OK : ExitCode.FAILURE).status();
        }
    }

    private void warn(FutureTask<List<String>> uncommitted) {
        try {
            uncommitted
                    .get()
                    .forEach(file -> parent.terminal().info(file + " is not committed: left out"));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Problem problem
                    ? problem
                    : new IllegalStateException("cannot see what is not committed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
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

    private static String plan(Deployment deployment) {
        List<Change> changes = deployment.changes();
        Map<Change.Kind, Integer> counts = new EnumMap<>(Change.Kind.class);
        changes.forEach(change -> counts.merge(change.kind(), 1, Integer::sum));
        List<String> parts = new ArrayList<>();
        counts.forEach((kind, count) -> parts.add(count + " to " + kind));
        return "plan for "
                + deployment.cluster().name()
                + ": "
                + (parts.isEmpty() ? "nothing to do" : String.join(", ", parts))
                + Plural.listed("; images to make: ", deployment.toBeMade());
    }

    private static Event event(Deployment deployment, Deployment.Outcome outcome) {
        return new Event.Deployment(
                deployment.cluster().name(),
                deployment.commit(),
                outcome.changes().size(),
                outcome.removed(),
                JsonText.line(outcome.changes().stream().map(DeployCommand::row).toList()));
    }

    private static String summary(Deployment deployment, Deployment.Outcome outcome) {
        long changed = outcome.changes().stream().filter(c -> c.kind() != Change.Kind.KEEP).count();
        return deployment.cluster().name()
                + " is at "
                + deployment.commit().substring(0, 8)
                + ": "
                + Plural.of((int) changed, "application")
                + " changed, "
                + Plural.of(outcome.removed(), "old thing")
                + " removed";
    }

    private static Map<String, Object> row(Change change) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("app", change.app());
        row.put("change", change.kind().toString());
        row.put("details", change.details());
        return row;
    }
}
