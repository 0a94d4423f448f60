// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.amphora.elf.LibraryCache;

/// What `--nv` and `--rocm` bring into a container: the driver's libraries and tools of this node,
/// and the device files, which a small `/dev` lacks. A node without GPU brings nothing.
///
/// The libraries are those of the NVIDIA driver itself. The vendor-neutral ones around it (libGL,
/// libEGL, libOpenCL) stay the image's own: the host's may need a newer libc than the image has.
/// ROCm's libraries belong to the image altogether.
///
/// @param files read-only binds
/// @param devices paths that are the same inside
record Gpu(List<Bind> files, List<String> devices) {
    static final Gpu NONE = new Gpu(List.of(), List.of());

    private static final String[] DRIVER_LIBRARIES = {
        "libcuda.so",
        "libcudadebugger.so",
        "libnvidia-",
        "libnvcuvid.so",
        "libnvoptix.so",
        "libvdpau_nvidia.so",
        "libGLX_nvidia.so",
        "libEGL_nvidia.so",
        "libGLESv1_CM_nvidia.so",
        "libGLESv2_nvidia.so"
    };
    private static final String[] TOOLS = {
        "nvidia-smi",
        "nvidia-debugdump",
        "nvidia-persistenced",
        "nvidia-cuda-mps-control",
        "nvidia-cuda-mps-server"
    };
    private static final String[] TOOL_DIRECTORIES = {
        "/usr/bin/", "/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/nvidia/bin/"
    };

    /// Looks at the node.
    ///
    /// @param root the node's root directory, `""` for this one
    static Gpu find(boolean nvidia, boolean amd, String root) {
        if (!nvidia && !amd) {
            return NONE;
        }
        List<Bind> files = new ArrayList<>();
        List<String> devices = new ArrayList<>();
        if (nvidia && new File(root + "/dev/nvidiactl").exists()) {
            addLibraries(files, root);
            addTools(files, root);
            addDevices(devices, root, "nvidia");
        }
        if (amd && new File(root + "/dev/kfd").exists()) {
            devices.add("/dev/kfd");
        }
        if (!devices.isEmpty() && new File(root + "/dev/dri").exists()) {
            devices.add("/dev/dri");
        }
        return new Gpu(files, devices);
    }

    private static void addLibraries(List<Bind> files, String root) {
        List<LibraryCache.Library> libraries;
        try {
            libraries = LibraryCache.read(new File(root + "/etc/ld.so.cache"));
        } catch (IOException e) {
            return;
        }
        for (LibraryCache.Library library : libraries) {
            String destination = ContainerEnvironment.LIBRARIES + "/" + library.name();
            if (isDriverLibrary(library.name()) && !isBound(files, destination)) {
                files.add(new Bind(library.path(), destination, true));
            }
        }
    }

    private static boolean isDriverLibrary(String name) {
        for (String prefix : DRIVER_LIBRARIES) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    /// The cache lists variants of one name, the preferred one first.
    private static boolean isBound(List<Bind> files, String destination) {
        for (Bind bind : files) {
            if (bind.destination().equals(destination)) {
                return true;
            }
        }
        return false;
    }

    private static void addTools(List<Bind> files, String root) {
        for (String tool : TOOLS) {
            for (String directory : TOOL_DIRECTORIES) {
                if (new File(root + directory + tool).canExecute()) {
                    files.add(new Bind(directory + tool, "/usr/bin/" + tool, true));
                    break;
                }
            }
        }
    }

    private static void addDevices(List<String> devices, String root, String prefix) {
        String[] names = new File(root + "/dev").list();
        if (names == null) {
            return;
        }
        List<String> found = new ArrayList<>();
        for (String name : names) {
            if (name.startsWith(prefix)) {
                found.add("/dev/" + name);
            }
        }
        found.sort(null);
        devices.addAll(found);
    }
}
