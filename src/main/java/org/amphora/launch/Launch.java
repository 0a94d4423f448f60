// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.image.store.Cache;
import org.amphora.problem.ExitCode;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// From a command line to a launch plan. Planning has no effect but on the facts cache, the cache
/// of converted images, and the folders of `--workdir` and `--home`.
public final class Launch {
    /// The command line asks for help, which the caller prints.
    public static final int HELP = -1;

    private static final String PLAN_DESCRIPTOR = "AMPHORA_PLAN_FD";
    private static final String FUSE_SERVER = "squashfuse_ll";
    private static final String[] TRANSPORTS = {
        "docker:",
        "oras:",
        "library:",
        "shub:",
        "http:",
        "https:",
        "oci:",
        "oci-archive:",
        "docker-archive:",
        "docker-daemon:",
        "instance:"
    };

    private final ImageProvider images;
    private final Caller caller;
    private final Messages messages;
    private final String root;
    private final Shared shared;

    /// What a plan that serves every user and node says beside its command line.
    ///
    /// @param fuseServer path of `squashfuse_ll` on the nodes; looked up on this one when empty
    /// @param fragments plans that it includes on nodes that have them
    /// @param record where launches are recorded, as in `docs/records.md`; nowhere when empty
    /// @param node file name of the fragment with what a node brings, see {@link NodeFragment};
    ///     none when empty
    /// @param copies directory with copies of files of the image, the `copies` of
    ///     `docs/plan-format.md`; none when empty
    /// @param linger for how many seconds the container stays for the next launch; 0 for not
    /// @param application name and version, for the record
    /// @param digest of the image, for the record
    public record Shared(
            String fuseServer,
            List<String> fragments,
            String record,
            String node,
            String copies,
            int linger,
            String application,
            String digest) {
        static final Shared NOT = new Shared("", List.of(), "", "", "", 0, "", "");

        public Shared {
            fragments = List.copyOf(fragments);
        }
    }

    /// A launch for the caller of this process.
    public Launch(ImageProvider images) {
        this(
                images,
                Caller.current(),
                new Messages(new FileOutputStream(FileDescriptor.err)),
                "",
                Shared.NOT);
    }

    /// @param root where the node's own files are looked up; `""` but in tests
    Launch(ImageProvider images, Caller caller, Messages messages, String root, Shared shared) {
        this.images = images;
        this.caller = caller;
        this.messages = messages;
        this.root = root;
        this.shared = shared;
    }

    /// A plan that serves every user: their home and working directories are found when it is
    /// obeyed, and their arguments follow those of the command. Variables of this process have no
    /// influence.
    ///
    /// @param words of a command line, `exec`, its options, the path of an image file, the command
    /// @throws Problem when it cannot be planned
    public static LaunchPlan forAnyone(List<String> words, Shared shared) {
        Messages messages = new Messages(new FileOutputStream(FileDescriptor.err));
        List<String> raw = new ArrayList<>();
        for (String word : words) {
            raw.add(Bytes.raw(word));
        }
        Launch launch = new Launch(new NoImages(), Caller.anyone(shared), messages, "", shared);
        LaunchPlan plan = launch.plan(LaunchArguments.parse(raw, Map.of(), messages));
        if (plan == null) {
            throw new IllegalArgumentException("nothing to start: " + words);
        }
        return plan.add("arguments");
    }

    /// Plans that are kept name a file of the site.
    private static final class NoImages implements ImageProvider {
        @Override
        public Path provide(String reference, List<String> options) {
            throw new IllegalArgumentException("no image file: " + reference);
        }

        @Override
        public Path provideTree(Path image) {
            throw new Problem(
                    "cannot plan the launch of " + image,
                    "there is no " + FUSE_SERVER + " here, or /dev/fuse cannot be used",
                    "install squashfuse, or name its path on the nodes (fuse-server)");
        }
    }

    /// Whether these are the words of a launch: the first that is no option is one of its verbs.
    public static boolean handles(String[] words) {
        return LaunchArguments.VERBS.contains(LaunchArguments.verbOf(words));
    }

    /// Plans the launch of this process's command line and writes the plan: `plan` to standard
    /// output, the other verbs to the descriptor that `AMPHORA_PLAN_FD` names, for the starter.
    ///
    /// @param decoded what `main` was given; the words themselves are taken from the process, byte
    ///     by byte
    /// @return the exit status, or {@link #HELP}; usage errors are printed here
    /// @throws Problem when the launch cannot be planned
    public static int main(String[] decoded, ImageProvider images) {
        return new Launch(images).run(Caller.words(decoded));
    }

