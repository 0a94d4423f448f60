// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.FileSystems;
import org.amphora.host.FileSystems.Place;

/// R5.4: mapped user numbers on a network file system.
final class NetfsIds {

    static final Check CHECK =
            new Check(
                    "NETFS-IDS",
                    "R5.4",
                    Severity.WARN,
                    "Mapped user numbers on a network file system",
                    """
                    With `--fakeroot` files may get user numbers that only this node knows; NFS, Lustre
                    and others refuse them. Converting and running images needs no such numbers.
                    """,
                    "apptainer user guide, fakeroot; user_namespaces(7)",
                    NetfsIds::look);

    private NetfsIds() {}

    private static Outcome look(Situation s) {
        if (s.request().option("FAKEROOT").isEmpty()) {
            return Outcome.notApplicable("no user numbers are mapped without --fakeroot");
        }
        for (Place place : s.host().fileSystems().places()) {
            boolean written = place.name().equals("cache") || place.name().equals("temporary");
            if (written && FileSystems.isShared(place.type().orElse(""))) {
                return Outcome.found(
                        Severity.WARN,
                        "The "
                                + place.name()
                                + " directory "
                                + place.path()
                                + " lies on "
                                + place.type().orElse("")
                                + ", which refuses files of mapped users.",
                        List.of(
                                new Evidence(place.path(), place.type().orElse("")),
                                new Evidence(
                                        "environment …_FAKEROOT", s.request().option("FAKEROOT"))),
                        "lchown: invalid argument",
                        new Fix.Command(
                                "export AMPHORA_CACHEDIR=/tmp/$USER-amphora AMPHORA_TMPDIR=/tmp"));
            }
        }
        return Outcome.passed("cache and temporary files lie on local file systems");
    }
}
