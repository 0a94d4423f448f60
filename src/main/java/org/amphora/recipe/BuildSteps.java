// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.amphora.image.ExtraFile;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.image.store.RuntimeMetadata;
import org.amphora.image.store.SifContent;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.process.CommandStream;

/// The steps of one build, in the order of apptainer `internal/pkg/build/build.go`.
final class BuildSteps {

    private static final String SCRIPT = "/.post.script";
    private static final String APT_CONFIGURATION = "/.post.apt.conf";
    private static final String LABELS = "/.build.labels";
    private static final String ADDED_ENVIRONMENT = "/.singularity.d/env/91-environment.sh";

    /// Files of this machine that %post and %test need to reach the network, and their places.
    private static final List<String> NETWORK_FILES = List.of("/etc/resolv.conf", "/etc/hosts");

    private final Build.Toolbox tools;
    private final BuildRequest request;
    private final Definition definition;
    private final Base base;
    private final Path output;
    private final Workspace workspace;
    private final Path tree;
    private final Instant now;

    BuildSteps(
            Build.Toolbox tools,
            BuildRequest request,
            Definition definition,
            Base base,
            Path output,
            Workspace workspace) {
        this.tools = tools;
        this.request = request;
        this.definition = definition;
        this.base = base;
        this.output = output;
        this.workspace = workspace;
        this.tree = workspace.tree();
        this.now = SourceDate.of(tools.environment()).orElseGet(tools.clock()::instant);
    }

    void run() {
        BuildContainer container = new BuildContainer(tools.starter(), workspace, identity());
        sweep(container);
        boolean finished = false;
        try {
            onHost(Section.PRE);
            bootstrap(container);
            onHost(Section.SETUP);
            copyFiles(container);
            post(container);
            addMetadata();
            test(container);
            finish(container);
            finished = true;
        } finally {
            remove(container, workspace);
        }
        if (finished) {
            tell("Build complete: " + request.output());
        }
    }

    /// The ids of /etc/subuid when they work here: newuidmap must be there, and the file system
    /// must let files belong to them, which network file systems do not.
    private Identity identity() {
        BuildContainer container = new BuildContainer(tools.starter(), workspace, Identity.SUBIDS);
        Path probe = workspace.write(".probe", "");
        Command.Result result = container.onHost("chown", "1:1", probe.toString()).run();
        if (result.isSuccess()) {
            return Identity.SUBIDS;
        }
        tell("No subordinate ids can be used here; changes of owner are faked");
        return Identity.FAKED;
    }

    private void sweep(BuildContainer container) {
        for (Workspace leftover : workspace.leftovers()) {
            tell("Removing what a killed build left: " + leftover.path());
            try (leftover) {
                remove(container, leftover);
            }
        }
    }

    private void bootstrap(BuildContainer container) {
        tell("Starting build...");
        switch (base) {
            case Base.Image(var reference) -> {
                tell("Unpacking " + reference);
                unpack(reference, container);
            }
            case Base.Debian debian -> {
                tell("Installing " + debian.suite() + " with mmdebstrap");
                Debootstrap.install(
                        debian, AptSources.ofThisMachine(), container, tree, tools.progress());
            }
            case Base.Scratch() -> {}
        }
        // A base may have made its root read-only for its owner, as Fedora's is.
        container
                .onHost("chmod", "u+rwx", tree.toString())
                .run()
                .orProblem("cannot write to " + tree, "set AMPHORA_TMPDIR to a local directory");
        if (!Files.exists(tree.resolve(".singularity.d"), LinkOption.NOFOLLOW_LINKS)) {
            lay(RuntimeMetadata.files(origin(), Optional.empty()));
        } else if (base instanceof Base.Image) {
            keepHistory();
        }
    }

    /// A directory may have been built with subordinate ids, so it is read in the namespace.
    private void unpack(Reference reference, BuildContainer container) {
        if (reference instanceof Reference.Local(Path path)
                && Files.isDirectory(tools.directory().resolve(path))) {
            String source = tools.directory().resolve(path).toString();
            container
                    .onHost(
                            "cp",
                            "-dR",
                            "--preserve=mode,timestamps,links",
                            "--",
                            source + "/.",
                            tree.toString())
                    .run()
                    .orProblem("cannot copy " + path, "check that you may read all of it");
            return;
        }
        try {
            Files.delete(tree);
        } catch (IOException e) {
            throw workspace.full(e);
        }
        tools.images().unpack(reference, tree);
    }

