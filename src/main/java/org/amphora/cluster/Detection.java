// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/// Which resource manager a machine has, by the commands that only one of them brings.
final class Detection {

    private final Map<String, String> environment;

    private Detection(Map<String, String> environment) {
        this.environment = environment;
    }

    static String manager(Map<String, String> environment) {
        Detection on = new Detection(environment);
        if (on.has("sbatch")) {
            return "slurm";
        }
        if (on.has("oarsub")) {
            return "oar";
        }
        if (on.has("bsub")) {
            return "lsf";
        }
        if (on.has("condor_submit")) {
            return "htcondor";
        }
        if (environment.containsKey("FLUX_URI") && on.has("flux")) {
            return "flux";
        }
        if (on.has("qsub")) {
            // Three managers have a qsub; qconf and pbs_probe are of one each.
            return on.has("qconf") ? "gridengine" : on.has("pbs_probe") ? "openpbs" : "torque";
        }
        return LocalCluster.NAME;
    }

    boolean has(String program) {
        for (String directory : environment.getOrDefault("PATH", "").split(":")) {
            try {
                if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
                    return true;
                }
            } catch (InvalidPathException e) {
                // A directory that this locale cannot name holds no command that we could start.
                continue;
            }
        }
        return false;
    }
}
