// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;

/// The resource manager of the node, and the modules tool beside it.
///
/// @param kind `slurm`, `oar`, `gridengine`, `pbs`, `lsf`, `htcondor`, `flux`; absent for none
/// @param version as far as files tell
/// @param job id of the job that the one who probed is in
/// @param pluginDirectory Slurm's
/// @param mpiTypes what `srun --mpi=` accepts beside `none`, by the plugins that exist
/// @param mpiDefault `MpiDefault` of slurm.conf
/// @param pmixMajors major versions of PMIx that Slurm's plugins were built for
/// @param munge path of munge's socket
/// @param moduleTool `lmod` or `modules`
public record ResourceManager(
        Fact<String> kind,
        Fact<String> version,
        Fact<String> job,
        Fact<String> pluginDirectory,
        Fact<List<String>> mpiTypes,
        Fact<String> mpiDefault,
        Fact<List<Integer>> pmixMajors,
        Fact<String> munge,
        Fact<String> moduleTool) {

    public ResourceManager {
        kind = Fact.given(kind);
        version = Fact.given(version);
        job = Fact.given(job);
        pluginDirectory = Fact.given(pluginDirectory);
        mpiTypes = Fact.given(mpiTypes);
        mpiDefault = Fact.given(mpiDefault);
        pmixMajors = Fact.given(pmixMajors);
        munge = Fact.given(munge);
        moduleTool = Fact.given(moduleTool);
    }
}
