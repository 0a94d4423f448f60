// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumSet;
import org.amphora.image.store.Inspection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "run-help", description = "Show the help text of an image.")
final class RunHelpCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "IMAGE", description = "A SIF or SquashFS file, or a directory.")
    private Path image;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        out.print(Inspection.of(image).text(EnumSet.of(Inspection.Section.HELP)));
        out.flush();
    }
}
