// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.image.Reference;
import org.amphora.image.store.ImageStore;
import org.amphora.image.tree.ImageKind;
import org.amphora.recipe.BuildArguments;
import org.amphora.recipe.BuildRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "build",
        description = "Make an image from a recipe, another image, a registry or a directory.")
final class BuildCommand implements Runnable {

    @ParentCommand private Commands parent;
    @Mixin private Fetching fetching;

    @Option(
            names = {"-F", "--force"},
            description = "Overwrite what is at OUT.")
    private boolean force;

    @Option(names = "--sandbox", description = "Make a directory instead of a file.")
    private boolean sandbox;

    @Option(
            names = {"-T", "--notest"},
            description = "Do not run the recipe's test.")
    private boolean withoutTest;

    @Option(
            names = "--build-arg",
            paramLabel = "NAME=VALUE",
            description = "A value for {{ NAME }} in the recipe.")
    private List<String> arguments = new ArrayList<>();

    @Option(
            names = "--build-arg-file",
            paramLabel = "FILE",
            description = "A file of such values, one a line.")
    private List<Path> argumentFiles = new ArrayList<>();

    @Option(
            names = "--warn-unused-build-args",
            description = "A value that the recipe does not use is no error.")
    private boolean unusedAllowed;

    @Option(
            names = {"-B", "--bind"},
            paramLabel = "SRC[:DST[:OPT]]",
            description = "A host directory that %%post sees.")
    private List<String> binds = new ArrayList<>();

    /// Accepted, because builds are always so without root.
    @Option(
            names = {"-f", "--fakeroot"},
            hidden = true)
    void fakeroot(boolean wanted) {}

    @Parameters(index = "0", paramLabel = "OUT", description = "The file or directory to make.")
    private Path out;

    @Parameters(
            index = "1",
            paramLabel = "SOURCE",
            description = "A recipe, an image, a directory, docker:// or another reference.")
    private String source;

    @Override
    public void run() {
        RecordedBuild.run(parent.terminal(), source, out, this::build);
    }

    private void build() {
        Reference reference = Reference.parse(source);
        Terminal terminal = parent.terminal();
        if (reference instanceof Reference.Local local
                && Files.isRegularFile(local.path())
                && !ImageKind.isImage(local.path())) {
            Recipes.build(
                    terminal,
                    fetching,
                    new BuildRequest(
                            local.path(),
                            out,
                            force,
                            sandbox,
                            !withoutTest,
                            BuildArguments.of(argumentFiles, arguments, !unusedAllowed),
                            binds));
            return;
        }
        ImageStore store = fetching.store(terminal);
        if (sandbox) {
            store.unpack(reference, fetching.options(), out, force);
        } else {
            store.write(reference, fetching.options(), out, force);
        }
    }
}
