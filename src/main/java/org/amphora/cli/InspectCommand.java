// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.amphora.contents.Contents;
import org.amphora.image.store.Cache;
import org.amphora.image.store.Inspection;
import org.amphora.image.store.Inspection.Section;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "inspect",
        description = "Show what an image says of itself, without running or mounting it.")
final class InspectCommand implements Runnable {

    private final Set<Section> sections = EnumSet.noneOf(Section.class);
    @Spec private CommandSpec spec;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON; without --facts in Apptainer's shape.")
    private boolean json;

    @Option(names = "--all", description = "Everything, as JSON.")
    private boolean all;

    @Option(
            names = "--facts",
            description = "What decides whether it runs on a node: libc, MPI, GPU code and more.")
    private boolean facts;

    @Parameters(paramLabel = "IMAGE", description = "A SIF or SquashFS file, or a directory.")
    private Path image;

    @Option(
            names = {"-l", "--labels"},
            description = "The labels (default).")
    void labels(boolean wanted) {
        sections.add(Section.LABELS);
    }

    @Option(
            names = {"-r", "--runscript"},
            description = "The run script.")
    void runscript(boolean wanted) {
        sections.add(Section.RUNSCRIPT);
    }

    @Option(
            names = {"-e", "--environment"},
            description = "The environment scripts.")
    void environment(boolean wanted) {
        sections.add(Section.ENVIRONMENT);
    }

    @Option(
            names = {"-d", "--deffile"},
            description = "The recipe.")
    void definition(boolean wanted) {
        sections.add(Section.DEFINITION);
    }

    @Option(
            names = {"-t", "--test"},
            description = "The test script.")
    void test(boolean wanted) {
        sections.add(Section.TEST);
    }

    @Option(
            names = {"-H", "--helpfile"},
            description = "The help text.")
    void help(boolean wanted) {
        sections.add(Section.HELP);
    }

    @Option(
            names = {"-s", "--startscript"},
            description = "The start script.")
    void startscript(boolean wanted) {
        sections.add(Section.STARTSCRIPT);
    }

    @Override
    public void run() {
        String text = facts ? facts(image, json) : metadata();
        spec.commandLine().getOut().print(text.endsWith("\n") ? text : text + "\n");
        spec.commandLine().getOut().flush();
    }

    /// What `--facts` prints.
    static String facts(Path image, boolean json) {
        Contents contents = Contents.of(image, Cache.of(System.getenv()).root());
        return json ? contents.json() : contents.summary();
    }

    private String metadata() {
        Inspection inspection = Inspection.of(image);
        if (all) {
            return inspection.allJson();
        }
        return json ? inspection.json(sections) : inspection.text(sections);
    }
}
