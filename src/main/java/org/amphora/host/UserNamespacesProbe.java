// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// Makes a user namespace, and explains when that does not work.
final class UserNamespacesProbe {

    private static final String KEY = "userns";
    private static final List<String> ATTEMPT =
            List.of(
                    "unshare",
                    "--user",
                    "--map-root-user",
                    "--mount",
                    "mount",
                    "-t",
                    "tmpfs",
                    "none",
                    "/tmp");
    private static final String APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

    private final Tree tree;

    private UserNamespacesProbe(Tree tree) {
        this.tree = tree;
    }

    static UserNamespaces probe(Tree tree) {
        return new UserNamespacesProbe(tree).all();
    }

    private UserNamespaces all() {
        String source = String.join(" ", ATTEMPT);
        Fact<String> said = tree.tried(KEY, source, UserNamespacesProbe::attempt);
        Fact<Boolean> works = said.map(String::isEmpty);
        Fact<Long> maximum = tree.number("/proc/sys/user/max_user_namespaces");
        Fact<Integer> clone = tree.integer("/proc/sys/kernel/unprivileged_userns_clone");
        Fact<Integer> restricts = tree.integer(APPARMOR);
        Fact<Boolean> chrooted = chrooted();
        Fact<Integer> uid = id("Uid:");
        return new UserNamespaces(
                works,
                said.orElse(""),
                works.orElse(true)
                        ? ""
                        : explanation(maximum, clone, restricts, chrooted, said.orElse("")),
                uid,
                groups(),
                maximum,
                tree.number("/proc/sys/user/max_mnt_namespaces"),
                clone,
                restricts,
                apparmorProfile(),
                chrooted,
                subuids(uid),
                tree.program("newuidmap"));
    }

    /// @return nothing when it worked, else what the command complained of
    private static Fact<String> attempt() {
        String source = String.join(" ", ATTEMPT);
        try {
            Command.Result result =
                    Command.of(ATTEMPT).with("LC_ALL", "C").within(Duration.ofSeconds(10)).run();
            if (result.isSuccess()) {
                return Fact.known("", source);
            }
            String said = result.errors().strip();
            return Fact.known(said.isEmpty() ? "status " + result.status() : said, source);
        } catch (Problem problem) {
            return Fact.unknown(source, problem.why());
        }
    }

    private static String explanation(
            Fact<Long> maximum,
            Fact<Integer> clone,
            Fact<Integer> restricts,
            Fact<Boolean> chrooted,
            String said) {
        if (maximum.orElse(1L) == 0) {
            return "user.max_user_namespaces is 0";
        }
        if (clone.orElse(1) == 0) {
            return "kernel.unprivileged_userns_clone is 0";
        }
        if (chrooted.orElse(false)) {
            return "this process is in a chroot, where the kernel allows no user namespace";
        }
        if (restricts.orElse(0) == 1) {
            return "AppArmor gives programs without a profile no rights in a user namespace"
                    + " (kernel.apparmor_restrict_unprivileged_userns is 1)";
        }
        return "the kernel refused: " + said;
    }

    /// The profile names the program; its file does not, so the text counts.
    private Fact<String> apparmorProfile() {
        String directory = "/etc/apparmor.d";
        for (String name : tree.list(directory)) {
            String file = directory + "/" + name;
            if (name.contains("amphora")
                    && tree.text(file).map(text -> text.contains("userns")).orElse(false)) {
                return Fact.known(file, file);
            }
        }
        return Fact.absent(directory);
    }

    /// The root of a process that was not moved is the root of its mount namespace, which
    /// mountinfo then lists as "/".
    private Fact<Boolean> chrooted() {
        String file = "/proc/self/mountinfo";
        return tree.text(file)
                .map(
                        text ->
                                text.lines()
                                        .map(line -> line.split(" "))
                                        .noneMatch(
                                                fields ->
                                                        fields.length > 4
                                                                && fields[4].equals("/")));
    }

    private Fact<Integer> id(String label) {
        String file = "/proc/self/status";
        Fact<String> status = tree.text(file);
        for (String line : status.orElse("").split("\n")) {
            if (line.startsWith(label)) {
                String[] ids = line.substring(label.length()).strip().split("\\s+");
                return Numbers.integer(file, ids.length > 1 ? ids[1] : "");
            }
        }
        return Fact.unknown(file, status.unknown().orElse("no line " + label));
    }

    private Fact<List<Integer>> groups() {
        String file = "/proc/self/status";
        return tree.text(file)
                .map(
                        text -> {
                            List<Integer> groups = new ArrayList<>();
                            for (String line : text.split("\n")) {
                                if (line.startsWith("Gid:") || line.startsWith("Groups:")) {
                                    String rest = line.substring(line.indexOf(':') + 1).strip();
                                    for (String word : rest.split("\\s+")) {
                                        Numbers.integer(file, word)
                                                .value()
                                                .filter(id -> !groups.contains(id))
                                                .ifPresent(groups::add);
                                    }
                                }
                            }
                            return List.copyOf(groups);
                        });
    }

    /// Lines for the number and for the name of the one who probes.
    private Fact<List<String>> subuids(Fact<Integer> uid) {
        String number = uid.map(String::valueOf).orElse("-");
        String name = name(number).orElse("-");
        List<String> lines = new ArrayList<>();
        for (String file : List.of("/etc/subuid", "/etc/subgid")) {
            for (String line : tree.text(file).orElse("").split("\n")) {
                if (line.startsWith(number + ":") || line.startsWith(name + ":")) {
                    lines.add(file + ": " + line);
                }
            }
        }
        return Fact.known(lines, "/etc/subuid");
    }

    private Optional<String> name(String number) {
        for (String line : tree.text("/etc/passwd").orElse("").split("\n")) {
            String[] fields = line.split(":");
            if (fields.length > 2 && fields[2].equals(number)) {
                return Optional.of(fields[0]);
            }
        }
        return Optional.empty();
    }
}
