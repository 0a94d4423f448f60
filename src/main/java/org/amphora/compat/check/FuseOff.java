// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.elf.Version;
import org.amphora.host.FileSystems;

/// R5.2: images cannot be mounted here.
final class FuseOff {

    static final Check CHECK =
            new Check(
                    "FUSE-OFF",
                    "R5.2",
                    Severity.INFO,
                    "Images cannot be mounted here",
                    """
                    A SIF image is mounted through FUSE. Without `/dev/fuse` or squashfuse Amphora
                    unpacks it once into its cache and starts from there.
                    """,
                    "Linux Documentation/filesystems/fuse.rst; FUSE in user namespaces "
                            + "since 4.18",
                    FuseOff::look);

    private FuseOff() {}

    private static Outcome look(Situation s) {
        FileSystems files = s.host().fileSystems();
        List<Evidence> evidence = new ArrayList<>();
        if (files.squashfuse().isAbsent()) {
            evidence.add(Evidence.of(files.squashfuse()));
        }
        if (files.fuseDevice().isAbsent()
                || files.fuseDevice()
                        .value()
                        .flatMap(device -> device.opens().value())
                        .filter(opens -> !opens)
                        .isPresent()) {
            evidence.add(
                    new Evidence(
                            "/dev/fuse",
                            files.fuseDevice().isAbsent() ? "none" : "may not be opened"));
        }
        Version kernel = s.kernel().orElse(null);
        if (kernel != null && !kernel.isAtLeast(Version.parse("4.18"))) {
            evidence.add(Evidence.of(s.host().kernel().release()));
        }
        if (!evidence.isEmpty()) {
            return Outcome.found(
                    Severity.INFO,
                    "This node cannot mount images: "
                            + String.join(
                                    ", ",
                                    evidence.stream()
                                            .map(one -> one.source() + " " + one.value())
                                            .toList())
                            + ".",
                    evidence,
                    new Fix.Automatic(
                            "the image is unpacked into the cache at its first start; as administrator install squashfuse and load the module fuse to save time and space"));
        }
        if (files.fuseDevice().isUnknown() || files.squashfuse().isUnknown()) {
            return Outcome.unknown(
                    "whether images can be mounted: "
                            + (files.fuseDevice().isUnknown()
                                    ? files.fuseDevice()
                                    : files.squashfuse()));
        }
        return Outcome.passed(
                "/dev/fuse and " + files.squashfuse().orElse("squashfuse") + " are there");
    }
}
