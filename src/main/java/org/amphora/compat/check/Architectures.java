// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

/// Names of machines, and which starts what.
final class Architectures {

    private Architectures() {}

    /// What `uname -m` says, as OCI names it (image-spec v1.1.1 config.md#properties, GOARCH).
    static String ociName(String machine) {
        return switch (machine) {
            case "x86_64" -> "amd64";
            case "i386", "i486", "i586", "i686" -> "386";
            case "aarch64" -> "arm64";
            case "armv6l", "armv7l", "armv8l" -> "arm";
            default -> machine;
        };
    }

    static boolean runs(String node, String image, boolean runs32Bit) {
        return node.equals(image)
                || runs32Bit && node.equals("amd64") && image.equals("386")
                || runs32Bit && node.equals("arm64") && image.equals("arm");
    }

    /// How a program for a machine begins, as binfmt_misc compares it; empty for unknown ones.
    static byte[] header(String architecture) {
        int machine =
                switch (architecture) {
                    case "386" -> 3;
                    case "arm" -> 40;
                    case "s390x" -> 22;
                    case "ppc64le" -> 21;
                    case "amd64" -> 62;
                    case "arm64" -> 183;
                    case "riscv64" -> 243;
                    default -> 0;
                };
        if (machine == 0) {
            return new byte[0];
        }
        boolean narrow = architecture.equals("386") || architecture.equals("arm");
        boolean big = architecture.equals("s390x");
        byte[] header = new byte[20];
        header[0] = 0x7f;
        header[1] = 'E';
        header[2] = 'L';
        header[3] = 'F';
        header[4] = (byte) (narrow ? 1 : 2);
        header[5] = (byte) (big ? 2 : 1);
        header[6] = 1;
        header[big ? 17 : 16] = 2;
        header[big ? 19 : 18] = (byte) machine;
        return header;
    }
}
