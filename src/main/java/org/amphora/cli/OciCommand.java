// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.bundle.Containers;
import org.amphora.launch.Launch;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The operations of an OCI runtime, with the words of `runc(8)`.
@Command(
        name = "oci",
        description = "Run OCI bundles for a manager that starts, watches and ends them by id.",
        footer = {"", "Example: amphora oci run --bundle DIR ID"})
final class OciCommand {

    private static final String ID = "Letters, digits and ._+-@.";

    @Spec private CommandSpec spec;

    @Option(
            names = "--root",
            paramLabel = "DIR",
            description = "Where the state of containers is kept (a directory of yours in /tmp).")
    private @Nullable Path root;

    @Command(name = "run", description = "Become the process of a bundle.")
    void run(@Mixin Beginning of, @Parameters(paramLabel = "ID", description = ID) String id) {
        // The starter waits for this process's plan, and is the application afterwards.
        long starter = ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(-1L);
        var plan = containers().run(id, of.bundle, starter);
        of.writePid(starter);
        Launch.handOver(plan);
    }

    @Command(name = "create", description = "Make a container that waits to be started.")
    void create(@Mixin Beginning of, @Parameters(paramLabel = "ID", description = ID) String id) {
        Path starter = Manager.launcher().resolveSibling("amphora-start");
        of.writePid(containers().create(id, of.bundle, starter).pid());
    }

    @Command(name = "start", description = "Start a container that was created.")
    void start(@Parameters(paramLabel = "ID", description = "Of a container.") String id) {
        containers().start(id);
    }

    @Command(name = "state", description = "Print what a container is doing, as JSON.")
    void state(@Parameters(paramLabel = "ID", description = "Of a container.") String id) {
        spec.commandLine().getOut().println(JsonText.of(containers().state(id)));
        spec.commandLine().getOut().flush();
    }

    @Command(name = "kill", description = "Send a signal to a container's process.")
    void kill(
            @Option(
                            names = {"-a", "--all"},
                            hidden = true,
                            description = "Accepted: those below it end with it.")
                    boolean all,
            @Parameters(paramLabel = "ID", description = "Of a container.") String id,
            @Parameters(
                            paramLabel = "SIGNAL",
                            arity = "0..1",
                            defaultValue = "TERM",
                            description = "Name or number (TERM).")
                    String signal) {
        containers().kill(id, signal);
    }

    @Command(name = "delete", description = "Forget a container that has ended.")
    void delete(
            @Option(
                            names = {"-f", "--force"},
                            description = "Kill it first; say nothing when there is none.")
                    boolean force,
            @Parameters(paramLabel = "ID", description = "Of a container.") String id) {
        containers().delete(id, force);
    }

    private Containers containers() {
        return root == null ? Containers.ofCaller() : new Containers(root);
    }

    /// What a container begins with.
    static final class Beginning {
        @Option(
                names = {"-b", "--bundle"},
                paramLabel = "DIR",
                defaultValue = ".",
                description = "With config.json (here).")
        private Path bundle;

        @Option(names = "--pid-file", paramLabel = "FILE", description = "Gets its id.")
        private @Nullable Path pidFile;

        void writePid(long pid) {
            if (pidFile == null) {
                return;
            }
            try {
                Files.writeString(pidFile, Long.toString(pid));
            } catch (IOException e) {
                throw new Problem(
                        "cannot write " + pidFile,
                        String.valueOf(e.getMessage()),
                        "choose another --pid-file",
                        e);
            }
        }
    }
}
