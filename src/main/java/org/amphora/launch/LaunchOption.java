// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import org.jspecify.annotations.Nullable;

/// Every option of `exec`, `run`, `shell`, `test` and `plan`, in the order of the help. The parser,
/// the variables, the help, the completion and the manual pages all read this one table.
///
/// Names, letters and variables are those of Apptainer 1.4; each variable is looked up with the
/// prefixes `AMPHORA_`, `APPTAINER_` and `SINGULARITY_`.
public enum LaunchOption {
    BIND(
            "bind",
            'B',
            "SRC[:DST[:OPT]],…",
            "BIND,BINDPATH",
            "make host files visible; OPT is ro or rw"),
    MOUNT("mount", "SPEC", "MOUNT", "the same as type=bind,src=SRC,dst=DST[,ro]"),
    HOME("home", 'H', "SRC[:DST]", "HOME", "use SRC as the home directory, seen as DST"),
    NO_HOME("no-home", "NO_HOME", "do not mount the home directory"),
    NO_MOUNT(
            "no-mount",
            "LIST",
            "NO_MOUNT",
            "leave out proc, sys, dev, devpts, home, tmp, cwd, bind-paths or a path"),
    SCRATCH("scratch", 'S', "PATH", "SCRATCH,SCRATCHDIR", "an empty directory at PATH"),
    WORKDIR("workdir", 'W', "DIR", "WORKDIR", "keep /tmp, /var/tmp and --scratch in DIR"),
    PWD("pwd", "DIR", "PWD,TARGET_PWD,CWD,TARGET_CWD", "start in DIR; also --cwd"),
    OVERLAY("overlay", 'o', "DIR[:ro]", "OVERLAY,OVERLAYIMAGE", "keep changes of the root in DIR"),
    WRITABLE("writable", 'w', "WRITABLE", "write to the image itself (a directory)"),
    WRITABLE_TMPFS("writable-tmpfs", "WRITABLE_TMPFS", "a writable root; changes are lost"),

    CONTAIN("contain", 'c', "CONTAIN", "small /dev, empty /tmp and home, no current directory"),
    CONTAINALL("containall", 'C', "CONTAINALL", "--contain, --pid, --ipc and --cleanenv"),
    COMPAT(
            "compat",
            "COMPAT",
            "as Docker: --containall, --no-init, --no-umask, --no-eval, --writable-tmpfs"),
    CLEANENV("cleanenv", 'e', "CLEANENV", "do not pass the caller's variables"),
    ENV("env", "NAME=VALUE,…", "", "set variables in the container"),
    ENV_FILE("env-file", "FILE", "ENV_FILE", "set the variables that FILE assigns"),
    NO_EVAL("no-eval", "NO_EVAL", "take values and arguments literally, as Docker does"),
    NO_ENV_FILTER(
            "no-env-filter",
            "NO_ENV_FILTER",
            "pass LD_PRELOAD, PYTHONPATH and the like also when they name files of the node"),
    NO_UMASK("no-umask", "NO_UMASK", "umask 0022 instead of the caller's"),

    PID("pid", 'p', "PID,UNSHARE_PID", "a new process namespace"),
    NO_PID("no-pid", "NO_PID", "with --containall: keep the process namespace"),
    NO_INIT("no-init", "NOSHIMINIT", "with --pid: the command itself is process 1"),
    IPC("ipc", 'i', "IPC,UNSHARE_IPC", "a new IPC namespace"),
    UTS("uts", "UTS,UNSHARE_UTS", "a new UTS namespace"),
    HOSTNAME("hostname", "NAME", "HOSTNAME", "the host name in the container"),
    NET("net", 'n', "NET,UNSHARE_NET", "a new network namespace, with --network none"),
    NETWORK("network", "none", "NETWORK", "the kind of network; only none works without root"),
    DNS("dns", "ADDRESS,…", "DNS", "name servers in the container"),
    FAKEROOT("fakeroot", 'f', "FAKEROOT", "be root in the container"),
    JOIN(
            "join",
            "JOIN,SHARENS",
            "share the container with other ranks, or other processes of the same parent; also"
                    + " --sharens"),
    NO_JOIN("no-join", "NO_JOIN", "a container of its own for each rank"),
    PROVE(
            "prove",
            "PROVE",
            "say what MPI made of the ranks, and end them when they do not see each other"),

