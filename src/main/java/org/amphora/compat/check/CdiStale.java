// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.cdi.CdiSpecification;
import org.amphora.host.Fact;
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
                        regenerate(file));
            }
        }
        for (CdiFile file : files) {
            Fact<CdiSpecification> specification = file.specification();
            if (file.text().isUnknown()) {
                return Outcome.unknown("what " + file.path() + " says: " + file.text());
            }
            if (specification.isUnknown()) {
                return Outcome.found(
                        Severity.WARN,
                        file.path() + " is not valid: " + specification.unknown().orElse("") + ".",
                        List.of(Evidence.of(specification)),
                        "failed to load CDI Spec",
                        regenerate(file));
            }
        }
        return Outcome.passed(files.size() + " descriptions, all their files are there");
    }

    private static Fix regenerate(CdiFile file) {
        return new Fix.Command(
                "nvidia-ctk cdi generate --output=" + file.path() + "   # as administrator");
    }
}
