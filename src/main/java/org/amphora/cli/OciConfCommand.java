// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "oci-conf",
        description = "Print an oci.conf with which Slurm's --container uses this installation.")
final class OciConfCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        out.print(text(Manager.launcher().toString()));
        out.flush();
    }

    /// What Slurm 22.05 and later have in common (oci.conf(5)). It asks about containers as root:
    /// the state is the user's, so it is read as the user.
    private static String text(String amphora) {
        String oci = amphora + " oci ";
        String asUser = "runuser -u %u -- " + oci;
        String id = " %n.%u.%j.%s.%t\"\n";
        return "# Slurm's oci.conf(5), printed by amphora oci-conf: belongs beside slurm.conf on every"
                + " node.\n"
                + ("RunTimeQuery=\"" + asUser + "state" + id)
                + ("RunTimeRun=\"" + oci + "run --bundle=%b" + id)
                + ("RunTimeKill=\"" + asUser + "kill" + id)
                + ("RunTimeDelete=\"" + asUser + "delete --force" + id);
    }
}
