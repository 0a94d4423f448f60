// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.records.Event;

/// A build with its record, where the caller keeps records.
final class RecordedBuild {

    private RecordedBuild() {}

    /// Does the work and records how it ended.
    static void run(Terminal terminal, String source, Path out, Runnable work) {
        Instant begun = Instant.now();
        try {
            work.run();
        } catch (Problem problem) {
            SiteRecords.noteIfKept(
                    terminal,
                    () -> event(source, out, begun, "", problem.what() + ": " + problem.why()));
            throw problem;
        }
        SiteRecords.noteIfKept(
                terminal, () -> event(source, out, begun, SiteRecords.digest(out), "ok"));
    }

    private static Event event(
            String source, Path out, Instant begun, String digest, String result) {
        return new Event.Build(
                source,
                revision(Path.of(source)),
                out.toAbsolutePath().normalize().toString(),
                digest,
                Duration.between(begun, Instant.now()),
                result);
    }

    /// The commit that has the recipe as it is.
    private static String revision(Path recipe) {
        Path directory = recipe.toAbsolutePath().getParent();
        if (directory == null || !Files.isRegularFile(recipe)) {
            return "";
        }
        String name = String.valueOf(recipe.getFileName());
        Command git = Command.of("git", "diff", "--quiet", "HEAD", "--", name).in(directory);
        Command tracked = Command.of("git", "ls-files", "--error-unmatch", name).in(directory);
        try {
            return git.run().isSuccess() && tracked.run().isSuccess()
                    ? Command.of("git", "rev-parse", "HEAD").in(directory).run().output().strip()
                    : "";
        } catch (Problem e) {
            // There is no git on this machine.
            return "";
        }
    }
}
