// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// What is to be started.
///
/// @param command empty for the image's own run script
/// @param launch how ranks are to be started
/// @param mpi whose MPI the program uses
/// @param gpu which GPUs it is to see
/// @param binds host paths that it wants, sources only
/// @param overlay directory of a writable layer; empty for none
/// @param mends whether it asks for remedies (`--fix`)
/// @param caller who starts it
public record Request(
        List<String> command,
        LaunchWords launch,
        MpiChoice mpi,
        GpuChoice gpu,
        List<String> binds,
        String overlay,
        boolean mends,
        Caller caller) {

    /// Whose MPI.
    public enum MpiChoice {
        AUTO,
        /// The node's, in place of the image's.
        BIND,
        /// The image's, started by the node's launcher.
        HYBRID,
        NONE
    }

    /// Which GPUs.
    public enum GpuChoice {
        AUTO,
        NVIDIA,
        AMD,
        INTEL,
        NONE
    }

    public Request {
        command = List.copyOf(command);
        binds = List.copyOf(binds);
    }

    /// One process, nothing special.
    public static Request of(String... command) {
        return new Request(
                List.of(command),
                LaunchWords.NONE,
                MpiChoice.AUTO,
                GpuChoice.AUTO,
                List.of(),
                "",
                false,
                Caller.NOBODY);
    }

    public Request with(LaunchWords words) {
        return new Request(command, words, mpi, gpu, binds, overlay, mends, caller);
    }

    public Request with(MpiChoice choice) {
        return new Request(command, launch, choice, gpu, binds, overlay, mends, caller);
    }

    public Request with(GpuChoice choice) {
        return new Request(command, launch, mpi, choice, binds, overlay, mends, caller);
    }

    public Request with(Caller other) {
        return new Request(command, launch, mpi, gpu, binds, overlay, mends, other);
    }

    public Request withFix() {
        return new Request(command, launch, mpi, gpu, binds, overlay, true, caller);
    }

    public Request withBinds(List<String> paths) {
        return new Request(command, launch, mpi, gpu, paths, overlay, mends, caller);
    }

    public Request withOverlay(String directory) {
        return new Request(command, launch, mpi, gpu, binds, directory, mends, caller);
    }

    /// Whether the launch mends what it can: asked for, or because it looks at node and image for
    /// `--mpi` or `--gpu` anyway.
    boolean isMended() {
        boolean looks =
                switch (mpi) {
                    case BIND, HYBRID -> true;
                    case AUTO, NONE -> false;
                };
        return mends
                || looks
                || switch (gpu) {
                    case NVIDIA, AMD, INTEL -> true;
                    case AUTO, NONE -> false;
                };
    }

    String variable(String name) {
        return caller.environment().getOrDefault(name, "");
    }

    /// An option of Amphora that is given by a variable, in any of the spellings that the launch
    /// reads.
    String option(String name) {
        for (String prefix : List.of("AMPHORA_", "APPTAINER_", "SINGULARITY_")) {
            if (has(prefix + name)) {
                return variable(prefix + name);
            }
        }
        return "";
    }

    /// Ranks on each node, 1 when nothing else was asked for.
    int ranksPerNode() {
        int nodes = Math.max(1, launch.nodes().orElse(1));
        return Math.max(1, (launch.ranks().orElse(1) + nodes - 1) / nodes);
    }

    boolean has(String name) {
        return !variable(name).isEmpty();
    }
}
