// SPDX-License-Identifier: Apache-2.0
package org.amphora.proof;

import java.util.ArrayList;
import java.util.List;

/// By which ways a rank's messages and computations go, as its open devices and connections tell.
final class Transports {

    /// Devices of fabrics, by how their names begin.
    private static final List<String> FABRIC =
            List.of("/dev/infiniband/uverbs", "/dev/cxi", "/dev/hfi1", "/dev/kgni", "/dev/efa");

    private Transports() {}

    /// Device files of fabrics that it has open.
    static List<String> fabric(Rank rank) {
        return rank.devices().stream()
                .filter(device -> FABRIC.stream().anyMatch(device::startsWith))
                .sorted()
                .toList();
    }

    static String text(Rank rank, List<String> fabric, boolean sharesMemory) {
        List<String> ways = new ArrayList<>();
        if (sharesMemory) {
            ways.add("shared memory on this node");
        }
        if (!fabric.isEmpty()) {
            ways.add(String.join(", ", fabric));
        }
        long connections = rank.connections().stream().filter(Rank.Connection::leavesNode).count();
        if (connections > 0) {
            ways.add("TCP, " + connections + " connections to other nodes");
        }
        return ways.isEmpty() ? "none yet" : String.join("; ", ways);
    }

    static String gpu(Rank rank) {
        List<String> open = rank.devices().stream().filter(Transports::isGpu).sorted().toList();
        String library = rank.hasLibrary("libcuda.so") ? "CUDA's driver is loaded" : "";
        if (open.isEmpty()) {
            return library.isEmpty() ? "not in use" : library + ", but no device is open";
        }
        return String.join(", ", open);
    }

    private static boolean isGpu(String device) {
        String number =
                device.startsWith("/dev/nvidia") ? device.substring("/dev/nvidia".length()) : "-";
        boolean nvidia = !number.isEmpty() && number.chars().allMatch(Character::isDigit);
        return nvidia || device.equals("/dev/kfd") || device.startsWith("/dev/dri/renderD");
    }
}
