// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.util.List;
import org.amphora.image.Reference;
import org.amphora.image.store.Sources;
import org.amphora.sharing.Limits;
import org.amphora.sharing.Places;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "pull",
        description = "Fetch an image and write it as a SIF file, or as it is into oci:DIR.")
final class PullCommand implements Runnable {

    @Spec private CommandSpec spec;
    @ParentCommand private Commands parent;
    @Mixin private Fetching fetching;

    @Option(
            names = {"-F", "--force"},
            description = "Overwrite the file.")
    private boolean force;

    @Option(names = "--name", hidden = true, paramLabel = "FILE", description = "Same as OUT.")
    private @Nullable String name;

    @Option(
            names = {"--dir", "--pulldir"},
            paramLabel = "DIR",
            description = "Where OUT is written.")
    private @Nullable Path directory;

    @Parameters(
            arity = "1..2",
            paramLabel = "[OUT] REFERENCE",
            description = "The file to write (NAME_TAG.sif), and what to fetch.")
    private List<String> operands;

    @Override
    public void run() {
        if (operands.size() == 2 && name != null) {
            throw new ParameterException(spec.commandLine(), "the output is named twice");
        }
        Reference reference = Reference.parse(operands.getLast());
        String out = operands.size() == 2 ? operands.getFirst() : name;
        Terminal terminal = parent.terminal();
        if (out != null && out.startsWith("oci:")) {
            Reference.OciLayout layout = (Reference.OciLayout) Reference.parse(out);
            Limits limits = Limits.of(fetching.environment());
            try (Places.Place _ = new Places(limits, terminal::info).enter(Places.Kind.PULL)) {
                Sources.copy(reference, layout, fetching.options(), terminal.progress());
            }
            return;
        }
        Path file = Path.of(out == null ? DefaultName.of(reference) : out);
        Path target = directory == null ? file : directory.resolve(file);
        fetching.store(terminal).write(reference, fetching.options(), target, force);
    }
}
