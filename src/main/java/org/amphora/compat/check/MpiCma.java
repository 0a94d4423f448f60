// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Fact;

/// R4.14: ranks may not copy from each other's memory.
final class MpiCma {

    static final Check CHECK =
            new Check(
                    "MPI-CMA",
                    "R4.14",
                    Severity.WARN,
                    "Ranks may not copy from each other's memory",
                    """
                    Ranks on one node copy large messages straight from each other's memory
                    (`process_vm_readv`). The kernel allows that only within one user namespace, and not
                    with `ptrace_scope` 2 or 3. Without it MPI copies twice; very old versions fail.
                    """,
                    "ptrace(2) access mode checks; open-mpi/ompi#4948, #6844, #6997; " + "measured",
                    MpiCma::look);

    private MpiCma() {}

    private static Outcome look(Situation s) {
        if (MpiClient.of(s).isEmpty() || s.request().ranksPerNode() < 2) {
            return Outcome.notApplicable("fewer than two MPI ranks share a node");
        }
        Fact<Integer> scope = s.host().kernel().ptraceScope();
        if (scope.isUnknown()) {
            return Outcome.unknown("whether the kernel restricts it: " + scope);
        }
        if (scope.orElse(0) < 2) {
            return Outcome.passed("the kernel allows it among processes of one user namespace");
        }
        return Outcome.found(
                Severity.WARN,
                "This node's kernel forbids all ranks to copy from each other's memory (ptrace_scope "
                        + scope.orElse(2)
                        + "); large messages on a node are copied twice.",
                List.of(Evidence.of(scope)),
                "CMA support is not available due to restrictive ptrace settings",
                new Fix.Command("sysctl -w kernel.yama.ptrace_scope=1   # as administrator"));
    }
}
