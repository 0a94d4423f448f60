// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Which host paths the container sees, as Apptainer decides it
/// (`internal/pkg/runtime/engine/apptainer/container_linux.go`). The user's binds come last, so
/// that they lie over the default mounts.
final class Mounts {
    private static final String[] DEVICES = {"null", "zero", "full", "random", "urandom", "tty"};
    private static final List<String> NO_WORKING_DIRECTORY =
            List.of("/", "/etc", "/bin", "/mnt", "/usr", "/var", "/opt", "/sbin", "/lib", "/lib64");
    private static final List<String> SKIPPABLE =
            List.of("proc", "sys", "dev", "devpts", "home", "tmp", "hostfs", "cwd", "bind-paths");

    private final LaunchArguments arguments;
    private final Caller caller;
    private final Messages messages;
    private final boolean contained;
    private final List<String> skipped = new ArrayList<>();
    private final List<Bind> binds = new ArrayList<>();

    /// Source by destination of what was bound, to see whether a host path is visible inside; the
    /// empty source stands for something else than the host's file.
    private final Map<String, String> visible = new LinkedHashMap<>();

    private String homeSource;
    private String home;

    /// Reads the options; nothing is looked up on disk yet but the sources of binds. A source of
    /// `--home` that does not exist is made, as by Apptainer.
    ///
    /// @throws Problem for a bind that cannot be
    Mounts(LaunchArguments arguments, Caller caller, Messages messages) {
        this.arguments = arguments;
        this.caller = caller;
        this.messages = messages;
        this.contained =
                arguments.has(LaunchOption.CONTAIN)
                        || arguments.has(LaunchOption.CONTAINALL)
                        || arguments.has(LaunchOption.COMPAT);
        this.homeSource = caller.home();
        this.home = arguments.has(LaunchOption.FAKEROOT) ? "/root" : caller.home();
        readHome();
        readSkipped();
        readBinds();
    }

    /// The home directory in the container.
    String home() {
        return home;
    }

    List<Bind> binds() {
        return binds;
    }

    /// Where the application starts: the first of these that it can enter.
    List<String> workingDirectories() {
        String asked = arguments.value(LaunchOption.PWD);
        if (asked != null) {
            return List.of(asked);
        }
        if (contained) {
            return List.of(home, "-");
        }
        return caller.directory().equals(caller.physicalDirectory())
                ? List.of(caller.directory(), "-")
                : List.of(caller.directory(), caller.physicalDirectory(), "-");
    }

    /// Adds all mount directives.
    ///
    /// @param node what comes from this node beside; its devices are needed with a small `/dev`
    /// only
    void addTo(LaunchPlan plan, NodeParts node) {
        addKernel(plan, node);
        addTemporary(plan);
        addHostFiles(plan);
        addHome(plan);
        addScratch(plan);
        for (Bind bind : node.files()) {
            plan.add("bind", bind.source(), bind.destination(), "ro,optional");
        }
        for (Bind bind : binds) {
            plan.add(
                    "bind",
                    bind.source(),
                    bind.destination(),
                    (bind.readOnly() ? "ro,rec" : "rw,rec")
                            + (caller.isAnyone() ? ",optional" : ""));
            visible.put(bind.destination(), bind.source());
        }
        addWorkingDirectory(plan);
    }

    private void readHome() {
        String asked = arguments.value(LaunchOption.HOME);
        if (asked == null) {
            return;
        }
        int colon = asked.indexOf(':');
        if (colon >= 0 && asked.indexOf(':', colon + 1) >= 0) {
            throw new Problem(
                    "cannot use " + Bytes.text(asked) + " as the home directory",
                    "it has more than two fields",
                    "write --home SOURCE[:DESTINATION]");
        }
        homeSource =
                Bind.absolute(colon < 0 ? asked : asked.substring(0, colon), caller.directory());
        home = colon < 0 ? homeSource : asked.substring(colon + 1);
        if (!home.startsWith("/")) {
            throw new Problem(
                    "cannot use " + Bytes.text(asked) + " as the home directory",
                    "the destination is not an absolute path: " + Bytes.text(home),
                    "write --home SOURCE:/absolute/path");
        }
        home = Bind.clean(home);
        File source = Bytes.file(homeSource);
        if (!source.exists() && !source.mkdirs()) {
            throw new Problem(
                    "cannot use " + Bytes.text(asked) + " as the home directory",
                    Bytes.text(homeSource) + " does not exist and cannot be made",
                    "choose a directory that you may write to");
        }
    }

