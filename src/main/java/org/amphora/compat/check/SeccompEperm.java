// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.elf.Version;
import org.amphora.host.Fact;

/// R1.3: an outer container forbids system calls in the wrong way.
final class SeccompEperm {

    static final Check CHECK =
            new Check(
                    "SECCOMP-EPERM",
                    "R1.3",
                    Severity.BLOCK,
                    "An outer container forbids system calls in the wrong way",
                    """
                    When Amphora itself runs inside Docker, Podman or Kubernetes, their filter may
                    answer `EPERM` to a system call it does not know. The C library falls back to an
                    older call only on `ENOSYS`, so threads or file tests fail. Amphora adds no filter
                    of its own.
                    """,
                    "glibc clone-internal.c, faccessat.c; measured with a filter on Debian "
                            + "11 and 13; moby/moby#42680, containerd/containerd#6203, golang/go#467",
                    SeccompEperm::look);

    private SeccompEperm() {}

    private static Outcome look(Situation s) {
        Fact<Integer> mode = s.host().kernel().seccomp();
        if (mode.isUnknown()) {
            return Outcome.unknown("whether a filter is in place: " + mode);
        }
        if (mode.orElse(0) != 2) {
            return Outcome.notApplicable("no system call filter is in place on this node");
        }
        Fact<Map<String, String>> calls = s.host().kernel().syscalls();
        if (calls.value().isEmpty()) {
            return Outcome.unknown("what the filter does: " + calls);
        }
        Version glibc = s.glibc().orElse(null);
        if (glibc == null) {
            return Outcome.unknown("which system calls the image's C library uses");
        }
        List<String> refused = new ArrayList<>();
        calls.orElse(Map.of())
                .forEach(
                        (call, answer) -> {
                            if (answer.equals("EPERM") && SyscallTable.isUsedBy(call, glibc)) {
                                refused.add(call);
                            }
                        });
        if (refused.isEmpty()) {
            return Outcome.passed("the filter refuses nothing that glibc " + glibc + " needs");
        }
        return Outcome.found(
                Severity.BLOCK,
                "The filter of an outer container answers EPERM to "
                        + Evidence.some(refused)
                        + ", which the image's glibc "
                        + glibc
                        + " uses and cannot replace then.",
                List.of(
                        Evidence.of(mode),
                        new Evidence(calls.source(), Evidence.some(refused) + ": EPERM")),
                SyscallTable.complaint(refused.getFirst()),
                new Fix.Advice(
                        "update the outer runtime to runc 1.0.2 and libseccomp 2.5.4 or newer; last resort there: --security-opt seccomp=unconfined"));
    }
}
