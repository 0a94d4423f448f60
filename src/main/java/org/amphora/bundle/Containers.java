// SPDX-License-Identifier: Apache-2.0
package org.amphora.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.amphora.bundle.Container.Status;
import org.amphora.launch.LaunchPlan;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The containers of one user, for a manager that creates, starts, watches, kills and deletes them
/// by id (runtime-spec v1.2.0, `runtime.md#operations`). There is no process beside a container's
/// own: a directory for each says which process it is.
public final class Containers {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String STATE = "state.json";

    /// A plan has the environment, with whatever secrets are in it.
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    /// Of a created container.
    private static final String PLAN = "plan";

    /// A pipe while a created container waits to be started.
    private static final String GATE = "start";

    /// Waits at the gate and becomes the starter.
    private static final String WAITER = "read -r _ <\"$1\" && exec \"$2\" \"$3\"";

    private final Path root;

    /// @param root where their directories are; made when needed
    public Containers(Path root) {
        this.root = root.toAbsolutePath();
    }

    /// Those of the caller, in a directory of `/tmp`: it must be the same one for a task and for
    /// those who ask about it later, in whatever environment.
    public static Containers ofCaller() {
        try {
            Object caller = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return new Containers(Path.of("/tmp", "amphora-oci-" + caller));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// The plan of a container that the calling process becomes, and a note of it under the id. One
    /// that has ended gives its id away.
    ///
    /// @param pid of the process that will obey the plan
    /// @throws Problem when the id is taken, or the bundle cannot be started
    public LaunchPlan run(String id, Path bundle, long pid) {
        Bundle read = Bundle.read(bundle);
        if (Files.exists(directory(id)) && status(id) == Status.STOPPED) {
            delete(id, false);
        }
        make(id);
        write(Container.of(id, read, pid));
        return read.plan();
    }

    /// Makes a container whose process waits for {@link #start}, with the standard descriptors of
    /// this one.
    ///
    /// @param starter path of `amphora-start`
    /// @throws Problem when the id is taken, or the bundle cannot be started
    public Container create(String id, Path bundle, Path starter) {
        Bundle read = Bundle.read(bundle);
        if (read.terminal()) {
            throw new Problem(
                    "cannot create container " + id,
                    "its process.terminal is true, and nobody waits for a terminal",
                    "set it to false in " + read.directory().resolve("config.json"));
        }
        Path directory = make(id);
        Path plan = directory.resolve(PLAN);
        try (OutputStream out = Files.newOutputStream(plan)) {
            read.plan().writeTo(out);
        } catch (IOException e) {
            throw failed("cannot create container " + id, e);
        }
        Path gate = directory.resolve(GATE);
        Command.of("mkfifo", "-m", "600", gate.toString())
                .run()
                .orProblem("cannot create container " + id, "look at " + root);
        try {
            Process process =
                    new ProcessBuilder(
                                    "sh",
                                    "-c",
                                    WAITER,
                                    "amphora-container",
                                    gate.toString(),
                                    starter.toString(),
                                    plan.toString())
                            .inheritIO()
                            .start();
            Container container = Container.of(id, read, process.pid());
            write(container);
            return container;
        } catch (IOException e) {
            throw failed("cannot create container " + id, e);
        }
    }

    /// Lets a created container go.
    public void start(String id) {
        if (status(id) != Status.CREATED) {
            throw unfit("cannot start container " + id, status(id));
        }
        Path gate = directory(id).resolve(GATE);
        try {
            Files.writeString(gate, "\n");
            Files.delete(gate);
        } catch (IOException e) {
            throw failed("cannot start container " + id, e);
        }
    }

    /// What `state` prints. One that was run and has ended is forgotten with that, as nobody was
    /// there to do so at its end; Slurm 22.05 asks and then deletes such a container no more.
    public SequencedMap<String, Object> state(String id) {
        Status status = status(id);
        SequencedMap<String, Object> state = read(id).state(status);
        if (status == Status.STOPPED && !Files.exists(directory(id).resolve(PLAN))) {
            delete(id, false);
        }
        return state;
    }

    /// Sends a signal to a container's process.
    ///
    /// @param signal a name or number, as kill(1) takes it
    public void kill(String id, String signal) {
        Container container = read(id);
        if (!container.isAlive()) {
            throw unfit("cannot kill container " + id, Status.STOPPED);
        }
        Command.of("kill", "-s", signal, "--", Long.toString(container.pid()))
                .run()
                .orProblem("cannot kill container " + id, "amphora oci state " + id);
    }

    /// Forgets a container.
    ///
    /// @param force kills it first, and takes one that does not exist as deleted
    public void delete(String id, boolean force) {
        if (force && !Files.exists(directory(id))) {
            return;
        }
        boolean known = Files.exists(directory(id).resolve(STATE)) || !force;
        Status status = known ? status(id) : Status.STOPPED;
        if (status != Status.STOPPED && !force) {
            throw unfit("cannot delete container " + id, status);
        }
        if (status != Status.STOPPED) {
            kill(id, "KILL");
        }
        try (Stream<Path> files = Files.walk(directory(id))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw failed("cannot delete container " + id, e);
        }
    }

    private Status status(String id) {
        if (!read(id).isAlive()) {
            return Status.STOPPED;
        }
        return Files.exists(directory(id).resolve(GATE)) ? Status.CREATED : Status.RUNNING;
    }

    private Path directory(String id) {
        boolean good = !id.isEmpty() && !id.startsWith(".");
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            good &= c < 128 && (Character.isLetterOrDigit(c) || "._+-@".indexOf(c) >= 0);
        }
        if (!good) {
            throw new Problem(
                    "cannot use container id " + id,
                    "an id has letters, digits and ._+-@ only, and no dot at its beginning",
                    "choose another one");
        }
        return root.resolve(id);
    }

    private Path make(String id) {
        Path directory = directory(id);
        if (Files.exists(directory)) {
            throw new Problem(
                    "cannot make container " + id,
                    "there is one with that id in " + root,
                    "amphora oci delete --force " + id);
        }
        try {
            Files.createDirectories(root, PRIVATE);
            checkOwner(id, root);
            Files.createDirectory(directory, PRIVATE);
            return directory;
        } catch (IOException e) {
            throw failed("cannot make container " + id, e);
        }
    }

    private void write(Container container) {
        try {
            Files.write(
                    directory(container.id()).resolve(STATE),
                    JSON.writeValueAsBytes(container.row()));
        } catch (IOException e) {
            throw failed("cannot make container " + container.id(), e);
        }
    }

    private Container read(String id) {
        Path file = directory(id).resolve(STATE);
        try {
            checkOwner(id, file);
            return Container.parse(JSON.readTree(Files.readAllBytes(file)));
        } catch (IOException | JacksonException e) {
            throw new Problem(
                    "cannot find container " + id,
                    Optional.ofNullable(e.getMessage()).orElse("no state"),
                    "ls " + root,
                    e);
        }
    }

    /// What somebody else keeps would let him choose which processes the caller kills or starts.
    private static void checkOwner(String id, Path file) throws IOException {
        Object owner = Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        Object caller = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        if (!owner.equals(caller)) {
            throw new Problem(
                    "cannot use container " + id,
                    file + " belongs to uid " + owner + ", you are " + caller,
                    "ask as its owner (runuser -u USER), or name another --root");
        }
    }

    private Problem unfit(String what, Status status) {
        return new Problem(
                what,
                "it is " + status.name().toLowerCase(java.util.Locale.ROOT),
                "amphora oci state ID shows it");
    }

    private Problem failed(String what, IOException e) {
        return new Problem(
                what, String.valueOf(e.getMessage()), "check space and rights of " + root, e);
    }
}