    int run(List<String> words) {
        try {
            LaunchArguments arguments =
                    LaunchArguments.parse(words, caller.environment(), messages);
            if (arguments.isHelp()) {
                return HELP;
            }
            LaunchPlan plan = plan(arguments);
            if (plan != null && arguments.verb().equals("plan")) {
                write(plan, new FileOutputStream(FileDescriptor.out));
            } else if (plan != null) {
                handOver(plan, caller.variable(PLAN_DESCRIPTOR));
                Proving.start(arguments, caller);
            }
            return ExitCode.OK.status();
        } catch (UsageError e) {
            messages.error("error: cannot understand the command line");
            messages.error("why:   " + Bytes.text(String.valueOf(e.getMessage())));
            messages.error("fix:   " + Bytes.text(e.advice()));
            return ExitCode.USAGE.status();
        }
    }

    /// The plan; `null` when there is nothing to start.
    @Nullable LaunchPlan plan(LaunchArguments arguments) {
        Mounts mounts = new Mounts(arguments, caller, messages);
        Map<String, String> injected = InjectedVariables.of(arguments, caller, messages);
        String image = image(arguments);
        ImageFacts facts = facts(image);
        checkArchitecture(image, facts);

        boolean literal = has(arguments, LaunchOption.NO_EVAL, LaunchOption.COMPAT);
        String app = text(arguments.value(LaunchOption.APP));
        String verb = verb(arguments);
        List<String> command =
                Action.command(
                        verb,
                        arguments.command(),
                        facts,
                        app,
                        arguments.value(LaunchOption.SHELL),
                        literal,
                        messages);
        if (command == null) {
            return null;
        }
        NodeParts node = NodeParts.of(arguments, caller, messages, root, image);

        LaunchPlan plan = new LaunchPlan();
        addRoot(plan, arguments, image, facts);
        addLayers(plan, arguments, facts, image);
        addNamespaces(plan, arguments);
        mounts.addTo(plan, node);
        node.addTo(plan);
        EnvironmentFilter.addTo(plan, arguments, caller, mounts);
        List<String> before =
                environment(arguments, mounts, image, facts, injected, node, verb, literal)
                        .addTo(plan);
        addShellVariable(plan, verb, command);
        for (String fragment : shared.fragments()) {
            plan.add("include-optional", Bytes.raw(fragment));
        }
        if (!shared.node().isEmpty()) {
            NodeFragment.include(plan, shared.node());
        }
        if (!mounts.startsHere()) {
            plan.add("cwd", mounts.workingDirectories().toArray(new String[0]));
        }
        if (has(arguments, LaunchOption.NO_UMASK, LaunchOption.COMPAT)) {
            plan.add("umask", "0022");
        }
        Recording.addTo(plan, caller, messages, root, image, command, node.files());
        if (before.isEmpty()) {
            return plan.exec(command);
        }
        List<String> whole = new ArrayList<>(before);
        whole.addAll(command);
        return plan.exec(whole);
    }

    /// Gives a plan to the starter that waits for it, and that becomes the application in place of
    /// this process.
    ///
    /// @throws Problem when none waits
    public static void handOver(LaunchPlan plan) {
        handOver(plan, System.getenv().getOrDefault(PLAN_DESCRIPTOR, ""));
    }

    private static void handOver(LaunchPlan plan, String descriptor) {
        if (descriptor.isEmpty()) {
            throw new Problem(
                    "cannot start the container",
                    PLAN_DESCRIPTOR + " is not set: no starter waits for the plan",
                    "use the amphora command, or `amphora plan` and amphora-start");
        }
        try {
            write(plan, new FileOutputStream("/proc/self/fd/" + descriptor));
        } catch (FileNotFoundException e) {
            throw unwritten(e);
        }
    }

    private static void write(LaunchPlan plan, OutputStream out) {
        try (out) {
            plan.writeTo(out);
        } catch (IOException e) {
            throw unwritten(e);
        }
    }

    private static Problem unwritten(IOException e) {
        return new Problem(
                "cannot write the launch plan",
                String.valueOf(e.getMessage()),
                "check where the output goes",
                e);
    }

    private static String verb(LaunchArguments arguments) {
        if (!arguments.verb().equals("plan")) {
            return arguments.verb();
        }
        return arguments.command().isEmpty() ? "run" : "exec";
    }

    private static boolean has(LaunchArguments arguments, LaunchOption first, LaunchOption second) {
        return arguments.has(first) || arguments.has(second);
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }

