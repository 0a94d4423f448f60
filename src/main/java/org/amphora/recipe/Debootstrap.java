// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.progress.Progress;

/// Installs a minimal Debian or Ubuntu through mmdebstrap, which unlike debootstrap takes the
/// `Include:` packages in the same run and can be root in a user namespace.
final class Debootstrap {

    /// Merges /usr before the first package rather than by one more package with a Perl below it.
    private static final Path MERGED_USR = Path.of("/usr/share/mmdebstrap/hooks/maybe-merged-usr");

    /// mmdebstrap makes device nodes or mounts a devpts for gid 5, neither of which a user
    /// namespace with one id allows; what the build container has serves as well.
    private static final String MOUNT =
            "for d in dev proc sys; do mount --rbind \"/$d\" \"$1/$d\" || exit 1; done";

    private static final String UNMOUNT = "umount -l \"$1/dev\" \"$1/proc\" \"$1/sys\"";

    private Debootstrap() {}

    static void install(
            Base.Debian debian,
            AptSources sources,
            BuildContainer container,
            Path tree,
            Progress progress) {
        Command command =
                container
                        .onHost(arguments(debian, sources, Files.isDirectory(MERGED_USR), tree))
                        .with("DEBIAN_FRONTEND", "noninteractive");
        try (Progress.Task _ =
                progress.begin("Debian " + debian.suite(), -1, Progress.Unit.ITEMS)) {
            Command.Result result = command.run();
            if (!result.isSuccess()) {
                throw new Problem(
                        "cannot install Debian " + debian.suite(),
                        "mmdebstrap ended with status "
                                + result.status()
                                + ":\n"
                                + reasons(result.errors()),
                        "check OSVersion, Include and MirrorURL, and that apt-get update works on"
                                + " this machine");
            }
        }
    }

    static List<String> arguments(
            Base.Debian debian, AptSources sources, boolean mergesUsr, Path tree) {
        List<String> line = new ArrayList<>();
        line.addAll(
                List.of("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory"));
        line.add("--skip=chroot/mount");
        if (mergesUsr) {
            line.add("--hook-dir=" + MERGED_USR);
        }
        line.add("--extract-hook=" + MOUNT);
        line.add("--customize-hook=" + UNMOUNT);
        if (!debian.include().isEmpty()) {
            line.add("--include=" + String.join(",", debian.include()));
        }
        line.add(debian.suite());
        line.add(tree.toString());
        debian.mirror()
                .ifPresentOrElse(
                        mirror -> line.add("deb " + mirror + " " + debian.suite() + " main"),
                        () -> line.addAll(sources.linesFor(debian.suite())));
        return line;
    }

    /// The lines that say why; without them, the last ones.
    private static String reasons(String said) {
        List<String> lines = said.lines().toList();
        List<String> errors =
                lines.stream()
                        .filter(
                                l ->
                                        l.startsWith("E: ")
                                                || l.startsWith("Err:")
                                                || l.startsWith("error:")
                                                || l.startsWith("why:"))
                        .filter(l -> !l.startsWith("E: mmdebstrap failed"))
                        .toList();
        List<String> shown = errors.isEmpty() ? lines : errors;
        return String.join("\n", shown.subList(Math.max(0, shown.size() - 10), shown.size()));
    }
}
