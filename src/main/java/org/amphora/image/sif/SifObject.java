// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.sif;

import java.util.Optional;

/// One object of a SIF file as its descriptor says (apptainer/sif `pkg/sif/descriptor.go`).
/// Sizes and offsets are in bytes, times in seconds since 1970.
///
/// @param id slot number, from 1
/// @param type the raw type number is `typeCode`, for types that are not known here
/// @param group 0 when it belongs to none
/// @param link id of another object, or a group when `linksGroup`; 0 when it has none
/// @param offset in the file
/// @param sizeWithPadding with the padding before it
/// @param detail what the extra bytes say for this type
public record SifObject(
        int id,
        Type type,
        int typeCode,
        int group,
        int link,
        boolean linksGroup,
        long offset,
        long size,
        long sizeWithPadding,
        long created,
        long modified,
        String name,
        Detail detail) {

    static final int DESCRIPTOR_SIZE = 585;
    static final int NAME_SIZE = 128;
    static final int EXTRA_SIZE = 384;
    static final int GROUP_MASK = 0xF000_0000;

    /// The file system partition that this object is, if it is one.
    public Optional<Partition> partition() {
        return detail instanceof Partition partition ? Optional.of(partition) : Optional.empty();
    }

    /// Where the object ends in the file.
    public long end() {
        return offset + size;
    }

    /// Object types, with the words that `sif list` prints.
    public enum Type {
        DEFINITION(0x4001, "Def.FILE"),
        ENVIRONMENT(0x4002, "Env.Vars"),
        LABELS(0x4003, "JSON.Labels"),
        PARTITION(0x4004, "FS"),
        SIGNATURE(0x4005, "Signature"),
        GENERIC_JSON(0x4006, "JSON.Generic"),
        GENERIC(0x4007, "Generic/Raw"),
        CRYPTO_MESSAGE(0x4008, "Cryptographic Message"),
        SBOM(0x4009, "SBOM"),
        OCI_ROOT_INDEX(0x400A, "OCI.RootIndex"),
        OCI_BLOB(0x400B, "OCI.Blob"),
        UNKNOWN(0, "Unknown");

        final int code;
        private final String label;

        Type(int code, String label) {
            this.code = code;
            this.label = label;
        }

        static Type ofCode(int code) {
            for (Type type : values()) {
                if (type.code == code) {
                    return type;
                }
            }
            return UNKNOWN;
        }

        public String label() {
            return label;
        }
    }

    /// File systems of a partition.
    public enum FileSystemType {
        UNKNOWN(0, "Unknown"),
        SQUASHFS(1, "Squashfs"),
        EXT3(2, "Ext3"),
        ARCHIVE(3, "Archive"),
        RAW(4, "Raw"),
        ENCRYPTED_SQUASHFS(5, "Encrypted squashfs"),
        GOCRYPTFS_SQUASHFS(6, "Gocryptfs squashfs");

        final int code;
        private final String label;

        FileSystemType(int code, String label) {
            this.code = code;
            this.label = label;
        }

        static FileSystemType ofCode(int code) {
            for (FileSystemType type : values()) {
                if (type.code == code) {
                    return type;
                }
            }
            return UNKNOWN;
        }

        public String label() {
            return label;
        }
    }

    /// What a partition is for; there is at most one primary one, the root file system.
    public enum Role {
        UNKNOWN(0, "Unknown"),
        SYSTEM(1, "System"),
        PRIMARY(2, "*System"),
        DATA(3, "Data"),
        OVERLAY(4, "Overlay");

        final int code;
        private final String label;

        Role(int code, String label) {
            this.code = code;
            this.label = label;
        }

        static Role ofCode(int code) {
            for (Role role : values()) {
                if (role.code == code) {
                    return role;
                }
            }
            return UNKNOWN;
        }

        public String label() {
            return label;
        }
    }

    /// What the descriptor says beyond the common fields.
    public sealed interface Detail {}

    /// Nothing more.
    public record Plain() implements Detail {}

    /// A file system.
    public record Partition(FileSystemType fileSystem, Role role, Architecture architecture)
            implements Detail {}

    /// Further facts, as `sif list` words them: the hash of a signature, the format of an SBOM,
    /// the digest of an OCI blob.
    public record Remark(String text) implements Detail {}
}
