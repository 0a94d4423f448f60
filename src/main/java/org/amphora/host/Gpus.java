// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;
import java.util.Map;
import org.amphora.cdi.CdiSpecification;

/// Accelerators and their drivers.
///
/// @param render `/dev/dri/renderD*` of every vendor
public record Gpus(Nvidia nvidia, Amd amd, Intel intel, List<RenderNode> render) {

    public Gpus {
        render = Given.list(render);
    }

    /// NVIDIA's driver: the kernel's half and the user's half, which must be of one version.
    ///
    /// @param kernelDriver version of the loaded module (/proc/driver/nvidia/version); absent
    ///     without the module
    /// @param openModule whether that is the open flavour
    /// @param userDriver version of the libcuda that the node's linker finds
    /// @param gpus the cards
    /// @param libraries every `*.so.VERSION` of the driver, by the names the linker's cache has,
    ///     vdpau included; the first per name is the one that the linker prefers
    /// @param programs paths of nvidia-smi and others
    /// @param devices device files, MIG capabilities and IMEX channels included
    /// @param capabilities paths below /proc/driver/nvidia/capabilities (MIG)
    /// @param sockets of persistenced, fabricmanager and MPS that exist
    /// @param files ICD descriptions and firmware that belong to the driver
    /// @param specifications CDI files that speak of `nvidia.com`
    public record Nvidia(
            Fact<String> kernelDriver,
            Fact<Boolean> openModule,
            Fact<String> userDriver,
            List<NvidiaGpu> gpus,
            List<Library> libraries,
            List<String> programs,
            List<Device> devices,
            List<String> capabilities,
            List<String> sockets,
            List<String> files,
            List<CdiFile> specifications) {

        public Nvidia {
            kernelDriver = Fact.given(kernelDriver);
            openModule = Fact.given(openModule);
            userDriver = Fact.given(userDriver);
            gpus = Given.list(gpus);
            libraries = Given.list(libraries);
            programs = Given.list(programs);
            devices = Given.list(devices);
            capabilities = Given.list(capabilities);
            sockets = Given.list(sockets);
            files = Given.list(files);
            specifications = Given.list(specifications);
        }

        /// Whether there is a driver to work with: its module is loaded, or its devices exist.
        public boolean isPresent() {
            return kernelDriver.isKnown() || !devices.isEmpty();
        }
    }

    /// One NVIDIA card.
    ///
    /// @param source its `information` file
    /// @param model `NVIDIA A100-SXM4-40GB`
    /// @param bus `0000:07:00.0`
    /// @param minor its device is `/dev/nvidiaMINOR`
    /// @param pciId vendor and device, `10de:20b0`
    /// @param computeCapability `8.0`
    /// @param dataCentre whether forward compatibility packages work on it
    public record NvidiaGpu(
            String source,
            Fact<String> model,
            Fact<String> uuid,
            Fact<String> bus,
            Fact<Integer> minor,
            Fact<String> pciId,
            Fact<String> computeCapability,
            Fact<Boolean> dataCentre) {

        public NvidiaGpu {
            source = Given.text(source);
            model = Fact.given(model);
            uuid = Fact.given(uuid);
            bus = Fact.given(bus);
            minor = Fact.given(minor);
            pciId = Fact.given(pciId);
            computeCapability = Fact.given(computeCapability);
            dataCentre = Fact.given(dataCentre);
        }
    }

    /// A description of devices for containers (Container Device Interface).
    ///
    /// @param text as it is, JSON or YAML
    /// @param missing host paths it names that do not exist: it is stale
    /// @param sonames of the libraries among its host paths
    public record CdiFile(
            String path, Fact<String> text, List<String> missing, Map<String, String> sonames) {

        public CdiFile {
            path = Given.text(path);
            text = Fact.given(text);
            missing = Given.list(missing);
            sonames = Given.map(sonames);
        }

        /// What it says; unknown, with the reason, when it is not valid.
        public Fact<CdiSpecification> specification() {
            if (!text.isKnown()) {
                return Fact.unknown(path, text.unknown().orElse("it is gone"));
            }
            try {
                return Fact.known(CdiSpecification.parse(path, text.orElse("")), path);
            } catch (IllegalArgumentException e) {
                return Fact.unknown(path, String.valueOf(e.getMessage()));
            }
        }
    }

    /// AMD's driver; its libraries belong to the image.
    ///
    /// @param module whether amdgpu is loaded
    /// @param moduleVersion of the DKMS module; absent for the kernel's own
    /// @param rocm version of the node's own ROCm
    /// @param gpus nodes of the kfd topology that are GPUs
    /// @param devices /dev/kfd and the render nodes
    public record Amd(
            Fact<Boolean> module,
            Fact<String> moduleVersion,
            Fact<String> rocm,
            List<AmdGpu> gpus,
            List<Device> devices) {

        public Amd {
            module = Fact.given(module);
            moduleVersion = Fact.given(moduleVersion);
            rocm = Fact.given(rocm);
            gpus = Given.list(gpus);
            devices = Given.list(devices);
        }
    }

    /// One AMD GPU.
    ///
    /// @param source its `properties` file
    /// @param gfx `gfx90a`
    /// @param renderMinor its render node is `/dev/dri/renderDMINOR`
    public record AmdGpu(String source, Fact<String> gfx, Fact<Integer> renderMinor) {

        public AmdGpu {
            source = Given.text(source);
            gfx = Fact.given(gfx);
            renderMinor = Fact.given(renderMinor);
        }
    }

    /// Intel's GPUs and Gaudi accelerators.
    ///
    /// @param devices render nodes of i915 and xe
    /// @param accelerators `/dev/accel/accel*` of habanalabs
    public record Intel(List<Device> devices, List<Device> accelerators) {

        public Intel {
            devices = Given.list(devices);
            accelerators = Given.list(accelerators);
        }
    }

    /// A render node and who drives it.
    ///
    /// @param driver kernel driver: `amdgpu`, `i915`, `xe`, `nvidia`
    /// @param pciId vendor and device, `8086:0bd5`
    public record RenderNode(Device device, Fact<String> driver, Fact<String> pciId) {

        public RenderNode {
            driver = Fact.given(driver);
            pciId = Fact.given(pciId);
        }
    }
}
