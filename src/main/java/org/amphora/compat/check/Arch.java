// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.contents.Binaries;
import org.amphora.host.Fact;
import org.amphora.host.Kernel;

/// R6.1, R6.2, R6.4: the node cannot start the image's programs.
final class Arch {

    static final Check CHECK =
            new Check(
                    "ARCH",
                    "R6.1, R6.2, R6.4",
                    Severity.BLOCK,
                    "The node cannot start the image's programs",
                    """
                    What counts is the program itself, not the label of the image: labels lie. A foreign
                    program starts only where the kernel has an enabled binfmt_misc handler with the
                    flag `F`, whose interpreter works in other mount namespaces; emulation is 10 to 50
                    times slower and knows neither GPU nor fabric. A script starts only when the
                    interpreter that its first line names is in the image.
                    """,
                    "ELF e_machine; Linux Documentation/admin-guide/binfmt-misc.rst; "
                            + "execve(2)",
                    Arch::look);

    private Arch() {}

    private static Outcome look(Situation s) {
        String image = s.contents().machine().architecture().orElse(null);
        if (image == null) {
            return Outcome.unknown("for which machine the image's programs are made");
        }
        Fact<String> machine = s.host().kernel().machine();
        if (machine.value().isEmpty()) {
            return Outcome.unknown("the node's machine: " + machine);
        }
        String node = Architectures.ociName(machine.orElse(""));
        if (Architectures.runs(node, image, s.host().kernel().runs32Bit().orElse(true))) {
            return program(s, node)
                    .or(() -> script(s))
                    .orElse(Outcome.passed("programs for " + image + " on " + node));
        }
        List<Evidence> evidence =
                List.of(
                        Evidence.image(s.contents().machine().evidence(), image),
                        Evidence.of(machine));
        Optional<Kernel.Binfmt> handler = handler(s, image);
        if (handler.isPresent()) {
            return Outcome.found(
                    Severity.WARN,
                    "The image is for "
                            + image
                            + " and this node is "
                            + node
                            + "; it is emulated by "
                            + handler.get().interpreter()
                            + ", 10 to 50 times slower, without GPU and fast network.",
                    evidence,
                    pull(node));
        }
        return Outcome.found(
                Severity.BLOCK,
                "The image's programs are for " + image + ", this node is " + node + ".",
                evidence,
                "cannot execute binary file: Exec format error",
                pull(node));
    }

    private static Fix pull(String node) {
        return new Fix.Command("amphora pull --arch " + node + " IMAGE REFERENCE");
    }

    private static Optional<Kernel.Binfmt> handler(Situation s, String image) {
        byte[] header = Architectures.header(image);
        return s.host().kernel().binfmt().orElse(List.of()).stream()
                .filter(
                        entry ->
                                entry.flags().contains("F")
                                        && header.length > 0
                                        && entry.starts(header))
                .findFirst();
    }

    /// The program itself, whatever the rest of the image is.
    private static Optional<Outcome> program(Situation s, String node) {
        return s.contents().binaries().strangers().stream()
                .filter(stranger -> s.starts(stranger.path()))
                .filter(
                        stranger ->
                                stranger.missing().isPresent()
                                        || !Architectures.runs(
                                                node,
                                                stranger.architecture(),
                                                s.host().kernel().runs32Bit().orElse(true)))
                .filter(stranger -> handler(s, stranger.architecture()).isEmpty())
                .findFirst()
                .map(stranger -> stranger(stranger, node));
    }

    private static Outcome stranger(Binaries.Stranger stranger, String node) {
        boolean foreign = !Architectures.runs(node, stranger.architecture(), true);
        String why =
                foreign
                        ? " is for " + stranger.architecture() + ", this node is " + node + "."
                        : " names the loader "
                                + stranger.missing().orElse("")
                                + ", which is not in the image.";
        return Outcome.found(
                Severity.BLOCK,
                stranger.path() + why,
                List.of(
                        Evidence.image(
                                stranger.path(),
                                foreign ? stranger.architecture() : stranger.missing().orElse(""))),
                foreign
                        ? "cannot execute binary file: Exec format error"
                        : "No such file or directory",
                foreign
                        ? pull(node)
                        : new Fix.Advice(
                                "install "
                                        + stranger.missing().orElse("the loader")
                                        + " in the image, or a program built for it"));
    }

    /// The run script counts only when it is what starts.
    private static Optional<Outcome> script(Situation s) {
        if (!s.request().command().isEmpty()) {
            return Optional.empty();
        }
        return s.contents().entryPoint().scripts().stream()
                .filter(
                        script ->
                                script.interpreter().isPresent()
                                        && (!script.exists() || script.carriageReturn()))
                .findFirst()
                .map(
                        script ->
                                Outcome.found(
                                        Severity.BLOCK,
                                        script.path()
                                                + " names the interpreter "
                                                + script.interpreter().orElse("")
                                                + (script.carriageReturn()
                                                        ? " with a carriage return behind it."
                                                        : ", which is not in the image."),
                                        List.of(
                                                Evidence.image(
                                                        script.path(),
                                                        "#!" + script.interpreter().orElse(""))),
                                        "no such file or directory",
                                        script.carriageReturn()
                                                ? new Fix.Command(
                                                        "sed -i 's/\\r$//' "
                                                                + script.path()
                                                                + "   # in the recipe's %post")
                                                : new Fix.Advice(
                                                        "install "
                                                                + script.interpreter().orElse("")
                                                                + " in the image, or name a command that does not need it")));
    }
}
