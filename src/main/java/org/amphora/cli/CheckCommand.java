// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.amphora.compat.Compatibility;
import org.amphora.compat.NodeReport;
import org.amphora.compat.Report;
import org.amphora.compat.check.LaunchWords;
import org.amphora.compat.check.Request;
import org.amphora.compat.check.Request.GpuChoice;
import org.amphora.compat.check.Request.MpiChoice;
import org.amphora.contents.Contents;
import org.amphora.host.Host;
import org.amphora.image.store.Cache;
import org.amphora.records.Event;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "check",
        description =
                "Say before a run whether an image fits a node, and what to do when it does not.",
        footer = {"", "Exit status: 0 when it fits, 1 with warnings, 2 when it would fail."})
final class CheckCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;
    @ParentCommand private Commands parent;

    @Option(
            names = "--host",
            paramLabel = "FILE|DIR",
            description = "Another node, as `amphora host` describes it; may be repeated.")
    private List<Path> hosts = List.of();

    @Option(
            names = "--for",
            paramLabel = "WORDS",
            defaultValue = "",
            description = "How it is to be started: \"srun --mpi=pmix -n 4\", \"mpirun -np 2\".")
    private String words;

    @Option(
            names = "--mpi",
            defaultValue = "auto",
            description = "Whose MPI: ${COMPLETION-CANDIDATES}.")
    private MpiChoice mpi;

    @Option(
            names = "--gpu",
            defaultValue = "auto",
            description = "Which GPUs: ${COMPLETION-CANDIDATES}.")
    private GpuChoice gpu;

    @Option(
            names = "--fix",
            paramLabel = "WHAT",
            defaultValue = "none",
            description = "all: as started with --fix=all, which mends what it can.")
    private String fix;

    @Option(
            names = {"-B", "--bind"},
            paramLabel = "PATH",
            split = ",",
            description = "Paths of the node that it needs.")
    private List<String> binds = List.of();

    @Option(
            names = {"-o", "--overlay"},
            paramLabel = "DIR",
            defaultValue = "",
            description = "A directory for changes of the root.")
    private String overlay;

    @Option(names = "--all", description = "Show also what passed, does not apply or is unknown.")
    private boolean all;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "A SIF file or a directory.")
    private Path image;

    @Parameters(
            index = "1..*",
            paramLabel = "COMMAND",
            description = "What is to be started in it.")
    private List<String> command = List.of();

    @Override
    public Integer call() {
        Contents contents = Contents.of(image, Cache.of(System.getenv()).root());
        Request request =
                new Request(
                        command,
                        LaunchWords.parse(words),
                        mpi,
                        gpu,
                        CallerFacts.paths(binds),
                        overlay,
                        !fix.equals("none"),
                        CallerFacts.of(contents, CallerFacts.paths(binds), !hosts.isEmpty()));
        Report report = new Report(image.toString(), command, nodes(contents, request));
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? JsonText.of(report.json()) + "\n" : report.text(Terminal.style(), all));
        out.flush();
        SiteRecords.noteIfKept(parent.terminal(), () -> event(report));
        return report.exitStatus();
    }

    private Event event(Report report) {
        return new Event.Check(
                image.toAbsolutePath().normalize().toString(),
                SiteRecords.digest(image),
                String.join(" ", report.nodes().stream().map(NodeReport::node).toList()),
                words,
                List.of("fits", "warnings", "fails").get(report.exitStatus()),
                String.join(
                        " ",
                        report.nodes().stream()
                                .flatMap(node -> node.found().stream())
                                .map(result -> result.check().id())
                                .distinct()
                                .toList()));
    }

    private List<NodeReport> nodes(Contents contents, Request request) {
        return hosts.isEmpty()
                ? List.of(Compatibility.check(contents, Host.probe(Path.of("/")), request))
                : hosts.stream()
                        .map(
                                path ->
                                        Compatibility.check(contents, Host.read(path), request)
                                                .named(CallerFacts.name(path)))
                        .toList();
    }
}
