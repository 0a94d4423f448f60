// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.io.File;

/// Whose GPUs an application is to see.
public enum GpuVendor {
    NVIDIA,
    AMD,
    INTEL;

    /// Whether a node shows signs of such a driver. A look at a file or two, so that a launch which
    /// asks for GPUs on a node without any costs nothing.
    ///
    /// @param root the node's root directory, `""` for this one
    public boolean isOn(String root) {
        return switch (this) {
            case NVIDIA ->
                    exists(root, "/dev/nvidiactl") || exists(root, "/proc/driver/nvidia/version");
            case AMD -> exists(root, "/dev/kfd");
            case INTEL -> exists(root, "/dev/dri") || exists(root, "/dev/accel");
        };
    }

    private static boolean exists(String root, String path) {
        return new File(root + path).exists();
    }
}
