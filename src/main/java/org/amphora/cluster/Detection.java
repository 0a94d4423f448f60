// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.io.File;
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
            if (!directory.isEmpty() && new File(directory, program).canExecute()) {
                return true;
            }
        }
        return false;
    }
}