    GPU("gpu", "KIND,…", "GPU", "bring this node's GPUs: auto, nvidia, amd, intel or none"),
    NV("nv", "NV", "the same as --gpu=nvidia"),
    NVCCLI("nvccli", "NVCCLI", "the same as --gpu=nvidia"),
    ROCM("rocm", "ROCM", "the same as --gpu=amd"),
    MPI("mpi", "MODEL", "MPI", "auto, bind (this node's MPI), hybrid (the image's) or none"),
    FIX(
            "fix",
            "NAME,…",
            "FIX",
            "mend what `amphora check` finds: all, none, no-NAME; all with --gpu and --mpi"),
    CONTAINLIBS("containlibs", "FILE,…", "CONTAINLIBS", "libraries to add to the search path"),

    APP("app", "NAME", "APP,APPNAME", "an application inside the image (SCIF)"),
    SHELL("shell", 's', "PATH", "SHELL", "with shell: the program to start"),
    UNSQUASH("unsquash", "UNSQUASH", "unpack the image first, do not mount it"),

    NO_HTTPS("no-https", Use.FETCHING, "NO_HTTPS,NOHTTPS", "talk to registries without TLS"),
    DISABLE_CACHE("disable-cache", Use.FETCHING, "DISABLE_CACHE", "convert without the cache"),
    AUTHFILE("authfile", "FILE", Use.FETCHING, "AUTHFILE", "registry credentials"),
    DOCKER_LOGIN(
            "docker-login", Use.REFUSED, "DOCKER_LOGIN", "asks for a password; use --authfile"),
    DOCKER_USERNAME(
            "docker-username", "USER", Use.FETCHING, "DOCKER_USERNAME", "registry user name"),
    DOCKER_PASSWORD(
            "docker-password", "TEXT", Use.FETCHING, "DOCKER_PASSWORD", "registry password"),
    TMPDIR("tmpdir", "DIR", Use.FETCHING, "TMPDIR", "for temporary files of a conversion"),

    USERNS("userns", 'u', Use.ACCEPTED, "USERNS,UNSHARE_USERNS", "always so"),
    NO_PRIVS("no-privs", Use.ACCEPTED, "NO_PRIVS", "always so"),
    NO_OCI("no-oci", Use.ACCEPTED, "NO_OCI", "always so"),
    UNDERLAY("underlay", Use.ACCEPTED, "UNDERLAY", "mount points are always made"),
    SIF_FUSE("sif-fuse", Use.ACCEPTED, "SIF_FUSE", "always so"),
    RUNSCRIPT_TIMEOUT(
            "runscript-timeout",
            "TIME",
            Use.ACCEPTED,
            "RUNSCRIPT_TIMEOUT",
            "scripts run in the image's shell, without a limit"),

    CPUS("cpus", "N", Use.WITHOUT_EFFECT, "", Reason.LIMITS),
    CPU_SHARES("cpu-shares", "N", Use.WITHOUT_EFFECT, "CPU_SHARES", Reason.LIMITS),
    CPUSET_CPUS("cpuset-cpus", "LIST", Use.WITHOUT_EFFECT, "CPUSET_CPUS", Reason.LIMITS),
    CPUSET_MEMS("cpuset-mems", "LIST", Use.WITHOUT_EFFECT, "CPUSET_MEMS", Reason.LIMITS),
    BLKIO_WEIGHT("blkio-weight", "N", Use.WITHOUT_EFFECT, "BLKIO_WEIGHT", Reason.LIMITS),
    MEMORY("memory", "SIZE", Use.WITHOUT_EFFECT, "MEMORY", Reason.LIMITS),
    MEMORY_SWAP("memory-swap", "SIZE", Use.WITHOUT_EFFECT, "MEMORY_SWAP", Reason.LIMITS),
    MEMORY_RESERVATION(
            "memory-reservation", "SIZE", Use.WITHOUT_EFFECT, "MEMORY_RESERVATION", Reason.LIMITS),
    OOM_KILL_DISABLE("oom-kill-disable", Use.WITHOUT_EFFECT, "OOM_KILL_DISABLE", Reason.LIMITS),
    PIDS_LIMIT("pids-limit", "N", Use.WITHOUT_EFFECT, "PIDS_LIMIT", Reason.LIMITS),
    APPLY_CGROUPS("apply-cgroups", "FILE", Use.WITHOUT_EFFECT, "APPLY_CGROUPS", Reason.LIMITS),
    ADD_CAPS("add-caps", "LIST", Use.WITHOUT_EFFECT, "ADD_CAPS", Reason.CAPABILITIES),
    DROP_CAPS("drop-caps", "LIST", Use.ACCEPTED, "DROP_CAPS", "there are none to drop"),
    KEEP_PRIVS("keep-privs", Use.WITHOUT_EFFECT, "KEEP_PRIVS", Reason.CAPABILITIES),
    ALLOW_SETUID("allow-setuid", Use.WITHOUT_EFFECT, "ALLOW_SETUID", Reason.CAPABILITIES),

