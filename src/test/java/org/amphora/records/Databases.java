// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.amphora.Needs;
import org.amphora.process.Command;

/// Empty databases of both kinds: files of SQLite, and schemas of a private PostgreSQL server that
/// `setup/postgres` starts.
final class Databases implements AutoCloseable {

    enum Kind {
        SQLITE,
        POSTGRESQL
    }

    private final Path folder;
    private Optional<Process> server = Optional.empty();
    private Optional<BufferedReader> answers = Optional.empty();
    private String port = "";
    private int made;

    Databases() {
        try {
            folder =
                    Files.createTempDirectory(
                            Path.of("/tmp"),
                            "amphora-records-it-",
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rwxr-xr-x")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path folder() {
        return folder;
    }

    /// A new one.
    Location make(Kind kind) throws IOException {
        made++;
        if (kind == Kind.SQLITE) {
            return Location.parse("records-" + made + ".db", folder, Optional.empty());
        }
        startServer();
        try (Database database = Database.open(server("public"))) {
            database.update("CREATE SCHEMA records" + made);
        }
        return server("records" + made);
    }

    /// Starts a program of the tests as a process of its own.
    ///
    /// @param arguments come after those that {@link #location} understands
    static Process start(Class<?> program, Location location, String... arguments)
            throws IOException {
        List<String> argv =
                new ArrayList<>(
                        List.of(
                                System.getProperty("java.home") + "/bin/java",
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                program.getName()));
        switch (location) {
            case Location.File(Path path) -> argv.addAll(List.of(path.toString(), ""));
            case Location.Server(String url, Optional<Path> passwordFile) ->
                    argv.addAll(List.of(url, passwordFile.orElseThrow().toString()));
        }
        argv.addAll(List.of(arguments));
        return new ProcessBuilder(argv).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    /// What the first two arguments of such a program say.
    static Location location(String[] arguments) {
        return Location.parse(
                arguments[0],
                Path.of(""),
                Optional.of(arguments[1]).filter(file -> !file.isEmpty()).map(Path::of));
    }

    /// Kills the server as a failing machine would, and starts it again.
    void killServer() throws IOException {
        server.orElseThrow().getOutputStream().write('\n');
        server.orElseThrow().getOutputStream().flush();
        readPort();
    }

    @Override
    public void close() throws IOException {
        if (server.isPresent()) {
            server.get().getOutputStream().close();
            try {
                if (!server.get().waitFor(20, TimeUnit.SECONDS)) {
                    server.get().destroy();
                }
            } catch (InterruptedException e) {
                server.get().destroy();
                Thread.currentThread().interrupt();
            }
        }
        Command.of("rm", "-rf", folder.toString()).run();
    }

    private Location server(String schema) {
        return Location.parse(
                "jdbc:postgresql://127.0.0.1:"
                        + port
                        + "/amphora?user=amphora&currentSchema="
                        + schema,
                folder,
                Optional.of(folder.resolve("server/password")));
    }

    private void startServer() throws IOException {
        if (server.isPresent()) {
            return;
        }
        Needs.that(
                new File("/usr/lib/postgresql").isDirectory(),
                "postgresql",
                "no PostgreSQL in /usr/lib/postgresql");
        Process process =
                new ProcessBuilder("setup/postgres", folder.resolve("server").toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        server = Optional.of(process);
        answers = Optional.of(process.inputReader(StandardCharsets.UTF_8));
        readPort();
    }

    private void readPort() throws IOException {
        String answer = answers.orElseThrow().readLine();
        if (answer == null || !answer.startsWith("ready ")) {
            throw new IllegalStateException("setup/postgres said: " + answer);
        }
        port = answer.split(" ")[1];
    }
}
