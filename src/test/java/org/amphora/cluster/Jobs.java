// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// Jobs for tests.
final class Jobs {

    private Jobs() {}

    /// One that asks for nearly everything: 2 nodes, 4 tasks of 2 cores, an array.
    static Job large() {
        return new Job(
                "align",
                List.of("/opt/amphora/bin/amphora", "exec", "x.sif", "echo", "it's $HOME"),
                new Job.Launcher.Own(Optional.of("pmix")),
                new Job.Size(
                        OptionalInt.of(2),
                        OptionalInt.of(4),
                        OptionalInt.empty(),
                        2,
                        OptionalLong.of(4096),
                        1),
                Optional.of(Duration.ofMinutes(90)),
                Optional.of(Job.Array.parse("1-10%2")),
                Optional.of(Job.Dependency.parse("afterok:11")),
                Optional.of("long"),
                Optional.of("lab"),
                Map.of("OMP_NUM_THREADS", "2"),
                Path.of("/home/ada/run 1"),
                Optional.of("out/%j.%i.txt"),
                Optional.empty(),
                Optional.of(new Job.Mail("ada@example.org", false, true, true)),
                List.of(),
                Optional.empty());
    }

    static Job small(Path directory, String... command) {
        return small(directory, Optional.empty(), Optional.empty(), Optional.empty(), command);
    }

    static Job small(
            Path directory,
            Optional<Duration> walltime,
            Optional<Job.Array> array,
            Optional<Job.Dependency> dependency,
            String... command) {
        return small(directory, Job.Size.one(), walltime, array, dependency, command);
    }

    static Job withMemory(Path directory, long mebibytes, String... command) {
        Job.Size size =
                new Job.Size(
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        1,
                        OptionalLong.of(mebibytes),
                        0);
        return small(
                directory, size, Optional.empty(), Optional.empty(), Optional.empty(), command);
    }

    private static Job small(
            Path directory,
            Job.Size size,
            Optional<Duration> walltime,
            Optional<Job.Array> array,
            Optional<Job.Dependency> dependency,
            String... command) {
        return new Job(
                "small",
                List.of(command),
                new Job.Launcher.None(),
                size,
                walltime,
                array,
                dependency,
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                directory,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty());
    }
}