    NETWORK_ARGS(
            "network-args",
            "ARGS",
            Use.REFUSED,
            "NETWORK_ARGS",
            "networks other than none need root"),
    SECURITY("security", "PROFILE", Use.REFUSED, "SECURITY", "no security profiles are applied"),
    FUSEMOUNT(
            "fusemount",
            "SPEC",
            Use.REFUSED,
            "FUSESPEC",
            "mount it on the host and use --bind instead"),
    DEVICE("device", "NAME", Use.REFUSED, "DEVICE", "use --gpu, which reads CDI files too"),
    OCI("oci", Use.REFUSED, "OCI", "there is no OCI mode; SIF images are run as they are"),
    PASSPHRASE("passphrase", Use.REFUSED, "", Reason.ENCRYPTION),
    PEM_PATH("pem-path", "FILE", Use.REFUSED, "", Reason.ENCRYPTION);

    /// Whether the option takes a value, and how often.
    public enum Kind {
        FLAG,
        VALUE,
        LIST
    }

    /// What becomes of the option.
    public enum Use {
        /// It works.
        WORKS,
        /// It works and is handed on to whoever fetches the image.
        FETCHING,
        /// Nothing has to be done for it; the help text says why.
        ACCEPTED,
        /// It cannot be had; the launch goes on with a warning.
        WITHOUT_EFFECT,
        /// It cannot be had and matters: an error.
        REFUSED
    }

    private static final class Reason {
        static final String LIMITS = "the resource manager's limits hold";
        static final String CAPABILITIES = "a container never gains privileges";
        static final String ENCRYPTION = "encrypted images cannot be run";
    }

    private final String name;
    private final char letter;
    private final String metavar;
    private final Use use;
    private final String variables;
    private final String help;

    LaunchOption(String name, String variables, String help) {
        this(name, '\0', "", Use.WORKS, variables, help);
    }

    LaunchOption(String name, char letter, String variables, String help) {
        this(name, letter, "", Use.WORKS, variables, help);
    }

    LaunchOption(String name, String metavar, String variables, String help) {
        this(name, '\0', metavar, Use.WORKS, variables, help);
    }

    LaunchOption(String name, char letter, String metavar, String variables, String help) {
        this(name, letter, metavar, Use.WORKS, variables, help);
    }

    LaunchOption(String name, Use use, String variables, String help) {
        this(name, '\0', "", use, variables, help);
    }

    LaunchOption(String name, char letter, Use use, String variables, String help) {
        this(name, letter, "", use, variables, help);
    }

    LaunchOption(String name, String metavar, Use use, String variables, String help) {
        this(name, '\0', metavar, use, variables, help);
    }

    LaunchOption(String name, char letter, String metavar, Use use, String variables, String help) {
        this.name = name;
        this.letter = letter;
        this.metavar = metavar;
        this.use = use;
        this.variables = variables;
        this.help = help;
    }

    /// The long name without dashes.
    public String longName() {
        return name;
    }

    /// The other long name, where there is one; `null` otherwise.
    public @Nullable String otherName() {
        return switch (this) {
            case PWD -> "cwd";
            case CONTAINALL -> "contain-all";
            case NO_HTTPS -> "nohttps";
            case JOIN -> "sharens";
            default -> null;
        };
    }

    /// The letter of the short form; 0 when there is none.
    public char letter() {
        return letter;
    }

    public Kind kind() {
        if (metavar.isEmpty()) {
            return Kind.FLAG;
        }
        return switch (this) {
            case BIND,
                    MOUNT,
                    NO_MOUNT,
                    SCRATCH,
                    OVERLAY,
                    ENV,
                    ENV_FILE,
                    DNS,
                    CONTAINLIBS,
                    GPU,
                    FIX ->
                    Kind.LIST;
            default -> Kind.VALUE;
        };
    }

    /// What stands for the value in the help; empty for flags.
    public String metavar() {
        return metavar;
    }

    public Use use() {
        return use;
    }

    /// Variables without prefix, separated by commas; empty when there are none. The first that is
    /// set counts.
    public String variables() {
        return variables;
    }

    public String help() {
        return help;
    }

    /// Whether the option exists for this command.
    public boolean appliesTo(String verb) {
        return this != SHELL || verb.equals("shell");
    }
}
