// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.amphora.host.Fabric.Adapter;
import org.amphora.host.Fabric.Port;
import org.amphora.host.Host;
import org.amphora.problem.ExitCode;
import org.amphora.problem.Problem;
import org.amphora.proof.Proof;
import org.amphora.proof.Watch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "prove",
        description =
                "Say what MPI made of a running rank: world size, transport, GPU. exec --prove does"
                        + " so at each start.")
final class ProveCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Option(
            names = "--wait",
            description =
                    "Wait until MPI has begun; end the ranks when they do not see each other.")
    private boolean wait;

    @Parameters(index = "0", paramLabel = "PID", description = "The process, on this node.")
    private long pid;

    @Override
    public Integer call() {
        Watch watch = new Watch(pid, fabrics());
        Optional<Proof> seen = wait ? watch.await() : watch.look();
        PrintWriter err = spec.commandLine().getErr();
        if (seen.isEmpty() || seen.get().world() == 0) {
            throw new Problem(
                    "cannot prove anything about process " + pid,
                    seen.isPresent()
                            ? "MPI has not begun in it"
                            : "it has ended, or belongs to somebody else",
                    "name a rank that has called MPI_Init");
        }
        Proof proof = seen.get();
        // Each node has somebody who watches; one report is enough.
        if (!wait || proof.rank().equals("0") || proof.failure().isPresent()) {
            proof.lines().forEach(line -> err.println("proof: " + line));
        }
        proof.failure().ifPresent(failure -> err.println(failure.lines()));
        err.flush();
        if (wait && proof.failure().isPresent()) {
            watch.end();
        }
        return proof.failure().isPresent() ? ExitCode.FAILURE.status() : ExitCode.OK.status();
    }

    /// An adapter for Ethernet may be there for nothing but Ethernet.
    private static List<String> fabrics() {
        return Host.probe(Path.of("/")).fabric().active().stream()
                .filter(adapter -> adapter.ports().stream().anyMatch(ProveCommand::isFabric))
                .map(Adapter::name)
                .toList();
    }

    private static boolean isFabric(Port port) {
        return port.isActive() && !port.layer().orElse("").equals("Ethernet");
    }
}
