// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import org.amphora.host.Host;

/// GPUs of AMD and Intel: their libraries belong to the image, so that only devices are needed. The
/// groups that may open them are kept by every launch.
final class OtherGpus {
    private OtherGpus() {}

    static void amd(Host host, Injection.Collected all) {
        host.gpus().amd().devices().forEach(device -> all.device(device.path()));
        if (!host.gpus().amd().devices().isEmpty()) {
            all.device("/dev/dri");
        }
    }

    static void intel(Host host, Injection.Collected all) {
        host.gpus().intel().devices().forEach(device -> all.device(device.path()));
        host.gpus().intel().accelerators().forEach(device -> all.device(device.path()));
        if (!host.gpus().intel().devices().isEmpty()) {
            all.device("/dev/dri");
        }
    }
}
