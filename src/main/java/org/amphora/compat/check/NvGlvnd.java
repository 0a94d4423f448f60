// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// R2.8: graphics need the image's own libglvnd.
final class NvGlvnd {

    static final Check CHECK =
            new Check(
                    "NV-GLVND",
                    "R2.8",
                    Severity.WARN,
                    "Graphics need the image's own libglvnd",
                    """
                    Only files that carry the driver's version number are brought from the node. The
                    dispatch libraries around them (libGL, libEGL, libGLX, libOpenGL, libGLdispatch,
                    libOpenCL) belong to a distribution: the node's copies want the node's C library and
                    break older images. An image that draws therefore needs libglvnd of its own.
                    """,
                    "libglvnd; apptainer nvliblist.conf; apptainer/apptainer#598, #945, "
                            + "#2421, #3041",
                    NvGlvnd::look);

    private NvGlvnd() {}

    private static Outcome look(Situation s) {
        if (!s.bringsNvidia()) {
            return Outcome.notApplicable("no NVIDIA driver is brought in");
        }
        String wanted = s.contents().environment().value("NVIDIA_DRIVER_CAPABILITIES").orElse("");
        boolean graphics = wanted.contains("graphics") || wanted.contains("display");
        if (s.contents().cuda().glvnd().isPresent()) {
            return Outcome.passed(
                    "the image has "
                            + s.contents().cuda().glvnd().get()
                            + "; the node's is not brought in");
        }
        if (!graphics) {
            return Outcome.passed(
                    "the image does not ask for graphics; the node's dispatch libraries are not brought in");
        }
        return Outcome.found(
                Severity.WARN,
                "The image asks for graphics but has no libglvnd, so programs find no OpenGL or EGL.",
                List.of(
                        new Evidence("image environment NVIDIA_DRIVER_CAPABILITIES", wanted),
                        Evidence.image("libGLdispatch.so.0", "none")),
                "libGL.so.1: cannot open shared object file: No such file or directory",
                new Fix.Command(
                        "apt-get install -y libglvnd0 libgl1 libegl1 libglx0   # in the recipe's %post; dnf: libglvnd-glx libglvnd-egl"));
    }
}
