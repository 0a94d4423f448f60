// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The daemons of a resource manager, which a script of `setup` has started in a directory of their
/// own. They end with this object, and with this process should that be killed.
final class Daemons implements AutoCloseable {

    private final Path directory;
    private final Process script;
    private final BufferedReader answers;
    private final PrintWriter orders;
    private final Map<String, String> environment = new LinkedHashMap<>();

    private Daemons(Path directory, Process script) {
        this.directory = directory;
        this.script = script;
        this.answers = script.inputReader(StandardCharsets.UTF_8);
        this.orders = new PrintWriter(script.outputWriter(StandardCharsets.UTF_8), true);
    }

    /// Skips the test when not root.
    ///
    /// @param name of the script, `slurm`
    static Daemons start(String name, String... arguments) throws IOException {
        Needs.that(
                "root".equals(System.getProperty("user.name")),
                "root",
                "a resource manager starts jobs as other users, which takes root");
        Path directory =
                Files.createTempDirectory(
                        Path.of("/tmp"),
                        "amphora-" + name + ".",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwxr-xr-x")));
        List<String> command = new ArrayList<>(List.of("setup/" + name, directory.toString()));
        command.addAll(List.of(arguments));
        Daemons daemons =
                new Daemons(
                        directory,
                        new ProcessBuilder(command)
                                .redirectError(ProcessBuilder.Redirect.INHERIT)
                                .start());
        String answer = daemons.answers.readLine();
        if (answer == null || !answer.startsWith("ready ")) {
            daemons.close();
            throw new IllegalStateException("setup/" + name + " said: " + answer);
        }
        for (String variable : answer.substring("ready ".length()).split(" ")) {
            String[] pair = variable.split("=", 2);
            daemons.environment.put(pair[0], pair[1]);
        }
        return daemons;
    }

    Map<String, String> environment() {
        return Map.copyOf(environment);
    }

    Path directory() {
        return directory;
    }

    /// Ends a daemon in good order.
    void stop(String daemon) throws IOException {
        order("stop " + daemon);
    }

    /// Kills a daemon without notice.
    void kill(String daemon) throws IOException {
        order("kill " + daemon);
    }

    /// Starts one again that has ended.
    void restart(String daemon) throws IOException {
        order("start " + daemon);
    }

    private void order(String line) throws IOException {
        orders.println(line);
        String answer = answers.readLine();
        if (!"done".equals(answer)) {
            throw new IllegalStateException(
                    "to '" + line + "' the daemons' script said: " + answer);
        }
    }

    @Override
    public void close() throws IOException {
        orders.close();
        try {
            if (!script.waitFor(30, TimeUnit.SECONDS)) {
                script.destroy();
            }
        } catch (InterruptedException e) {
            script.destroy();
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
