// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.amphora.cluster.Cluster;
import org.amphora.cluster.Job;
import org.amphora.cluster.JobBook;
import org.amphora.image.store.Cache;
import org.amphora.image.store.FileDigest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "submit",
        description = "Hand a command in an image to the resource manager; prints the job's id.",
        footer = {"", "Example: amphora submit -N 2 --ntasks 4 --mpi pmix x.sif -- ./app"})
final class SubmitCommand implements Runnable {

    @Spec private CommandSpec spec;
    @ParentCommand private Commands parent;
    @Mixin private JobOptions options;
    @Mixin private Manager manager;
    @Mixin private Fetching fetching;
    @Mixin private StageOption staging;

    @Option(names = "--dry-run", description = "Print the script, submit nothing.")
    private boolean dryRun;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "A file, directory or reference.")
    private String image;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "COMMAND",
            description = "The command and its arguments; the image's own run script without.")
    private List<String> command = List.of();

    @Override
    public void run() {
        Cluster cluster = manager.cluster();
        String shared = imageOnNodes();
        Job job =
                staging.staged(
                        options.job(shared, command),
                        cluster,
                        Path.of(shared),
                        new FileDigest(Cache.of(System.getenv())));
        PrintWriter out = spec.commandLine().getOut();
        if (dryRun) {
            out.print(cluster.script(job));
        } else {
            JobBook book = new JobBook(System.getenv());
            Path script = book.newScript(job);
            book.prepare(entry(cluster, "", script, job));
            String id = cluster.submit(job, script);
            book.add(entry(cluster, id, script, job));
            out.println(id);
        }
        out.flush();
    }

    private JobBook.Entry entry(Cluster cluster, String id, Path script, Job job) {
        return new JobBook.Entry(cluster.manager(), id, image, Instant.now(), script, job);
    }

    /// A reference is fetched and converted once, here, so that the nodes need not.
    private String imageOnNodes() {
        if (dryRun || !SubmittedImage.isReference(image)) {
            return SubmittedImage.path(image);
        }
        return fetching.store(parent.terminal())
                .sif(org.amphora.image.Reference.parse(image), fetching.options())
                .toString();
    }
}
