// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.amphora.image.sif.SifFile;
import org.amphora.image.sif.SifObject;
import org.amphora.problem.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "sif", description = "Look at the objects inside a SIF file.")
final class SifCommand {

    private static final String RULE = "-".repeat(78);
    private static final String ROW = "%-5s|%-8s|%-8s|%-26s|%s%n";

    @Spec private CommandSpec spec;

    @Command(name = "list", description = "List the objects.")
    void list(
            @Option(
                            names = {"-j", "--json"},
                            description = "As JSON.")
                    boolean json,
            @Parameters(paramLabel = "IMAGE", description = "A SIF file.") Path image) {
        SifFile sif = SifFile.open(image);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(sif.objects().stream().map(SifCommand::row).toList()));
        } else {
            out.println(RULE);
            out.printf(ROW, "ID", "GROUP", "LINK", "SIF POSITION (start-end)", "TYPE");
            out.println(RULE);
            for (SifObject object : sif.objects()) {
                out.printf(
                        ROW,
                        object.id(),
                        object.group() == 0 ? "NONE" : object.group(),
                        link(object),
                        object.offset() + "-" + object.end(),
                        object.description());
            }
        }
        out.flush();
    }

    @Command(name = "dump", description = "Write the bytes of an object to standard output.")
    void dump(
            @Parameters(paramLabel = "ID", description = "Its number in the list.") int id,
            @Parameters(paramLabel = "IMAGE", description = "A SIF file.") Path image) {
        SifFile sif = SifFile.open(image);
        SifObject object =
                sif.object(id)
                        .orElseThrow(
                                () ->
                                        new Problem(
                                                "cannot dump object " + id + " of " + image,
                                                "the file has no object of that number",
                                                "amphora sif list " + image));
        try {
            sif.copy(object, System.out);
        } catch (IOException e) {
            throw new Problem(
                    "cannot dump object " + id + " of " + image,
                    String.valueOf(e.getMessage()),
                    "check the file and where the output goes",
                    e);
        }
    }

    private static String link(SifObject object) {
        if (object.link() == 0) {
            return "NONE";
        }
        return object.link() + (object.linksGroup() ? " (G)" : "");
    }

    private static SequencedMap<String, Object> row(SifObject object) {
        SequencedMap<String, Object> row = new LinkedHashMap<>();
        row.put("id", object.id());
        row.put("group", object.group());
        row.put("link", object.link());
        row.put("type", object.description());
        row.put("name", object.name());
        row.put("offset", object.offset());
        row.put("size", object.size());
        row.put("created", object.created());
        row.put("modified", object.modified());
        return row;
    }
}
