// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.List;
import org.amphora.contents.Binaries;
import org.amphora.contents.Contents;
import org.amphora.contents.Libc;
import org.amphora.elf.Version;
import org.amphora.host.Host;

/// Libraries of an image that its own linker refuses on this node, for a few bytes that say more
/// than they need.
final class OddBinaries {
    private OddBinaries() {}

    static void decide(
            Host host, Contents image, InjectionRequest request, Injection.Collected all) {
        Version kernel = host.kernel().version().value().flatMap(Version::leading).orElse(null);
        Libc libc = image.libc();
        if (request.remedies().contains(Remedy.ABI_NOTE)
                && kernel != null
                && libc.refusesOldKernels()) {
            List<String> files =
                    image.binaries().kernelFloors().stream()
                            .filter(floor -> !kernel.isAtLeast(floor.kernel()))
                            .map(Binaries.Floor::path)
                            .toList();
            add(Remedy.ABI_NOTE, files, "ask for no newer kernel than " + kernel, all);
        }
        if (request.remedies().contains(Remedy.EXEC_STACK) && libc.refusesExecutableStacks()) {
            add(
                    Remedy.EXEC_STACK,
                    image.binaries().executableStacks(),
                    "want no executable stack",
                    all);
        }
    }

    private static void add(
            Remedy remedy, List<String> files, String what, Injection.Collected all) {
        for (String file : files) {
            all.copies.add(new Injection.Copy(file, remedy));
        }
        if (!files.isEmpty()) {
            all.note(remedy, "copies that " + what + " lie over " + String.join(", ", files));
        }
    }
}
