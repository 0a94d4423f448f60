// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Fact;
import org.amphora.host.FileSystems.Place;

/// R4.15: shared memory is too small.
final class ShmSmall {

    static final Check CHECK =
            new Check(
                    "SHM-SMALL",
                    "R4.15",
                    Severity.BLOCK,
                    "Shared memory is too small",
                    """
                    Ranks of a node, NCCL and PyTorch exchange data through `/dev/shm`. Amphora uses the
                    node's; `--contain` makes a private one. Reckon with 64 MiB for each rank.
                    """,
                    "MPICH MPIDU_Init_shm, UCX posix, NVIDIA/nccl#290, #342; "
                            + "ROCm/rocm-systems#3700",
                    ShmSmall::look);

    private ShmSmall() {}

    private static Outcome look(Situation s) {
        if (s.contents().mpi().libraries().isEmpty() && !s.wantsNvidia() && !s.wantsAmd()) {
            return Outcome.notApplicable("the image has neither MPI nor GPU programs");
        }
        Fact<Place> place = s.host().fileSystems().sharedMemory();
        if (place.isAbsent()) {
            return Outcome.found(
                    Severity.BLOCK,
                    "This node has no /dev/shm, which MPI and NCCL need.",
                    List.of(Evidence.of(place)),
                    "unable to allocate shared memory",
                    new Fix.Command(
                            "mount -t tmpfs -o mode=1777 tmpfs /dev/shm   # as administrator"));
        }
        Long bytes = place.value().flatMap(shm -> shm.bytes().value()).orElse(null);
        if (bytes == null) {
            return Outcome.unknown(
                    "the size of /dev/shm: "
                            + place.value()
                                    .map(shm -> shm.bytes().toString())
                                    .orElse(place.toString()));
        }
        long mebibytes = bytes >> 20;
        long need = 64L * s.request().ranksPerNode();
        if (mebibytes >= need) {
            return Outcome.passed(
                    "/dev/shm has "
                            + mebibytes
                            + " MiB for "
                            + s.request().ranksPerNode()
                            + " ranks");
        }
        return Outcome.found(
                Severity.WARN,
                "/dev/shm has "
                        + mebibytes
                        + " MiB; "
                        + s.request().ranksPerNode()
                        + " ranks on a node may need "
                        + need
                        + " MiB.",
                List.of(
                        new Evidence("/dev/shm", mebibytes + " MiB"),
                        new Evidence("ranks per node", String.valueOf(s.request().ranksPerNode()))),
                "MPIDU_Init_shm_init: unable to allocate shared memory",
                new Fix.Command(
                        "mount -o remount,size="
                                + Math.max(need, 1024)
                                + "m /dev/shm   # as administrator"));
    }
}
