// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Locale;
import org.amphora.contents.Libc;

/// R1.6: the node's libraries cannot be loaded in an image without glibc.
final class MuslInject {

    static final Check CHECK =
            new Check(
                    "MUSL-INJECT",
                    "R1.6",
                    Severity.BLOCK,
                    "The node's libraries cannot be loaded in an image without glibc",
                    """
                    MPI libraries and GPU drivers are built for glibc. An Alpine image has musl, which
                    cannot load them; a static program loads nothing at all.
                    """,
                    "musl libc wiki, differences from glibc; measured with Alpine's loader "
                            + "on Debian 12",
                    MuslInject::look);

    private MuslInject() {}

    private static Outcome look(Situation s) {
        Libc.Kind kind = s.contents().libc().kind();
        if (kind == Libc.Kind.GLIBC) {
            return Outcome.passed("the image uses glibc");
        }
        if (kind == Libc.Kind.UNKNOWN) {
            return Outcome.unknown("which C library the image uses");
        }
        boolean gpu = s.request().gpu() == Request.GpuChoice.NVIDIA || s.bringsNvidia();
        if (!s.bindsMpi() && !gpu) {
            return Outcome.notApplicable("nothing of the node's libraries is brought in");
        }
        String what = s.bindsMpi() ? "MPI" : "NVIDIA driver";
        String libc = kind == Libc.Kind.MUSL ? "musl" : "no shared C library";
        return Outcome.found(
                s.bindsMpi() || s.contents().cuda().isUsed() ? Severity.BLOCK : Severity.WARN,
                "The node's "
                        + what
                        + " is built for glibc and cannot be loaded in this image, which has "
                        + libc
                        + ".",
                List.of(
                        Evidence.image(
                                s.contents().libc().linker().isEmpty()
                                        ? "/"
                                        : s.contents().libc().linker(),
                                libc),
                        new Evidence(
                                "request",
                                s.bindsMpi()
                                        ? "--mpi=bind"
                                        : "--gpu="
                                                + s.request()
                                                        .gpu()
                                                        .name()
                                                        .toLowerCase(Locale.ROOT))),
                s.bindsMpi()
                        ? "Error relocating …: symbol not found"
                        : "CUDA driver version is insufficient for CUDA runtime version",
                s.bindsMpi()
                        ? BoundMpi.KEEP_IMAGES
                        : new Fix.Advice(
                                "take a variant of the image on Debian, Ubuntu or Rocky instead of Alpine"));
    }
}