    private void readSkipped() {
        for (String item : arguments.items(LaunchOption.NO_MOUNT)) {
            if (SKIPPABLE.contains(item) || item.startsWith("/")) {
                skipped.add(item);
            } else if (!item.isEmpty()) {
                messages.warning("--no-mount does not know " + item);
            }
        }
    }

    private void readBinds() {
        List<Bind> asked = new ArrayList<>();
        for (String value : arguments.values(LaunchOption.BIND)) {
            asked.addAll(Bind.parseBinds(value, caller.directory()));
        }
        for (String value : arguments.values(LaunchOption.MOUNT)) {
            asked.add(Bind.parseMount(value, caller.directory()));
        }
        for (Bind bind : asked) {
            if (!caller.isAnyone() && !Bytes.file(bind.source()).exists()) {
                throw missingSource(bind.source(), bind.destination());
            }
            if (isBindDestination(bind.destination())) {
                messages.warning(
                        bind.destination()
                                + " is bound already, "
                                + bind.source()
                                + " is left out");
            } else {
                binds.add(bind);
            }
        }
    }

    private static Problem missingSource(String source, String destination) {
        String path = Bytes.text(source);
        return new Problem(
                "cannot bind " + path + " to " + Bytes.text(destination),
                "mount source " + path + " doesn't exist",
                "ls -ld " + path);
    }

    private boolean isBindDestination(String destination) {
        for (Bind bind : binds) {
            if (bind.destination().equals(destination)) {
                return true;
            }
        }
        return false;
    }

    private void addKernel(LaunchPlan plan, NodeParts node) {
        if (!skips("dev")) {
            if (contained) {
                addSmallDevices(plan, node);
            } else {
                plan.add("bind", "/dev", "/dev", "rw,rec,dev");
                visible.put("/dev", "/dev");
            }
        }
        if (!skips("proc")) {
            boolean own =
                    (arguments.has(LaunchOption.PID)
                                    || arguments.has(LaunchOption.CONTAINALL)
                                    || arguments.has(LaunchOption.COMPAT))
                            && !arguments.has(LaunchOption.NO_PID);
            if (own) {
                plan.add("proc", "/proc");
            } else {
                plan.add("bind", "/proc", "/proc", "rw,rec");
            }
        }
        if (!skips("sys")) {
            plan.add("bind", "/sys", "/sys", "rw,rec");
        }
    }

    private void addSmallDevices(LaunchPlan plan, NodeParts node) {
        plan.add("tmpfs", "/dev", "0755", "-");
        for (String device : DEVICES) {
            plan.add("bind", "/dev/" + device, "/dev/" + device, "rw,dev,optional");
        }
        if (!skips("devpts")) {
            plan.add("devpts", "/dev/pts");
            plan.add("symlink", "pts/ptmx", "/dev/ptmx");
        }
        plan.add("tmpfs", "/dev/shm", "1777", "-");
        if (arguments.has(LaunchOption.IPC)
                || arguments.has(LaunchOption.CONTAINALL)
                || arguments.has(LaunchOption.COMPAT)) {
            plan.add("mqueue", "/dev/mqueue");
        }
        plan.add("symlink", "/proc/self/fd", "/dev/fd");
        plan.add("symlink", "/proc/self/fd/0", "/dev/stdin");
        plan.add("symlink", "/proc/self/fd/1", "/dev/stdout");
        plan.add("symlink", "/proc/self/fd/2", "/dev/stderr");
        for (String device : node.devices()) {
            plan.add("bind", device, device, "rw,rec,dev,optional");
        }
    }

    private void addTemporary(LaunchPlan plan) {
        if (skips("tmp")) {
            return;
        }
        addTemporary(plan, "/tmp", "tmp");
        addTemporary(plan, "/var/tmp", "var_tmp");
    }

    private void addTemporary(LaunchPlan plan, String path, String inWorkDirectory) {
        if (isBindDestination(path) || skipped.contains(path)) {
            return;
        }
        if (!contained) {
            plan.add("bind", path, path, "rw,rec,optional");
            visible.put(path, path);
            return;
        }
        String kept = inWorkDirectory(inWorkDirectory);
        if (kept != null) {
            plan.add("bind", kept, path, "rw,rec");
        } else {
            plan.add("tmpfs", path, "1777", "-");
        }
        visible.put(path, "");
    }

