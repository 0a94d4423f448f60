// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.amphora.cluster.JobStatus;
import org.amphora.cluster.LocalCluster;
import org.amphora.cluster.SubmittedJobs;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// The commands about jobs that were submitted.
final class JobCommands {

    private JobCommands() {}

    private static SubmittedJobs jobs() {
        return new SubmittedJobs(System.getenv(), Manager::named);
    }

    /// What most of them are about.
    static final class OneJob {
        @Parameters(paramLabel = "ID", description = "Of a job, or of an element of an array.")
        private String id;
    }

    static final class AsJson {
        @Option(
                names = {"-j", "--json"},
                description = "As JSON.")
        private boolean wanted;
    }

    @Command(name = "jobs", description = "List the jobs that you have submitted.")
    static final class Jobs implements Runnable {
        @Spec private CommandSpec spec;

        @Mixin private AsJson json;

        @Option(
                names = {"-a", "--all"},
                description = "Also those that ended more than a day ago.")
        private boolean all;

        @Override
        public void run() {
            JobTable.print(spec, jobs().list(all), json.wanted);
        }
    }

    @Command(name = "status", description = "Show what a job is doing.")
    static final class Status implements Runnable {
        @Spec private CommandSpec spec;

        @Mixin private AsJson json;

        @Mixin private OneJob job;

        @Override
        public void run() {
            JobTable.printOne(spec, jobs().status(job.id), json.wanted);
        }
    }

    @Command(
            name = "wait",
            description =
                    "Wait until a job has ended; ends with its exit status, 128+N for signal N.")
    static final class Wait implements Callable<Integer> {
        @ParentCommand private Commands parent;

        @Mixin private OneJob job;

        @Override
        public Integer call() {
            List<JobStatus> ended = jobs().await(job.id, parent.terminal()::info);
            return ended.stream().mapToInt(one -> one.shellStatus().orElse(1)).max().orElse(1);
        }
    }

    @Command(name = "cancel", description = "End jobs.")
    static final class Cancel implements Runnable {
        @Parameters(arity = "1..*", paramLabel = "ID", description = "Of jobs or elements.")
        private List<String> ids;

        @Override
        public void run() {
            ids.forEach(jobs()::cancel);
        }
    }

    @Command(name = "logs", description = "Print the output of a job.")
    static final class Logs implements Runnable {
        @Spec private CommandSpec spec;

        @Option(
                names = {"-f", "--follow"},
                description = "Go on until the job has ended.")
        private boolean follow;

        @Mixin private OneJob job;

        @Override
        public void run() {
            PrintWriter out = spec.commandLine().getOut();
            jobs().output(job.id, follow, out);
            out.flush();
        }
    }

    @Command(name = "queue", hidden = true, description = "Keep the queue of this machine.")
    static final class Queue implements Runnable {
        @Parameters(paramLabel = "DIR", description = "Where it lies.")
        private Path directory;

        @Override
        public void run() {
            LocalCluster.keep(directory);
        }
    }
}
