// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.host.Gpus.CdiFile;

/// 2.5: a device description names files that are gone.
final class CdiStale {

    static final Check CHECK =
            new Check(
                    "CDI-STALE",
                    "2.5",
                    Severity.WARN,
                    "A device description names files that are gone",
                    """
                    The Container Device Interface describes GPUs for containers in `/etc/cdi` and
                    `/var/run/cdi`. It is generated once, with the driver's version in its paths, and
                    goes stale with the next driver.
                    """,
                    "Container Device Interface SPEC 1.1.0; nvidia-ctk cdi generate",
                    CdiStale::look);

    private CdiStale() {}

    private static Outcome look(Situation s) {
        List<CdiFile> files = s.host().gpus().nvidia().specifications();
        if (files.isEmpty()) {
            return Outcome.notApplicable("this node has no CDI description for NVIDIA");
        }
        for (CdiFile file : files) {
            if (!file.missing().isEmpty()) {
                return Outcome.found(
                        Severity.WARN,
                        file.path()
                                + " names "
                                + file.missing().size()
                                + " files that do not exist on this node, "
                                + file.missing().getFirst()
                                + " among them.",
                        List.of(
                                new Evidence(
                                        file.path(), "missing " + Evidence.some(file.missing())),
                                Evidence.of(s.host().gpus().nvidia().kernelDriver())),
                        "failed to stat CDI host device \""
                                + file.missing().getFirst()
                                + "\": no such file or directory",
                        new Fix.Command(
                                "nvidia-ctk cdi generate --output="
                                        + file.path()
                                        + "   # as administrator"));
            }
        }
        Optional<CdiFile> unreadable =
                files.stream().filter(file -> file.text().isUnknown()).findFirst();
        return unreadable.isPresent()
                ? Outcome.unknown(
                        "what " + unreadable.get().path() + " says: " + unreadable.get().text())
                : Outcome.passed(files.size() + " descriptions, all their files are there");
    }
}
