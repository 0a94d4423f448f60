// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.amphora.image.store.SifListing;
import org.amphora.problem.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "sif", description = "Look at the objects inside a SIF file.")
final class SifCommand {

    @Spec private CommandSpec spec;

    @Command(name = "list", description = "List the objects.")
    void list(
            @Option(
                            names = {"-j", "--json"},
                            description = "As JSON.")
                    boolean json,
            @Parameters(paramLabel = "IMAGE", description = "A SIF file.") Path image) {
        SifListing listing = SifListing.of(image);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? listing.json() : listing.text());
        out.flush();
    }

    @Command(name = "header", description = "Show the header.")
    void header(
            @Option(
                            names = {"-j", "--json"},
                            description = "As JSON.")
                    boolean json,
            @Parameters(paramLabel = "IMAGE", description = "A SIF file.") Path image) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? SifListing.headerJson(image) : SifListing.headerText(image));
        out.flush();
    }

    @Command(name = "dump", description = "Write the bytes of an object to standard output.")
    void dump(
            @Parameters(paramLabel = "ID", description = "Its number in the list.") int id,
            @Parameters(paramLabel = "IMAGE", description = "A SIF file.") Path image) {
        try {
            SifListing.dump(image, id, System.out);
        } catch (IOException e) {
            throw new Problem(
                    "cannot dump object " + id + " of " + image,
                    String.valueOf(e.getMessage()),
                    "check where the output goes",
                    e);
        }
    }
}
