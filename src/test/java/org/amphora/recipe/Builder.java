// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.process.Command;

/// Runs builds as ordinary users, in a folder that they can read: a checkout may lie in a home
/// directory that is closed to them.
final class Builder {

    /// What a recipe needs to run a shell script, from this machine.
    static final String SHELL =
            """
            Bootstrap: scratch
            %files
                /bin/dash /bin/sh
                /usr/bin/cat
                /usr/bin/sleep
                /usr/bin/chown
                /usr/bin/touch
            """
                    + libraries();

    private final Path folder;

    /// @param folder empty
    Builder(Path folder) throws IOException {
        Needs.program("make");
        Needs.program("runuser");
        this.folder = folder;
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Command.of("make", "-s", "-C", "starter", "OUT=" + folder, "all")
                .run()
                .orProblem("cannot compile the starter", "install a C compiler");
        Path classes = Files.createDirectory(folder.resolve("classes"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                Command.of("cp", "-r", path + "/.", classes.toString())
                        .run()
                        .orProblem("cannot copy " + path, "-");
            } else if (entry.contains("aircompressor") || entry.contains("jackson")) {
                Files.copy(
                        path,
                        folder.resolve(path.getFileName()),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /// A user of this machine, of those that `setup/test-users` makes or that are known by the
    /// short name; the test is skipped without it.
    ///
    /// @param name `alice` with subordinate ids, `bob` without
    static String user(String name) {
        Needs.that(
                ProcessHandle.current().info().user().orElse("").equals("root"),
                "users",
                "only root can run tests as other users");
        Optional<String> found =
                Stream.of("amphora-" + name, name)
                        .filter(u -> Command.of("id", u).run().isSuccess())
                        .findFirst();
        Needs.that(found.isPresent(), "users", "no user " + name + ": run setup/test-users");
        return found.orElseThrow();
    }

    /// An empty folder of a user.
    Path home(String user) throws IOException {
        Path home = folder.resolve(user);
        if (!Files.exists(home)) {
            Files.createDirectory(home);
            Command.of("chown", user + ":", home.toString()).run().orProblem("chown", "-");
        }
        return home;
    }

    /// The temporary directory of a user's builds.
    Path temporary(String user) throws IOException {
        return home(user).resolve("tmp");
    }

    Path write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return file;
    }

    Path starter() {
        return folder.resolve("amphora-start");
    }

    /// The build of a recipe beside which the working directory is.
    Command build(String user, Path recipe, Path output, String... options) throws IOException {
        List<String> line =
                new ArrayList<>(
                        List.of(
                                "runuser",
                                "-u",
                                user,
                                "--",
                                System.getProperty("java.home") + "/bin/java",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                folder.resolve("classes") + ":" + folder + "/*",
                                "org.amphora.recipe.BuildProgram",
                                starter().toString(),
                                recipe.toString(),
                                output.toString()));
        line.addAll(List.of(options));
        return Command.of(line)
                .with("HOME", home(user).toString())
                .with("AMPHORA_TMPDIR", temporary(user).toString())
                .in(folder);
    }

    /// The `%files` lines of what the dynamic linker needs for programs that use libc alone.
    private static String libraries() {
        StringBuilder lines = new StringBuilder();
        for (String line : Command.of("ldd", "/bin/dash").run().output().lines().toList()) {
            for (String word : line.strip().split("\\s+")) {
                if (word.startsWith("/")) {
                    lines.append("    ").append(word).append('\n');
                }
            }
        }
        return lines.toString();
    }
}
