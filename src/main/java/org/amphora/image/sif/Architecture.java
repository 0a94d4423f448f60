// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.sif;

import java.nio.charset.StandardCharsets;

/// The processor architectures that SIF knows, with their two-digit codes (apptainer/sif
/// `pkg/sif/arch.go`) and their names in Go and OCI.
public enum Architecture {
    UNKNOWN("00", "unknown"),
    I386("01", "386"),
    AMD64("02", "amd64"),
    ARM("03", "arm"),
    ARM64("04", "arm64"),
    PPC64("05", "ppc64"),
    PPC64LE("06", "ppc64le"),
    MIPS("07", "mips"),
    MIPSLE("08", "mipsle"),
    MIPS64("09", "mips64"),
    MIPS64LE("10", "mips64le"),
    S390X("11", "s390x"),
    RISCV64("12", "riscv64"),
    LOONG64("13", "loong64");

    /// Length of the field: two digits and a NUL.
    static final int FIELD_SIZE = 3;

    private final String code;
    private final String ociName;

    Architecture(String code, String ociName) {
        this.code = code;
        this.ociName = ociName;
    }

    /// The architecture with this OCI name (`amd64`); `UNKNOWN` when SIF has no code for it.
    public static Architecture ofOciName(String name) {
        for (Architecture architecture : values()) {
            if (architecture.ociName.equals(name)) {
                return architecture;
            }
        }
        return UNKNOWN;
    }

    /// The architecture with this two-digit code; `UNKNOWN` for any other text.
    static Architecture ofCode(String code) {
        for (Architecture architecture : values()) {
            if (architecture.code.equals(code)) {
                return architecture;
            }
        }
        return UNKNOWN;
    }

    /// As OCI and Go name it, e.g. `amd64`.
    public String ociName() {
        return ociName;
    }

    byte[] field() {
        return (code + "\0").getBytes(StandardCharsets.US_ASCII);
    }
}
