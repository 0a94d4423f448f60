// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.Map;
import java.util.Set;

/// What a launch wants of the node.
///
/// @param gpus the vendors whose GPUs it wants
/// @param remedies what may be mended
/// @param environment the caller's, by which launchers and resource managers speak
public record InjectionRequest(
        Set<GpuVendor> gpus, MpiModel mpi, Set<Remedy> remedies, Map<String, String> environment) {

    private static final String[] RANKS = {
        "PMIX_RANK",
        "PMI_RANK",
        "OMPI_COMM_WORLD_RANK",
        "MPI_LOCALRANKID",
        "SLURM_PROCID",
        "FLUX_TASK_RANK",
        "PALS_RANKID"
    };

    /// Whose MPI the application uses.
    public enum MpiModel {
        /// The image's, made to understand the launcher, for processes that are ranks.
        AUTO,
        /// The node's, put over the image's.
        BIND,
        /// The image's, made to understand the launcher.
        HYBRID,
        /// The image's, as it is.
        NONE
    }

    public InjectionRequest {
        gpus = Set.copyOf(gpus);
        remedies = Set.copyOf(remedies);
        environment = Map.copyOf(environment);
    }

    /// Whether nothing of the node is wanted.
    public boolean isEmpty() {
        return gpus.isEmpty()
                && remedies.isEmpty()
                && (mpi == MpiModel.NONE || mpi == MpiModel.AUTO && !isRank());
    }

    /// Whether a launcher has started this process as one of several.
    public boolean isRank() {
        for (String name : RANKS) {
            if (environment.containsKey(name)) {
                return true;
            }
        }
        return false;
    }

    /// A variable; empty when it is unset.
    String variable(String name) {
        return environment.getOrDefault(name, "");
    }
}
