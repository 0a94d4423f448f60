// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;

/// Puts the parts of a {@link Host} together.
final class Probe {

    private Probe() {}

    static Host host(Tree tree) {
        return new Host(
                Host.FORMAT,
                tree.line("/proc/sys/kernel/hostname"),
                later(),
                later(),
                KernelProbe.kernel(tree),
                new Libc(later(), later(), later(), later(), later(), List.of(), List.of()),
                CpuProbe.cpu(tree),
                new UserNamespaces(
                        later(), "", "", later(), later(), later(), later(), later(), later(),
                        later(), later(), later(), later()),
                new FileSystems(
                        later(), List.of(), later(), later(), later(), later(), later(), later()),
                new Gpus(
                        new Gpus.Nvidia(
                                later(), later(), later(), List.of(), List.of(), List.of(),
                                List.of(), List.of(), List.of(), List.of(), List.of()),
                        new Gpus.Amd(later(), later(), later(), List.of(), List.of()),
                        new Gpus.Intel(List.of(), List.of()),
                        List.of()),
                new Mpi(List.of(), List.of(), List.of()),
                new Fabric(
                        List.of(), List.of(), later(), later(), later(), later(), later(),
                        List.of()),
                LimitsProbe.limits(tree),
                new ResourceManager(
                        later(), later(), later(), later(), later(), later(), later(), later(),
                        later()),
                later());
    }

    private static <T> Fact<T> later() {
        return Fact.unknown("", "this version does not look for it");
    }
}
