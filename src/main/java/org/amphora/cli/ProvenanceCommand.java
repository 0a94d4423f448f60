// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.problem.Problem;
import org.amphora.provenance.RunCrate;
import org.amphora.records.JobHistory;
import org.amphora.records.Records;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "provenance",
        description = "Print how a job's results were made, as ro-crate-metadata.json.")
final class ProvenanceCommand implements Runnable {

    @Spec private CommandSpec spec;
    @Mixin private SiteOption site;

    @Parameters(paramLabel = "JOB", description = "The job's id, as the resource manager has it.")
    private String job;

    private final Map<VersionId, Optional<AppVersion>> versions = new HashMap<>();

    @Override
    public void run() {
        JobHistory history;
        try (Records records = SiteRecords.open(site)) {
            history = records.job(job);
        }
        if (history.launches().isEmpty()) {
            throw new Problem(
                    "cannot tell how job " + job + " was made",
                    "the records have no launch of it",
                    "amphora records import DIR, where launches are recorded");
        }
        spec.commandLine()
                .getOut()
                .println(JsonText.of(RunCrate.of(history, this::version, Instant.now())));
        spec.commandLine().getOut().flush();
    }

    private Optional<AppVersion> version(String app, String version) {
        return versions.computeIfAbsent(
                new VersionId(app, version), id -> Optional.ofNullable(find(id)));
    }

    private @Nullable AppVersion find(VersionId id) {
        try {
            Site where = site.site();
            return where.catalog(where.commit(), Set.of(id.app())).version(id);
        } catch (Problem e) {
            // No site is needed, and its catalog may have another opinion by now.
            return null;
        }
    }
}
