// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import org.amphora.image.store.Cache;
import org.amphora.image.store.Conversion;
import org.amphora.problem.ExitCode;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.process.Interruption;
import org.amphora.progress.Progress;

/// Builds in a process of its own, so that a test can run it as another user and kill it:
/// `STARTER RECIPE OUTPUT [--sandbox] [--force] [--notest] [--bind=SPEC]`.
final class BuildProgram {

    private BuildProgram() {}

    public static void main(String[] words) {
        List<String> options = Arrays.asList(words).subList(3, words.length);
        Path temporary = Path.of(System.getenv("AMPHORA_TMPDIR"));
        Build build =
                new Build(
                        new Build.Toolbox(
                                Path.of(words[0]),
                                (reference, directory) -> {
                                    throw new IllegalStateException("no base images here");
                                },
                                new Conversion(
                                        Cache.of(System.getenv()),
                                        System.getenv(),
                                        Progress.NONE,
                                        System.err::println),
                                temporary,
                                System.getenv(),
                                Path.of("").toAbsolutePath(),
                                Progress.NONE,
                                System.err,
                                new Command.Output.Inherited(),
                                Clock.systemUTC()));
        try (Interruption _ = new Interruption()) {
            build.run(
                    new BuildRequest(
                            Path.of(words[1]),
                            Path.of(words[2]),
                            options.contains("--force"),
                            options.contains("--sandbox"),
                            !options.contains("--notest"),
                            BuildArguments.NONE,
                            options.stream()
                                    .filter(o -> o.startsWith("--bind="))
                                    .map(o -> o.substring("--bind=".length()))
                                    .toList()));
        } catch (Problem problem) {
            System.err.println(problem.lines());
            System.exit(ExitCode.FAILURE.status());
        }
    }
}
