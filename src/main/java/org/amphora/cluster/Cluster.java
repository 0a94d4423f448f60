// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.amphora.problem.Problem;

/// The resource manager of this machine.
public sealed interface Cluster permits CommandLineCluster, LocalCluster {

    /// Says which manager, when a machine has several or none is found.
    String VARIABLE = "AMPHORA_CLUSTER_MANAGER";

    /// Its name, `slurm`.
    String manager();

    /// What would be submitted, for people to read.
    ///
    /// @throws Problem when the manager cannot be told something of the job, naming the option
    String script(Job job);

    /// Hands the job over.
    ///
    /// @param file where the script is written to; it must stay until the job has ended
    /// @return the job's id
    /// @throws Problem when the manager refuses, or cannot be told something of the job
    String submit(Job job, Path file);

    /// What the manager says of a job now, of an array a status for each element that it tells
    /// apart. Never empty: a job that the manager does not know is {@link JobState#UNKNOWN}.
    ///
    /// @throws Problem when the manager does not answer
    List<JobStatus> status(String id);

    /// What the manager has written down about a job, of an array about each element that has
    /// ended. Empty when it keeps no accounts, has forgotten the job, or does not know it yet.
    ///
    /// @throws Problem when the manager does not answer
    List<Account> accounts(String id);

    /// Ends a job; one that has ended already stays as it is.
    void cancel(String id);

    /// Whether its jobs can copy an image to their nodes first ({@link Job.Staging}).
    boolean canStage();

    /// Where a job's output is; `*` stands for what only the elements of an array have.
    String outputFile(Job job, String id);

    /// The manager of that name.
    ///
    /// @param launcher the `amphora` program, for the queue of this machine
    static Cluster named(String manager, Map<String, String> environment, Path launcher) {
        if (manager.equals(LocalCluster.NAME)) {
            return LocalCluster.of(environment, launcher);
        }
        Supplier<Dialect> dialect = dialects().get(manager);
        if (dialect == null) {
            throw new Problem(
                    "cannot use resource manager " + manager,
                    "there is no such name",
                    "one of: " + String.join(", ", names()));
        }
        return new CommandLineCluster(dialect.get());
    }

    /// What {@link #VARIABLE} names, else the manager whose commands are on the PATH, else the
    /// queue of this machine.
    static Cluster detect(Map<String, String> environment, Path launcher) {
        String set = environment.getOrDefault(VARIABLE, "");
        return named(set.isEmpty() ? Detection.manager(environment) : set, environment, launcher);
    }

    static List<String> names() {
        List<String> names = new java.util.ArrayList<>(dialects().keySet());
        names.add(LocalCluster.NAME);
        return names;
    }

    private static Map<String, Supplier<Dialect>> dialects() {
        Map<String, Supplier<Dialect>> dialects = new LinkedHashMap<>();
        dialects.put("slurm", Slurm::new);
        dialects.put("oar", Oar::new);
        dialects.put("gridengine", GridEngine::new);
        dialects.put("openpbs", () -> new Pbs(false));
        dialects.put("torque", () -> new Pbs(true));
        dialects.put("htcondor", HtCondor::new);
        dialects.put("lsf", Lsf::new);
        dialects.put("flux", Flux::new);
        return dialects;
    }
}
