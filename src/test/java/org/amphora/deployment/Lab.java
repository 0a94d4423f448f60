// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.Needs;
import org.amphora.catalog.AppFile;
import org.amphora.catalog.ChannelChanges;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.process.Command;

/// A site with images of a busybox and a script named `samtools`, the real starter, and the module
/// tools of Debian. Everything lies under one directory that other users can read.
final class Lab implements AutoCloseable {
    private static final Path TOOLS = Path.of("/var/tmp/amphora-module-tools");

    private final Path folder;
    private int sites;

    Lab() throws IOException {
        for (String program :
                List.of(
                        "git",
                        "busybox",
                        "mksquashfs",
                        "squashfuse_ll",
                        "make",
                        "lua5.3",
                        "tclsh")) {
            Needs.program(program);
        }
        Needs.that(new File("/dev/fuse").canWrite(), "fuse", "/dev/fuse cannot be used");
        boolean tools = Command.of("setup/module-tools", TOOLS.toString()).run().isSuccess();
        Needs.that(tools, "module-tools", "Lmod and Environment Modules cannot be had");
        folder = Files.createTempDirectory(Path.of("/tmp"), "amphora-deploy-it-");
        run("chmod", "755", folder.toString());
        run("make", "-s", "-C", "starter", "OUT=" + folder, "all");
    }

    @Override
    public void close() {
        run("rm", "-rf", folder.toString());
    }

    Path folder() {
        return folder;
    }

    Path starter() {
        return folder.resolve("amphora-start");
    }

    /// A SquashFS file whose program `samtools` says this version.
    Path image(String version) throws IOException {
        Path file = folder.resolve("samtools-" + version + ".sqfs");
        if (Files.exists(file)) {
            return file;
        }
        Path tree = Files.createDirectories(folder.resolve("tree-" + version));
        for (String directory : List.of("bin", "etc", "tmp", ".singularity.d/env")) {
            Files.createDirectories(tree.resolve(directory));
        }
        run("cp", busybox(), tree + "/bin/busybox");
        for (String applet : List.of("sh", "cat", "echo", "pwd", "sleep", "env", "id", "ls")) {
            Files.createSymbolicLink(tree.resolve("bin/" + applet), Path.of("busybox"));
        }
        Files.writeString(
                tree.resolve("bin/samtools"),
                """
                #!/bin/sh
                case $1 in
                --version) echo "samtools %s" ;;
                view) cat ;;
                die) exit 7 ;;
                where) echo "$(pwd) $PWD $HOME" ;;
                sleep) exec sleep 30 ;;
                *) echo "$#:$*" ;;
                esac
                """
                        .formatted(version));
        run("chmod", "755", tree + "/bin/samtools");
        run("mksquashfs", tree.toString(), file.toString(), "-quiet", "-no-progress", "-all-root");
        return file;
    }

    /// A new site.
    Site site() {
        return Site.init(folder.resolve("site-" + ++sites));
    }

    void add(Site site, String id, String... runs) throws IOException {
        VersionId version = VersionId.parse(id);
        String command = version.app() + "=samtools";
        add(site, version, image(version.version()), command, List.of(runs));
    }

    /// A version with a program of this machine and the libraries that it loads.
    void addWithLibraries(Site site, String id, String program, List<String> runs)
            throws IOException {
        Path tree = folder.resolve("tree-" + program);
        Path file = folder.resolve(program + ".sqfs");
        if (!Files.exists(file)) {
            for (String directory : List.of("usr/bin", "usr/lib", "usr/lib64", "etc", "tmp")) {
                Files.createDirectories(tree.resolve(directory));
            }
            for (String link : List.of("bin", "lib", "lib64")) {
                Files.createSymbolicLink(tree.resolve(link), Path.of("usr/" + link));
            }
            for (String each : List.of(program, "bash")) {
                run("cp", "-L", "/usr/bin/" + each, tree + "/usr/bin/");
                for (String word : run("ldd", "/usr/bin/" + each).output().split("\\s+")) {
                    if (word.startsWith("/")) {
                        Path to = tree.resolve(word.substring(1));
                        Files.createDirectories(to.getParent());
                        run("cp", "-L", word, to.toString());
                    }
                }
            }
            run(
                    "mksquashfs",
                    tree.toString(),
                    file.toString(),
                    "-quiet",
                    "-no-progress",
                    "-all-root");
        }
        add(site, VersionId.parse(id), file, program, runs);
    }