    /// The folder of `--workdir` for one of the mounts, made if needed; `null` without the option.
    private @Nullable String inWorkDirectory(String name) {
        String directory = arguments.value(LaunchOption.WORKDIR);
        if (directory == null) {
            return null;
        }
        String absolute = Bind.absolute(directory, caller.directory());
        File work = Bytes.file(absolute);
        if (!work.isDirectory()) {
            throw new Problem(
                    "cannot use --workdir " + Bytes.text(directory),
                    "the directory does not exist",
                    "mkdir -p " + Bytes.text(absolute));
        }
        File made = Bytes.file(absolute + "/" + name);
        if (!made.isDirectory() && !made.mkdirs() && !made.isDirectory()) {
            throw new Problem(
                    "cannot use --workdir " + Bytes.text(directory),
                    made + " cannot be made",
                    "choose a directory that you may write to");
        }
        return absolute + "/" + name;
    }

    private void addHostFiles(LaunchPlan plan) {
        addHostFile(plan, "/etc/hosts");
        addHostFile(plan, "/etc/localtime");
        if (!isBindDestination("/etc/resolv.conf")) {
            List<String> servers = arguments.items(LaunchOption.DNS);
            if (servers.isEmpty()) {
                plan.add("copy", "/etc/resolv.conf", "/etc/resolv.conf");
            } else {
                StringBuilder text = new StringBuilder();
                for (String server : servers) {
                    text.append("nameserver ").append(server).append('\n');
                }
                plan.add("write", "/etc/resolv.conf", "0644", text.toString());
            }
        }
        plan.add("accounts", home, "-");
    }

    private void addHostFile(LaunchPlan plan, String path) {
        if (!isBindDestination(path) && !skips("bind-paths") && !skipped.contains(path)) {
            plan.add("bind", path, path, "ro,optional");
        }
    }

    private void addHome(LaunchPlan plan) {
        if (arguments.has(LaunchOption.NO_HOME) || skips("home") || isBindDestination(home)) {
            return;
        }
        if (home.equals("/")) {
            messages.warning("the home directory is /, it is not mounted");
            return;
        }
        boolean asked = arguments.value(LaunchOption.HOME) != null;
        String kept = contained && !asked ? inWorkDirectory("home") : null;
        if (kept != null) {
            plan.add("bind", kept, home, "rw,rec");
            visible.put(home, "");
        } else if (contained && !asked) {
            plan.add("tmpfs", home, "0755", "-");
            visible.put(home, "");
        } else if (caller.isAnyone()) {
            plan.add("bind", homeSource, home, "rw,rec,optional");
        } else if (Bytes.file(homeSource).isDirectory()) {
            plan.add("bind", homeSource, home, "rw,rec");
            visible.put(home, homeSource);
        } else {
            messages.verbose("the home directory " + homeSource + " does not exist");
        }
    }

    private void addScratch(LaunchPlan plan) {
        for (String path : arguments.items(LaunchOption.SCRATCH)) {
            if (!path.startsWith("/")) {
                throw new Problem(
                        "cannot make scratch space at " + Bytes.text(path),
                        "it is not an absolute path",
                        "write --scratch /absolute/path");
            }
            String destination = Bind.clean(path);
            String kept = inWorkDirectory("scratch" + destination);
            if (kept != null) {
                plan.add("bind", kept, destination, "rw,rec");
            } else {
                plan.add("tmpfs", destination, "1777", "-");
            }
            visible.put(destination, "");
        }
    }

    /// Whether the application starts where its caller is, whoever that will be.
    boolean startsHere() {
        return caller.isAnyone() && !contained && arguments.value(LaunchOption.PWD) == null;
    }

    private void addWorkingDirectory(LaunchPlan plan) {
        if (caller.isAnyone()) {
            if (startsHere()) {
                plan.add("here");
            }
            return;
        }
        String path = caller.physicalDirectory();
        if (contained
                || skips("cwd")
                || NO_WORKING_DIRECTORY.contains(path)
                || isUnder(path, "/sys")
                || isUnder(path, "/proc")
                || isUnder(path, "/dev")
                || isVisible(path)) {
            return;
        }
        plan.add("bind", path, path, "rw,rec,optional");
    }

    /// Whether a host path is the same file inside, through the deepest mount above it.
    boolean isVisible(String path) {
        String deepest = "";
        String source = "";
        for (Map.Entry<String, String> mount : visible.entrySet()) {
            if (isUnder(path, mount.getKey()) && mount.getKey().length() >= deepest.length()) {
                deepest = mount.getKey();
                source = mount.getValue();
            }
        }
        return !source.isEmpty() && (source + path.substring(deepest.length())).equals(path);
    }

    private static boolean isUnder(String path, String directory) {
        return path.startsWith(directory)
                && (path.length() == directory.length() || path.charAt(directory.length()) == '/');
    }

    private boolean skips(String kind) {
        return skipped.contains(kind) || skipped.contains("/" + kind);
    }
}