    /// The absolute path of the image as a byte string.
    private String image(LaunchArguments arguments) {
        String typed = arguments.image();
        if (isReference(typed) && !Bytes.file(absolute(typed)).exists()) {
            List<String> fetching = new ArrayList<>();
            for (LaunchOption option : LaunchOption.values()) {
                String value = arguments.value(option);
                if (option.use() == LaunchOption.Use.FETCHING && value != null) {
                    boolean flag = option.kind() == LaunchOption.Kind.FLAG;
                    if (!flag || arguments.has(option)) {
                        fetching.add(
                                "--" + option.longName() + (flag ? "" : "=" + Bytes.text(value)));
                    }
                }
            }
            Path provided = images.provide(Bytes.text(typed), fetching);
            return Bytes.raw(provided.toAbsolutePath().toString());
        }
        String path = absolute(typed);
        File file = Bytes.file(path);
        if (!file.exists()) {
            throw new Problem(
                    "cannot open image " + Bytes.text(typed),
                    "there is no file " + Bytes.text(path),
                    "give the path of a SIF file or directory, or a reference such as"
                            + " docker://debian:12");
        }
        if (!file.canRead()) {
            throw new Problem(
                    "cannot open image " + Bytes.text(typed),
                    "you may not read it",
                    "ls -ld " + Bytes.text(path));
        }
        return path;
    }

    private String absolute(String path) {
        return Bind.absolute(path, caller.directory());
    }

    private static boolean isReference(String image) {
        for (String transport : TRANSPORTS) {
            if (image.startsWith(transport)) {
                return true;
            }
        }
        return false;
    }

    private ImageFacts facts(String image) {
        try {
            Path cache = Cache.rootOf(caller.environment());
            return new FactsCache(Bytes.file(cache.toString())).facts(image);
        } catch (InvalidPathException e) {
            throw new Problem(
                    "cannot open image " + Bytes.text(image),
                    "the locale cannot express its name or that of the cache",
                    "set LC_ALL=C.UTF-8",
                    e);
        }
    }

    private void checkArchitecture(String image, ImageFacts facts) {
        String host = System.getProperty("os.arch", "");
        host = host.equals("aarch64") ? "arm64" : host;
        if (facts.architecture().isEmpty()
                || facts.architecture().equals(host)
                || facts.architecture().equals("386") && host.equals("amd64")
                || emulates(facts.architecture())) {
            return;
        }
        throw new Problem(
                "cannot run " + Bytes.text(image),
                "it is for " + facts.architecture() + ", this machine is " + host,
                "use an image for " + host + ", or install qemu-user-static with binfmt_misc");
    }

    private boolean emulates(String architecture) {
        String qemu =
                switch (architecture) {
                    case "amd64" -> "x86_64";
                    case "386" -> "i386";
                    case "arm64" -> "aarch64";
                    default -> architecture;
                };
        return new File(root + "/proc/sys/fs/binfmt_misc/qemu-" + qemu).exists();
    }

    private void addRoot(
            LaunchPlan plan, LaunchArguments arguments, String image, ImageFacts facts) {
        if (facts.directory()) {
            plan.add("directory", image);
            return;
        }
        String server = arguments.has(LaunchOption.UNSQUASH) ? null : fuseServer();
        if (server != null) {
            plan.add("squashfs", image, Long.toString(facts.offset()), server);
            if (!shared.copies().isEmpty()) {
                plan.add("copies", Bytes.raw(shared.copies()));
            }
        } else {
            messages.verbose("the image is used unpacked");
            Path tree = images.provideTree(Path.of(Bytes.text(image)));
            plan.add("directory", Bytes.raw(tree.toAbsolutePath().toString()));
        }
    }

    /// The program that serves SquashFS files through FUSE; `null` when this node cannot.
    private @Nullable String fuseServer() {
        if (!shared.fuseServer().isEmpty()) {
            return Bytes.raw(shared.fuseServer());
        }
        File device = new File(root + "/dev/fuse");
        if (!device.canRead() || !device.canWrite()) {
            return null;
        }
        String path = caller.variable("PATH") + ":/usr/bin:/usr/sbin";
        int start = 0;
        while (start <= path.length()) {
            int colon = path.indexOf(':', start);
            int end = colon < 0 ? path.length() : colon;
            String program = path.substring(start, end) + "/" + FUSE_SERVER;
            if (program.startsWith("/") && Bytes.file(root + program).canExecute()) {
                return program;
            }
            start = end + 1;
        }
        return null;
    }