    private static void add(
            Site site, VersionId version, Path image, String command, List<String> runs) {
        new AppFile(site)
                .add(
                        new AppFile.Addition(
                                version,
                                Optional.of("Tools for SAM"),
                                Optional.of(new ImagePool(site.images()).hidden().add(image)),
                                Optional.empty(),
                                Optional.empty(),
                                List.of(command),
                                runs,
                                List.of("ann@example.org")));
    }

    /// A version that is built from this recipe.
    void addRecipe(Site site, String id, String recipe) {
        site.commit(
                Map.of(
                        "apps/" + id + "/app.yaml",
                        recipe("Tools for SAM"),
                        "apps/" + id + "/tool.def",
                        recipe),
                "Add " + id,
                "");
    }

    static String recipe(String summary) {
        return "summary: %s\nrecipe: tool.def\ncommands: {built: samtools, broken: samtools}\n"
                .formatted(summary);
    }

    static void promote(Site site, String id) {
        new ChannelChanges(site).promote(VersionId.parse(id), Optional.empty(), "");
    }

    List<Change> deploy(Site site) {
        return deploy(site, Clock.systemUTC());
    }

    List<Change> deploy(Site site, Clock clock) {
        try (Deployment deployment = Deployment.open(site, setting(clock))) {
            return deployment.apply().changes();
        }
    }

    Deployment.Outcome deploy(Site site, Making making) {
        try (Deployment deployment = Deployment.open(site, setting(Clock.systemUTC(), making))) {
            return deployment.apply();
        }
    }

    Deployment.Setting setting(Clock clock) {
        return setting(clock, new NoMaking());
    }

    private Deployment.Setting setting(Clock clock, Making making) {
        return new Deployment.Setting(Optional.empty(), starter(), making, clock);
    }

    static Path root(Site site) {
        return site.root().resolve(".amphora/local");
    }

    /// Runs lines of a shell after `module use`, as a user who is not root.
    ///
    /// @param tool `lmod` or `modules`
    Command.Result shell(String user, String tool, String shell, Site site, String lines)
            throws IOException {
        Path script = Files.createTempFile(folder, "script-", "");
        Files.writeString(
                script,
                "source "
                        + TOOLS
                        + "/"
                        + tool
                        + "/init/"
                        + shell
                        + "\n"
                        + "module use "
                        + root(site)
                        + (tool.equals("lmod") ? "/modules/lmod\n" : "/modules/tcl\n")
                        + lines
                        + "\n");
        run("chmod", "644", script.toString());
        String program = shell.equals("csh") ? "tcsh" : shell;
        List<String> argv = new ArrayList<>();
        Optional<String> home = Optional.empty();
        if (isRoot()) {
            argv.addAll(List.of("runuser", "-u", user, "--"));
            home = Optional.of("/home/" + user);
        }
        argv.addAll(List.of(program, script.toString()));
        Command command = Command.of(argv).with("TERM", "dumb");
        for (Map.Entry<String, String> entry : System.getenv().entrySet()) {
            if (entry.getKey().startsWith("LMOD") || entry.getKey().startsWith("MODULE")) {
                command = command.without(entry.getKey());
            }
        }
        if (home.isPresent()) {
            command = command.with("HOME", home.get()).in(Path.of(home.get()));
        }
        return command.run();
    }

    static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    static Command.Result run(String... words) {
        return Command.of(words).run().orProblem("cannot prepare the test", "see above");
    }

    private static String busybox() {
        for (String directory : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(directory, "busybox"))) {
                return directory + "/busybox";
            }
        }
        throw new IllegalStateException("no busybox");
    }
}
