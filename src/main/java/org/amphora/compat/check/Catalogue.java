// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// All checks, those first whose trouble is met most often (counted in issue trackers of the
/// field).
public final class Catalogue {

    private static final List<Check> CHECKS =
            List.of(
                    MpiPmiPair.CHECK,
                    MpiWorldSize.CHECK,
                    MpiOmpi5Launch4.CHECK,
                    LibcInject.CHECK,
                    NvGlvnd.CHECK,
                    NvDriverTooOld.CHECK,
                    NvMixed.CHECK,
                    NvCompat.CHECK,
                    NvArch.CHECK,
                    NvPtx222.CHECK,
                    NvNodev.CHECK,
                    NvLegacyRequire.CHECK,
                    UsernsOff.CHECK,
                    UsernsApparmor.CHECK,
                    CpuLevel.CHECK,
                    SeccompEperm.CHECK,
                    KernelFloor.CHECK,
                    LibAbiNote.CHECK,
                    ShmSmall.CHECK,
                    FabricTcp.CHECK,
                    FabricProof.CHECK,
                    VerbsPabi.CHECK,
                    VerbsKernelAbi.CHECK,
                    OfiVersion.CHECK,
                    CxiMissing.CHECK,
                    MpiFamily.CHECK,
                    MpiSymbols.CHECK,
                    MpiSonameAlias.CHECK,
                    MpiOmpi110Trap.CHECK,
                    MpiPlugins.CHECK,
                    MpiStatic.CHECK,
                    MpiFortran.CHECK,
                    MpiCma.CHECK,
                    MpiSsh.CHECK,
                    MpiOrteVarsIgnored.CHECK,
                    PmiFd.CHECK,
                    PmixNetns.CHECK,
                    PmixTmpdir.CHECK,
                    PmixPsec.CHECK,
                    SlurmMpiType.CHECK,
                    SlurmPmixMajor.CHECK,
                    IntelPmiLib.CHECK,
                    HostnameResolve.CHECK,
                    ProcSys.CHECK,
                    OverlayFs.CHECK,
                    FuseOff.CHECK,
                    NetfsIds.CHECK,
                    GroupLost.CHECK,
                    RocmKfd.CHECK,
                    RocmKmdRange.CHECK,
                    GfxMissing.CHECK,
                    Arch.CHECK,
                    MuslInject.CHECK,
                    EnvLeak.CHECK,
                    HomeShadow.CHECK,
                    NssUid.CHECK,
                    Memlock.CHECK,
                    TmpNoexec.CHECK,
                    Locale.CHECK,
                    Resolv.CHECK,
                    Execstack.CHECK,
                    CdiStale.CHECK,
                    PageSize.CHECK,
                    FsNotOnNode.CHECK);

    private Catalogue() {}

    public static List<Check> checks() {
        return CHECKS;
    }

    /// The check of that name.
    ///
    /// @throws IllegalArgumentException when there is none of that name
    public static Check check(String id) {
        return CHECKS.stream()
                .filter(check -> check.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no check is called " + id));
    }
}