    private void addLayers(
            LaunchPlan plan, LaunchArguments arguments, ImageFacts facts, String image) {
        boolean writable = arguments.has(LaunchOption.WRITABLE);
        boolean inMemory = has(arguments, LaunchOption.WRITABLE_TMPFS, LaunchOption.COMPAT);
        String upper = null;
        for (String overlay : arguments.items(LaunchOption.OVERLAY)) {
            boolean readOnly = overlay.endsWith(":ro");
            String path =
                    readOnly || overlay.endsWith(":rw")
                            ? overlay.substring(0, overlay.length() - 3)
                            : overlay;
            String absolute = absolute(path);
            checkOverlay(path, Bytes.file(absolute));
            if (readOnly) {
                String changes = absolute + "/upper";
                plan.add("layer", Bytes.file(changes).isDirectory() ? changes : absolute);
            } else if (upper != null) {
                throw new Problem(
                        "cannot use overlay " + Bytes.text(path),
                        "only one overlay can be writable",
                        "write --overlay " + Bytes.text(path) + ":ro");
            } else {
                upper = absolute;
            }
        }
        if (writable && !facts.directory()) {
            throw new Problem(
                    "cannot write to " + Bytes.text(image),
                    "only an unpacked image can be written to",
                    "keep the changes with --overlay DIR, drop them with --writable-tmpfs, or"
                            + " unpack it: amphora build --sandbox DIR IMAGE");
        }
        if (writable && (inMemory || upper != null)) {
            throw new UsageError(
                    "--writable excludes --writable-tmpfs and writable overlays",
                    "use one of them");
        }
        if (writable) {
            plan.add("writable");
        } else if (upper != null) {
            plan.add("upper", upper);
        } else if (inMemory) {
            plan.add("upper", "tmpfs");
        }
    }

    private static void checkOverlay(String path, File file) {
        if (file.isDirectory()) {
            return;
        }
        throw new Problem(
                "cannot use overlay " + Bytes.text(path),
                file.exists()
                        ? "it is a file; only directories can be overlays"
                        : "the directory does not exist",
                file.exists()
                        ? "copy its content into a directory's upper folder"
                        : "mkdir -p " + Bytes.text(path));
    }

    private void addNamespaces(LaunchPlan plan, LaunchArguments arguments) {
        boolean all = has(arguments, LaunchOption.CONTAINALL, LaunchOption.COMPAT);
        if (arguments.has(LaunchOption.FAKEROOT)) {
            if (SubordinateIds.areUsable(caller, root)) {
                plan.add("identity", "subids");
            } else {
                plan.add("identity", "root");
                plan.add("fake-ids");
            }
        }
        boolean ownProcesses =
                (all || arguments.has(LaunchOption.PID)) && !arguments.has(LaunchOption.NO_PID);
        if (ownProcesses) {
            plan.add("unshare", "pid");
            if (has(arguments, LaunchOption.NO_INIT, LaunchOption.COMPAT)) {
                plan.add("no-init");
            }
        }
        if (all || arguments.has(LaunchOption.IPC)) {
            plan.add("unshare", "ipc");
        }
        String host = arguments.value(LaunchOption.HOSTNAME);
        if (host != null || arguments.has(LaunchOption.UTS)) {
            plan.add("unshare", "uts");
        }
        if (host != null) {
            plan.add("hostname", host);
        }
        addNetwork(plan, arguments);
        Joining.addTo(plan, arguments, ownProcesses, shared.linger(), messages);
    }

    private static void addNetwork(LaunchPlan plan, LaunchArguments arguments) {
        String network = arguments.value(LaunchOption.NETWORK);
        if (network == null && !arguments.has(LaunchOption.NET)) {
            return;
        }
        if (network == null || !network.equals("none")) {
            throw new Problem(
                    "cannot set up the network " + (network == null ? "bridge" : network),
                    "without root a container has the host's network or none",
                    "leave --net out, or write --net --network none");
        }
        plan.add("unshare", "net");
    }

    private ContainerEnvironment environment(
            LaunchArguments arguments,
            Mounts mounts,
            String image,
            ImageFacts facts,
            Map<String, String> injected,
            NodeParts node,
            String verb,
            boolean literal) {
        List<String> destinations = new ArrayList<>();
        for (Bind bind : mounts.binds()) {
            destinations.add(bind.destination());
        }
        boolean clean =
                arguments.has(LaunchOption.CLEANENV)
                        || has(arguments, LaunchOption.CONTAINALL, LaunchOption.COMPAT);
        return new ContainerEnvironment(
                new ContainerEnvironment.Setting(
                        image,
                        verb,
                        mounts.home(),
                        mounts.workingDirectories().getFirst(),
                        destinations,
                        text(arguments.value(LaunchOption.APP)),
                        !node.files().isEmpty() || !shared.node().isEmpty()),
                facts,
                caller,
                messages,
                injected,
                clean,
                literal);
    }

    private static void addShellVariable(LaunchPlan plan, String verb, List<String> command) {
        if (verb.equals("shell")) {
            plan.add("env-set", "SHELL", command.getFirst());
        }
    }
}
