// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.launch.LaunchPlan;
import org.amphora.process.Command;

/// Runs commands as root of a build, in the starter: either with the machine's own file system,
/// where they may do what the caller may, or inside the tree. Nothing that they start survives
/// them, nor they the JVM.
final class BuildContainer {

    /// What %post and %test have of the caller's environment (apptainer `--cleanenv`).
    private static final String[] KEPT_VARIABLES = {
        "TERM",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "all_proxy",
        "ftp_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
        "FTP_PROXY",
        "SOURCE_DATE_EPOCH"
    };

    private static final String PATH =
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final Path starter;
    private final Workspace workspace;
    private final Identity identity;

    BuildContainer(Path starter, Workspace workspace, Identity identity) {
        this.starter = starter;
        this.workspace = workspace;
        this.identity = identity;
    }

    /// What lies over the tree while a script runs in it.
    ///
    /// @param binds from here to there
    /// @param keepsChanges whether the script writes to the tree itself, or to memory
    record View(List<Bind> binds, boolean keepsChanges) {
        View {
            binds = List.copyOf(binds);
        }
    }

    /// @param destination absolute, in the image
    record Bind(Path source, String destination, boolean readOnly) {}

    Identity identity() {
        return identity;
    }

    /// A command on the machine's own file system, as root of the build.
    Command onHost(List<String> command) {
        LaunchPlan plan = begin("/").add("writable");
        plan.add("bind", "/dev", "/dev", "rw,rec,dev");
        plan.add("proc", "/proc");
        String own = LaunchPlan.raw(workspace.path().toString());
        // Whatever is started there, makes its temporary files there.
        plan.add("env-set", "TMPDIR", own);
        plan.add("env-set", "HOME", own);
        plan.add("env-append", "PATH", PATH, ":");
        plan.add("cwd", own);
        return command(plan, command);
    }

    Command onHost(String... command) {
        return onHost(List.of(command));
    }

    /// A command inside the tree, with the environment of the image.
    Command inTree(View view, List<String> variables, List<String> command) {
        LaunchPlan plan = begin(workspace.tree().toString());
        if (view.keepsChanges()) {
            plan.add("writable");
        } else {
            plan.add("upper", "tmpfs");
        }
        plan.add("bind", "/dev", "/dev", "rw,rec,dev");
        plan.add("bind", "/sys", "/sys", "rw,rec,optional");
        plan.add("proc", "/proc");
        for (Bind bind : view.binds()) {
            plan.add(
                    "bind",
                    LaunchPlan.raw(bind.source().toString()),
                    LaunchPlan.raw(bind.destination()),
                    bind.readOnly() ? "ro,rec" : "rw,rec");
        }
        plan.add("env-keep", KEPT_VARIABLES);
        plan.add("env-set", "PATH", PATH);
        plan.add("env-set", "HOME", "/root");
        plan.add("env-set", "LANG", "C");
        for (String variable : variables) {
            int equals = variable.indexOf('=');
            plan.add(
                    "env-set",
                    variable.substring(0, equals),
                    LaunchPlan.raw(variable.substring(equals + 1)));
        }
        plan.add("cwd", "/");
        return command(plan, command);
    }

    private LaunchPlan begin(String root) {
        LaunchPlan plan = new LaunchPlan();
        plan.add("directory", LaunchPlan.raw(root));
        identity.addTo(plan);
        plan.add("unshare", "pid").add("die-with-parent").add("umask", "0022");
        return plan;
    }

    private Command command(LaunchPlan plan, List<String> command) {
        plan.exec(command.stream().map(LaunchPlan::raw).toList());
        String text =
                new String(
                        plan.toString().getBytes(StandardCharsets.ISO_8859_1),
                        StandardCharsets.UTF_8);
        Path file = workspace.write(".plan", text);
        return Command.of(List.of(starter.toString(), file.toString()));
    }

    /// A command that sources what the image says of its environment first.
    static List<String> withImageEnvironment(List<String> command) {
        List<String> line =
                new ArrayList<>(
                        List.of(
                                "/bin/sh",
                                "-c",
                                "for f in /.singularity.d/env/*.sh; do [ ! -f \"$f\" ] || . \"$f\";"
                                        + " done; exec \"$@\"",
                                "sh"));
        line.addAll(command);
        return line;
    }
}