    /// The definition of the base image stays beside that of this one (apptainer
    /// `internal/pkg/build/metadata.go` `insertDefinition`).
    private void keepHistory() {
        Path old = tree.resolve(".singularity.d/Singularity");
        String history = ".singularity.d/bootstrap_history";
        if (!Files.isRegularFile(old, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int number = 0;
        while (Files.exists(tree.resolve(history + "/Apptainer" + number))) {
            number++;
        }
        try {
            lay(
                    List.of(
                            ExtraFile.directory(history, 0755),
                            ExtraFile.text(
                                    history + "/Apptainer" + number, 0644, Files.readString(old))));
        } catch (IOException e) {
            throw workspace.full(e);
        }
    }

    private void onHost(Section section) {
        Optional<Script> script = definition.script(section);
        if (script.isEmpty()) {
            return;
        }
        tell("Running " + section.word() + " scriptlet");
        Path file = workspace.write("." + section.word(), script.get().text());
        Command command =
                Command.of(script.get().commandLine(file.toString()))
                        .with("APPTAINER_ROOTFS", tree.toString())
                        .with("SINGULARITY_ROOTFS", tree.toString())
                        .with("APPTAINER_ENVIRONMENT", ADDED_ENVIRONMENT)
                        .with("SINGULARITY_ENVIRONMENT", ADDED_ENVIRONMENT)
                        .in(tools.directory());
        runScript(section, command);
    }

    private void copyFiles(BuildContainer container) {
        HostFiles files = new HostFiles(definition, tools.directory(), tree, container);
        for (Definition.Copy copy : definition.files()) {
            tell("Copying " + copy.source() + " to " + copy.destination().orElse(copy.source()));
            files.copy(copy);
        }
    }

    private void post(BuildContainer container) {
        Optional<Script> script = definition.script(Section.POST);
        if (script.isEmpty()) {
            return;
        }
        tell("Running post scriptlet");
        List<BuildContainer.Bind> binds = new ArrayList<>(networkFiles());
        binds.addAll(requestedBinds());
        Path file = workspace.write(".post", script.get().text());
        binds.add(new BuildContainer.Bind(file, SCRIPT, true));
        List<String> variables = variables();
        if (container.identity() == Identity.FAKED) {
            // apt checks that it has become its other user, and gives up (status 112) when not.
            Path apt = workspace.write(".apt", "APT::Sandbox::User \"root\";\n");
            binds.add(new BuildContainer.Bind(apt, APT_CONFIGURATION, true));
            variables.add("APT_CONFIG=" + APT_CONFIGURATION);
        }
        List<String> missing = missingMountPoints(binds);
        List<String> line = script.get().commandLine(SCRIPT);
        Command command =
                container.inTree(
                        new BuildContainer.View(binds, true),
                        variables,
                        BuildContainer.withImageEnvironment(line));
        runScript(Section.POST, command);
        List<String> clean = new ArrayList<>(List.of("sh", "-c", CLEAN, "sh", tree.toString()));
        clean.addAll(missing);
        container.onHost(clean).run().orProblem("cannot clean up after %post", "build it again");
    }

    /// Mount points that were made for the binds, if they are still the empty files they were; and
    /// temporary files, which a running container does not see anyway.
    private static final String CLEAN =
            """
            cd "$1" || exit 1
            shift
            for f; do
                if [ -d "$f" ] && [ ! -h "$f" ]; then rmdir "$f" 2>/dev/null
                elif [ -f "$f" ] && [ ! -h "$f" ] && [ ! -s "$f" ]; then rm -f "$f"; fi
            done
            for d in tmp var/tmp; do
                if [ -d "$d" ] && [ ! -h "$d" ]; then find "$d" -mindepth 1 -delete; fi
            done
            :
            """;

    private List<String> variables() {
        List<String> variables = new ArrayList<>();
        for (String prefix : List.of("APPTAINER_", "SINGULARITY_")) {
            variables.add(prefix + "ENVIRONMENT=" + ADDED_ENVIRONMENT);
            variables.add(prefix + "LABELS=" + LABELS);
        }
        return variables;
    }

    private List<BuildContainer.Bind> networkFiles() {
        List<BuildContainer.Bind> binds = new ArrayList<>();
        for (String name : NETWORK_FILES) {
            Path source = Path.of(name);
            try {
                if (Files.isReadable(source)) {
                    Path copy = workspace.newFile(".network");
                    Files.copy(source, copy);
                    binds.add(new BuildContainer.Bind(copy, name, false));
                }
            } catch (IOException e) {
                throw workspace.full(e);
            }
        }
        return binds;
    }

    private List<BuildContainer.Bind> requestedBinds() {
        return request.binds().stream()
                .map(
                        bind -> {
                            String[] parts = bind.split(":", 3);
                            Path source = tools.directory().resolve(parts[0]);
                            String destination = parts.length > 1 ? parts[1] : source.toString();
                            boolean readOnly = parts.length > 2 && parts[2].equals("ro");
                            return new BuildContainer.Bind(source, destination, readOnly);
                        })
                .toList();
    }

    /// Relative to the tree; the deepest first.
    private List<String> missingMountPoints(List<BuildContainer.Bind> binds) {
        List<String> missing = new ArrayList<>();
        List<String> destinations = new ArrayList<>(List.of("/dev", "/proc", "/sys"));
        binds.forEach(b -> destinations.add(b.destination()));
        for (String destination : destinations) {
            Path path = Tree.resolve(tree, destination);
            while (!path.equals(tree) && !Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                String relative = tree.relativize(path).toString();
                if (!missing.contains(relative)) {
                    missing.add(relative);
                }
                path = path.resolveSibling("").normalize();
            }
        }
        missing.sort((a, b) -> b.length() - a.length());
        return missing;
    }

    private void addMetadata() {
        TreeMap<String, String> labels = new TreeMap<>();
        Path added = tree.resolve(LABELS.substring(1));
        try {
            if (Files.isRegularFile(added, LinkOption.NOFOLLOW_LINKS)) {
                labels.putAll(DefinitionParser.labels(Files.readString(added)));
                Files.delete(added);
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot read the labels that %post added",
                    String.valueOf(e), "write lines of KEY VALUE to $APPTAINER_LABELS", e);
        }
        labels.putAll(definition.labels());
        RuntimeMetadata.Sections sections =
                new RuntimeMetadata.Sections(
                        definition.script(Section.ENVIRONMENT).map(Script::text),
                        definition.script(Section.RUNSCRIPT).map(Script::executable),
                        definition.script(Section.STARTSCRIPT).map(Script::executable),
                        definition.script(Section.TEST).map(Script::executable),
                        definition.script(Section.HELP).map(Script::text),
                        labels);
        lay(RuntimeMetadata.files(origin(), sections, tree));
    }

    private RuntimeMetadata.Origin origin() {
        return new RuntimeMetadata.Origin(
                definition.text(),
                definition.header(),
                Platform.current().architecture(),
                Optional.of(now));
    }

    private void lay(List<ExtraFile> files) {
        try {
            RuntimeMetadata.lay(files, tree);
        } catch (IOException e) {
            throw workspace.full(e);
        }
    }

    private void test(BuildContainer container) {
        if (definition.script(Section.TEST).isEmpty() || !request.test()) {
            return;
        }
        tell("Running testscript");
        List<BuildContainer.Bind> binds = new ArrayList<>(networkFiles());
        binds.addAll(requestedBinds());
        Command command =
                container.inTree(
                        new BuildContainer.View(binds, false),
                        List.of(),
                        BuildContainer.withImageEnvironment(List.of("/.singularity.d/test")));
        runScript(Section.TEST, command);
    }

    private void finish(BuildContainer container) {
        if (request.sandbox()) {
            tell("Creating sandbox directory...");
            replaceDirectory(container);
            return;
        }
        tell("Creating SIF file...");
        List<String> tar =
                new ArrayList<>(
                        List.of(
                                "tar",
                                "--create",
                                "--sort=name",
                                "--format=posix",
                                "--owner=0",
                                "--group=0",
                                "--numeric-owner",
                                "--xattrs",
                                "--directory=" + tree,
                                // Not the process id and the times of reading.
                                "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime"));
        SourceDate.of(tools.environment())
                .ifPresent(
                        date -> {
                            tar.add("--clamp-mtime");
                            tar.add("--mtime=@" + date.getEpochSecond());
                        });
        tar.add(".");
        try (CommandStream stream = new CommandStream(container.onHost(tar))) {
            tools.conversion()
                    .convertTree(
                            stream.input(),
                            definition.name(),
                            Optional.of(now),
                            Platform.current().architecture(),
                            SifContent.described(
                                    definition.text(), RuntimeMetadata.inspectMetadata(tree)),
                            output);
        }
    }

    /// The old directory stays until the new one is complete. Across file systems the tree is
    /// copied.
    private void replaceDirectory(BuildContainer container) {
        Path hidden =
                output.resolveSibling(
                        "." + output.getFileName() + "." + workspace.path().getFileName());
        container
                .onHost(
                        "sh",
                        "-c",
                        """
                        mv -T "$1" "$2" || { rm -rf "$2"; exit 1; }
                        if [ -e "$3" ] || [ -h "$3" ]; then rm -rf "$3"; fi
                        mv -T "$2" "$3" || { rm -rf "$2"; exit 1; }
                        """,
                        "sh",
                        tree.toString(),
                        hidden.toString(),
                        output.toString())
                .run()
                .orProblem(
                        "cannot put the tree at " + request.output(),
                        "check the rights and the space there");
    }

    private void runScript(Section section, Command command) {
        Command.Result result =
                command.withOutput(tools.scripts()).withErrors(tools.scripts()).run();
        if (!result.isSuccess()) {
            throw new Problem(
                    "cannot build " + definition.name(),
                    "failed to execute "
                            + section
                            + " script: its exit status is "
                            + result.status(),
                    section == Section.TEST
                            ? "correct what the test found, or build with --notest"
                            : "correct the command that stands last in its output (set -ex is on)");
        }
    }

    /// In the namespace, where every file belongs to somebody. Also after an interruption, which
    /// may come while this runs.
    private static void remove(BuildContainer container, Workspace dead) {
        boolean interrupted = Thread.interrupted();
        Command removal =
                container.onHost("rm", "-rf", "--one-file-system", dead.tree().toString());
        try {
            removal.run();
        } catch (Problem problem) {
            if (!Thread.interrupted()) {
                throw problem;
            }
            interrupted = true;
            removal.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void tell(String step) {
        tools.log().println("INFO:    " + step);
    }
}
