// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.FileSystems.Place;
import org.amphora.injection.Remedy;

/// R5.8: temporary files may not be executed.
final class TmpNoexec {

    static final Check CHECK =
            new Check(
                    "TMP-NOEXEC",
                    "R5.8",
                    Severity.WARN,
                    "Temporary files may not be executed",
                    """
                    Java, numba, mpi4py and others unpack libraries into the temporary directory and
                    load them there. On a file system mounted `noexec` that fails.
                    """,
                    "mount(8) noexec; java.io.tmpdir of JNA",
                    TmpNoexec::look);

    private TmpNoexec() {}

    private static Outcome look(Situation s) {
        Place place =
                s.host().fileSystems().places().stream()
                        .filter(one -> one.name().equals("temporary"))
                        .findFirst()
                        .orElse(null);
        if (place == null) {
            return Outcome.unknown("where this node keeps temporary files");
        }
        if (!place.options().contains("noexec")) {
            return Outcome.passed(place.path() + " allows programs and libraries");
        }
        return Mending.found(
                s,
                Remedy.TMPDIR,
                Severity.WARN,
                "The temporary directory "
                        + place.path()
                        + " of this node is mounted noexec; programs that unpack libraries there cannot load them.",
                List.of(
                        new Evidence(
                                place.path(), place.type().orElse("mounted") + " with noexec")),
                "failed to map segment from shared object: Operation not permitted",
                new Fix.Command("mkdir -p $HOME/tmp && export TMPDIR=$HOME/tmp"));
    }
}
