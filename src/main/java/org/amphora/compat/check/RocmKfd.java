// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.host.Device;
import org.amphora.host.Fact;
import org.amphora.host.Gpus.Amd;

/// R3.2: the AMD GPU cannot be opened.
final class RocmKfd {

    static final Check CHECK =
            new Check(
                    "ROCM-KFD",
                    "R3.2",
                    Severity.BLOCK,
                    "The AMD GPU cannot be opened",
                    """
                    AMD's libraries come with the image; the node gives `/dev/kfd` and
                    `/dev/dri/renderD*`. Their group (render, video) must be among those of the user,
                    and the groups must survive the way into the container: Amphora keeps them,
                    `--fakeroot` with mapped ids loses them.
                    """,
                    "ROCm installation prerequisites; ROCm/ROCm#1211, #1798, #1549; "
                            + "ROCm-docker#116",
                    RocmKfd::look);

    private RocmKfd() {}

    private static Outcome look(Situation s) {
        if (!s.wantsAmd()) {
            return Outcome.notApplicable("no AMD GPU is wanted");
        }
        Amd amd = s.host().gpus().amd();
        Optional<Device> kfd =
                amd.devices().stream()
                        .filter(device -> device.path().equals("/dev/kfd"))
                        .findFirst();
        if (kfd.isEmpty()) {
            boolean asked = s.request().gpu() == Request.GpuChoice.AMD;
            return Outcome.found(
                    asked ? Severity.BLOCK : Severity.WARN,
                    "This node has no AMD GPU that computes: /dev/kfd does not exist.",
                    List.of(new Evidence("/dev/kfd", "none"), Evidence.of(amd.module())),
                    "Unable to open /dev/kfd read-write: No such file or directory",
                    new Fix.Advice(
                            "run on a node with AMD GPUs; as administrator: modprobe amdgpu"));
        }
        Fact<Boolean> opens = kfd.get().opens();
        if (opens.value().isEmpty()) {
            return Outcome.unknown("whether /dev/kfd may be opened: " + opens);
        }
        if (opens.orElse(true)) {
            return Outcome.passed("/dev/kfd may be opened");
        }
        String group = kfd.get().group().orElse("render");
        return Outcome.found(
                Severity.BLOCK,
                "/dev/kfd belongs to the group " + group + " and may not be opened by this user.",
                List.of(
                        new Evidence(
                                "/dev/kfd",
                                "mode " + kfd.get().mode().orElse("unknown") + ", group " + group),
                        Evidence.of(s.host().userNamespaces().groups())),
                "Unable to open /dev/kfd read-write: Permission denied",
                new Fix.Command(
                        "usermod -aG " + group + " USER   # as administrator; then log in again"));
    }
}
