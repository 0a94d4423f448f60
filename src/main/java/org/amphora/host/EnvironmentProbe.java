// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The variables that decide something about containers, and no others: a description of a node is
/// sent to strangers, and an environment holds tokens.
final class EnvironmentProbe {

    private static final List<String> NAMES =
            List.of(
                    "LANG",
                    "LANGUAGE",
                    "TZ",
                    "TMPDIR",
                    "LD_LIBRARY_PATH",
                    "LD_PRELOAD",
                    "PYTHONPATH",
                    "PYTHONHOME",
                    "PYTHONNOUSERSITE",
                    "PERL5LIB",
                    "R_LIBS",
                    "R_LIBS_USER",
                    "JULIA_DEPOT_PATH",
                    "DISPLAY",
                    "SGE_ROOT",
                    "JOB_ID",
                    "NSLOTS",
                    "LMOD_CMD",
                    "SLURM_CONF",
                    "NVIDIA_VISIBLE_DEVICES",
                    "CUDA_VISIBLE_DEVICES",
                    "ROCR_VISIBLE_DEVICES",
                    "HIP_VISIBLE_DEVICES",
                    "UCX_TLS",
                    "UCX_NET_DEVICES",
                    "FI_PROVIDER",
                    "PMIX_GDS_MODULE",
                    "PMIX_SECURITY_MODE");

    private static final List<String> PREFIXES =
            List.of(
                    "LC_",
                    "OMPI_",
                    "PMIX_",
                    "PMI_",
                    "PRTE_",
                    "HYDI_",
                    "HYDRA_",
                    "I_MPI_",
                    "MPI_",
                    "PALS_",
                    "MPIR_CVAR_",
                    "SLURM_MPI",
                    "SLURM_STEP",
                    "SLURM_PROCID",
                    "SLURM_LOCALID",
                    "SLURM_NTASKS",
                    "SLURM_JOB_ID",
                    "SLURM_NNODES",
                    "SLURM_PMIX",
                    "SLURM_PMI2",
                    "SLURM_NODEID",
                    "OAR_JOB_ID",
                    "PBS_JOBID",
                    "LSB_JOBID",
                    "FLUX_JOB_ID",
                    "FLUX_TASK",
                    "_CONDOR_PROCNO");

    /// Even under these prefixes.
    private static final List<String> SECRETS = List.of("SECRET", "TOKEN", "PASS", "KEY", "COOKIE");

    private EnvironmentProbe() {}

    static Fact<Map<String, String>> probe(Tree tree) {
        if (!tree.isLive()) {
            return Fact.unknown("environment", "only a live node tells");
        }
        Map<String, String> kept = new TreeMap<>();
        System.getenv()
                .forEach(
                        (name, value) -> {
                            if (matters(name) && SECRETS.stream().noneMatch(name::contains)) {
                                kept.put(name, value);
                            }
                        });
        return Fact.known(kept, "environment");
    }

    private static boolean matters(String name) {
        return NAMES.contains(name) || PREFIXES.stream().anyMatch(name::startsWith);
    }
}
