// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.amphora.catalog.AppFile;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.deployment.ImagePool;
import org.amphora.image.Digest;
import org.amphora.image.Reference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(name = "app", description = "Add applications and versions to the site.")
final class AppCommand {

    @Spec private CommandSpec spec;
    @ParentCommand private Commands parent;

    @Command(
            name = "new",
            description = "Write a commented app.yaml to start from, and print its path.")
    void begin(
            @Mixin SiteOption site,
            @Parameters(paramLabel = "NAME[/VERSION]", description = "Version 1.0 when not given.")
                    String name) {
        VersionId id = VersionId.parse(name.contains("/") ? name : name + "/1.0");
        spec.commandLine().getOut().println(new AppFile(site.site()).begin(id));
        spec.commandLine().getOut().flush();
    }

    @Command(name = "add", description = "Add a version whose image exists, and commit it.")
    void add(
            @Mixin SiteOption where,
            @Mixin Fetching fetching,
            @Parameters(paramLabel = "NAME/VERSION", description = "As samtools/1.20.") String name,
            @Option(
                            names = "--image",
                            required = true,
                            paramLabel = "IMAGE",
                            description = "A SIF file, or a reference as docker://….")
                    String image,
            @Option(
                            names = "--command",
                            paramLabel = "NAME[=PROGRAM [ARGUMENT…]]",
                            description =
                                    "What users get on PATH; repeatable. Those of the newest version when not given.")
                    @Nullable List<String> commands,
            @Option(names = "--summary", paramLabel = "TEXT", description = "What it is for.")
                    @Nullable String summary,
            @Option(
                            names = "--runs",
                            split = ",",
                            paramLabel = "GROUP",
                            description = "Groups that alone may run it.")
                    @Nullable List<String> runs,
            @Option(
                            names = "--maintainer",
                            paramLabel = "MAIL",
                            description = "Who may promote it; repeatable.")
                    @Nullable List<String> maintainers) {
        VersionId id = VersionId.parse(name);
        Site site = where.site();
        Reference reference = Reference.parse(image);
        Path file = fetching.store(parent.terminal()).sif(reference, fetching.options());
        Digest digest = new ImagePool(site.images()).hidden().add(file);
        Optional<String> from =
                reference instanceof Reference.Local
                        ? Optional.empty()
                        : Optional.of(reference.toString());
        new AppFile(site)
                .add(
                        new AppFile.Addition(
                                id,
                                Optional.ofNullable(summary),
                                Optional.of(digest),
                                from,
                                Optional.empty(),
                                listOf(commands),
                                listOf(runs),
                                listOf(maintainers)));
        parent.terminal().info("added " + id + ", image " + digest.shortHex());
    }

    private static List<String> listOf(@Nullable List<String> given) {
        return given == null ? List.of() : given;
    }
}
