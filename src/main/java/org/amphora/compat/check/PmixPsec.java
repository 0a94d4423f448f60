// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.compat.check.RankLauncher.Kind;
import org.amphora.host.Fact;
import org.amphora.host.Mpi.ProcessInterface;

/// R4.8: PMIx asks for munge, which the image does not have.
final class PmixPsec {

    static final Check CHECK =
            new Check(
                    "PMIX-PSEC",
                    "R4.8",
                    Severity.WARN,
                    "PMIx asks for munge, which the image does not have",
                    """
                    Slurm's PMIx server offers authentication by munge; an image without libmunge
                    complains, and some versions stop there.
                    """,
                    "OpenPMIx psec/munge; NVIDIA/pyxis#139, #88; open-mpi/ompi#12571",
                    PmixPsec::look);

    private PmixPsec() {}

    private static Outcome look(Situation s) {
        RankLauncher launcher = s.launcher();
        if (launcher.kind() != Kind.SRUN || !launcher.offers().contains(ProcessInterface.PMIX)) {
            return Outcome.notApplicable("the ranks are not started by Slurm with PMIx");
        }
        Fact<String> munge = s.host().resourceManager().munge();
        if (munge.isAbsent()) {
            return Outcome.notApplicable("this node has no munge");
        }
        if (munge.isUnknown()) {
            return Outcome.unknown("whether this node has munge: " + munge);
        }
        String mode = s.request().variable("PMIX_MCA_psec");
        boolean inside =
                s.contents().fabric().helpers().stream()
                        .anyMatch(helper -> helper.soname().startsWith("libmunge.so"));
        if (inside || mode.equals("native")) {
            return Outcome.passed(
                    inside ? "the image has libmunge" : "PMIX_MCA_psec=native is set");
        }
        boolean mended = s.isTranslated();
        return Outcome.found(
                mended ? Severity.INFO : Severity.WARN,
                "Slurm's PMIx offers authentication by munge and the image has no libmunge: ranks print a notice, and some PMIx versions stop.",
                List.of(Evidence.of(munge), Evidence.image("libmunge.so.2", "none")),
                "Framework: psec Component: munge",
                mended
                        ? new Fix.Automatic("--mpi=hybrid lets PMIx authenticate natively")
                        : new Fix.Command("export PMIX_MCA_psec=native"));
    }
}
