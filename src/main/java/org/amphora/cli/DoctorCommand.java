// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.amphora.doctor.Doctor;
import org.amphora.doctor.Finding;
import org.amphora.host.Host;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "doctor",
        description = "Say whether this node is ready to run containers, and what to do when not.",
        footer = {"", "Exit status: 0 when it is, 1 with warnings, 2 when something must be done."})
final class DoctorCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Option(
            names = "--registry",
            paramLabel = "HOST",
            description = "Also ask whether this registry answers; may be repeated.")
    private List<String> registries = List.of();

    @Option(names = "--no-https", description = "Ask it through plain HTTP.")
    private boolean noHttps;

    @Override
    public Integer call() {
        List<Finding> findings =
                Doctor.of(Recipes.starter(), System.getenv())
                        .examine(Host.probe(Path.of("/")), registries, noHttps);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? JsonText.of(Doctor.json(findings)) + "\n" : Doctor.text(findings));
        out.flush();
        return Doctor.worst(findings).exitStatus();
    }
}
