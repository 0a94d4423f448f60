// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;
import java.util.Map;

/// The kernel and its settings that decide whether an image can start.
///
/// @param release `uname -r`: `5.14.0-427.el9.x86_64`
/// @param version its first three integers: `5.14.0`
/// @param machine `uname -m`: `x86_64`, `aarch64`
/// @param pageSize in bytes; 65536 on some aarch64 nodes
/// @param runs32Bit whether i386 programs start on an x86_64 node
/// @param bootId changes with each boot
/// @param ptraceScope yama's; from 2 on ranks cannot read each other's memory (CMA)
/// @param mountMax how many mounts a namespace may have
/// @param seccomp the filter mode of the process that probed: 0 none, 2 filtered
/// @param syscalls under such a filter: call → `works`, or the error that it gives, `EPERM`. Empty
///     when no filter is in place
/// @param cgroup `v2`, `v1` or `hybrid`
/// @param modules names of the loaded modules
/// @param binfmt handlers for programs of other machines
public record Kernel(
        Fact<String> release,
        Fact<String> version,
        Fact<String> machine,
        Fact<Integer> pageSize,
        Fact<Boolean> runs32Bit,
        Fact<String> bootId,
        Fact<Integer> ptraceScope,
        Fact<Long> mountMax,
        Fact<Integer> seccomp,
        Fact<Map<String, String>> syscalls,
        Fact<String> cgroup,
        Fact<List<String>> modules,
        Fact<List<Binfmt>> binfmt) {

    public Kernel {
        release = Fact.given(release);
        version = Fact.given(version);
        machine = Fact.given(machine);
        pageSize = Fact.given(pageSize);
        runs32Bit = Fact.given(runs32Bit);
        bootId = Fact.given(bootId);
        ptraceScope = Fact.given(ptraceScope);
        mountMax = Fact.given(mountMax);
        seccomp = Fact.given(seccomp);
        syscalls = Fact.given(syscalls);
        cgroup = Fact.given(cgroup);
        modules = Fact.given(modules);
        binfmt = Fact.given(binfmt);
    }

    /// A binfmt_misc handler (Documentation/admin-guide/binfmt-misc.rst).
    ///
    /// @param source its file below /proc/sys/fs/binfmt_misc
    /// @param flags with `F` the interpreter was opened when it was registered, so that it works in
    ///     a container
    /// @param magic hexadecimal, at `offset`; bytes under `mask` count. Empty when the handler goes
    ///     by file name
    public record Binfmt(
            String source,
            boolean enabled,
            String interpreter,
            String flags,
            int offset,
            String magic,
            String mask) {

        public Binfmt {
            source = Given.text(source);
            interpreter = Given.text(interpreter);
            flags = Given.text(flags);
            magic = Given.text(magic);
            mask = Given.text(mask);
        }

        /// Whether this handler, as it stands, starts a program that begins with these bytes.
        public boolean starts(byte[] program) {
            if (!enabled || magic.isEmpty() || magic.length() % 2 != 0) {
                return false;
            }
            for (int i = 0; i < magic.length() / 2; i++) {
                if (offset + i >= program.length) {
                    return false;
                }
                int want = octet(magic, i);
                int bits = mask.length() > 2 * i + 1 ? octet(mask, i) : 0xff;
                if ((program[offset + i] & bits) != (want & bits)) {
                    return false;
                }
            }
            return true;
        }

        private static int octet(String hex, int index) {
            return Character.digit(hex.charAt(2 * index), 16) << 4
                    | Character.digit(hex.charAt(2 * index + 1), 16) & 0xf;
        }
    }
}
