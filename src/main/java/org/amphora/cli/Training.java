// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.amphora.problem.Problem;
import org.amphora.records.Location;
import org.amphora.records.Records;
import org.postgresql.Driver;

/// Runs the usual commands but launches in one JVM, so that the start-up cache made from that run
/// holds their classes. Used by `setup/train` when an installation is laid out, and by nobody else.
final class Training {

    /// Those that compute; `@` is the working directory.
    private static final String LONG =
            """
            build @/image.sif @/tree
            build @/built.sif oci:@/layout:latest
            pull --no-https oci:@/copy REGISTRY
            pull --no-https --force @/pulled.sif REGISTRY
            cache list
            """;

    /// All others, on what those have left.
    private static final String SHORT =
            """
            inspect @/pulled.sif
            inspect --json --all @/pulled.sif
            inspect --facts @/pulled.sif
            inspect --facts --json @/pulled.sif
            check --for srun @/pulled.sif
            check --json @/pulled.sif sh
            check --all @/image.sif
            host
            host --json
            doctor
            sif list @/image.sif
            sif list --json @/image.sif
            --help
            """;

    /// Those about a site.
    private static final String SITE =
            """
            site init @/site
            app add --site @/site a/1 --image @/image.sif --command sh
            lint --site @/site
            promote --site @/site a/1
            deploy --site @/site
            deploy --site @/site
            list --site @/site
            search --site @/site a
            show --site @/site --json a
            log --site @/site a
            """;

    /// Those about jobs.
    private static final String JOBS =
            """
            submit --manager slurm -o /dev/null @/image.sif -- true
            submit --dry-run --manager slurm -n 2 --mpi pmix @/image.sif -- true
            jobs --json
            """;

    /// Launches that look at the node.
    private static final String NODE =
            """
            plan --gpu=auto --mpi=hybrid @/image.sif true
            plan --mpi=bind @/image.sif true
            """;

    /// Lines that need no parser.
    private static final String PLAIN =
            """
            host
            inspect --facts @/image.sif
            version
            list
            search a
            """;

    /// Commands about records. Without a server there is only the one database; of the driver of
    /// the other the classes are loaded.
    private static final String RECORDS =
            """
            records import --site @/site --syslog @/launches
            usage --site @/site
            usage --site @/site --json --since 30d
            impact --site @/site a/1
            audit verify --site @/site
            """;

    /// Nothing listens on the port tcpmux.
    private static final String NO_SERVER = "jdbc:postgresql://127.0.0.1:1/none";

    private static final String DRIVER =
            "org/postgresql/(core|geometric|gss|jdbc|plugin|util|copy|hostchooser|shaded)/.*";

    private Training() {}

    /// Runs them all.
    ///
    /// @param arguments the profile of the launcher, and a directory to work in: an empty one for
    ///     `long`, the same for the others after it
    public static void main(String[] arguments) throws IOException {
        Path work = Path.of(arguments[1]);
        PrintStream out = System.out;
        System.setOut(
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        switch (arguments[0]) {
            case "short" -> run(SHORT, work);
            case "site" -> run(SITE, work);
            case "jobs" -> run(JOBS, work);
            case "node" -> run(NODE, work);
            case "plain" -> run(PLAIN, work);
            case "records" -> {
                Files.writeString(
                        work.resolve("launches"),
                        "{\"id\":\"n1-1-1\",\"time\":\"2026-11-24T09:23:12.960Z\",\"uid\":0,\"node\":\"n1\","
                                + "\"application\":\"a/1\",\"command\":\"sh\"}\n");
                run(RECORDS, work);
                loadDriver();
            }
            default -> {
                makeTree(work.resolve("tree"));
                try (TrainingImage image = new TrainingImage(work.resolve("layout"))) {
                    run(LONG.replace("REGISTRY", image.registryReference()), work);
                }
            }
        }
        System.setOut(out);
    }

    /// With this machine's shell and C library, so that there is something to read in them.
    private static void makeTree(Path tree) throws IOException {
        Path environment = Files.createDirectories(tree.resolve(".singularity.d/env"));
        Files.writeString(
                environment.resolve("10-docker2singularity.sh"),
                "#!/bin/sh\nexport LANG=\"${LANG:-\"C.UTF-8\"}\"\n",
                StandardCharsets.UTF_8);
        Files.createDirectories(tree.resolve("bin"));
        Files.copy(Path.of("/bin/sh"), tree.resolve("bin/sh"));
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            int start = line.indexOf('/');
            String path = start < 0 ? "" : line.substring(start);
            Path copy = tree.resolve(path.isEmpty() ? "bin/sh" : path.substring(1));
            if (path.contains("linux-gnu/") && path.contains(".so") && !Files.exists(copy)) {
                Files.createDirectories(tree.resolve(path.substring(1, path.lastIndexOf('/'))));
                Files.copy(Path.of(path), copy);
            }
        }
    }

    /// Asks where no server is, and loads what an answer would have needed.
    private static void loadDriver() throws IOException {
        try {
            Records.open(new Location.Server(NO_SERVER, Optional.empty()), Clock.systemUTC())
                    .close();
        } catch (Problem e) {
            // As it must be.
        }
        String path = Driver.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        List<String> names;
        try (JarFile jar = new JarFile(path)) {
            names = jar.stream().map(JarEntry::getName).filter(n -> n.matches(DRIVER)).toList();
        }
        names.stream()
                .filter(name -> name.endsWith(".class"))
                .map(name -> name.substring(0, name.length() - 6).replace('/', '.'))
                .forEach(Training::load);
    }

    private static void load(String className) {
        try {
            var _ = Class.forName(className, false, Driver.class.getClassLoader());
        } catch (ClassNotFoundException | NoClassDefFoundError e) {
            // It needs a library that we do not have, nor use.
            return;
        }
    }

    private static void run(String commands, Path work) {
        for (String command : commands.replace("@", work.toString()).lines().toList()) {
            int status = Main.run(command.split(" "));
            // What is found on the machine that builds is no failure.
            if (status != 0 && !isAboutTheNode(command)) {
                System.err.println("training: status " + status + " from " + command);
            }
        }
    }

    private static boolean isAboutTheNode(String command) {
        return command.startsWith("check ")
                || command.equals("doctor")
                || command.startsWith("plan --mpi=bind ");
    }
}
