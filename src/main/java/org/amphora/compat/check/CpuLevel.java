// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.contents.Binaries;
import org.amphora.contents.Libc;
import org.amphora.host.Fact;

/// R1.5: the image needs a newer processor.
final class CpuLevel {

    static final Check CHECK =
            new Check(
                    "CPU-LEVEL",
                    "R1.5",
                    Severity.BLOCK,
                    "The image needs a newer processor",
                    """
                    Distributions raise the processor they build for: Enterprise Linux 9 needs
                    x86-64-v2, 10 needs v3. The loader of such an image refuses an older processor; a
                    single library with a higher level is refused when it is loaded. Programs built
                    elsewhere with `-march=native` carry no such mark and end with `Illegal
                    instruction`: no check can see those.
                    """,
                    "x86-64 psABI 1.0 table 3.1; glibc sysdeps/x86/isa-level.c and "
                            + "dl-load.c (2.33), check at start since 2.35; levels of distributions "
                            + "as they announce them",
                    CpuLevel::look);

    private CpuLevel() {}

    private static Outcome look(Situation s) {
        if (!s.contents().machine().architecture().orElse("").equals("amd64")) {
            return Outcome.notApplicable("levels exist for x86-64 only");
        }
        Libc libc = s.contents().libc();
        Floor floor = floor(s, libc);
        List<Binaries.Level> files = s.contents().binaries().levels();
        Fact<Integer> level = s.host().cpu().level();
        if (floor.level() <= 1 && files.isEmpty()) {
            return Outcome.passed("the image needs the x86-64 baseline only");
        }
        if (level.value().isEmpty()) {
            return Outcome.unknown("the level of the node's processor: " + level);
        }
        int have = level.orElse(1);
        if (floor.level() > have) {
            return finding(
                    s,
                    Severity.BLOCK,
                    floor.level(),
                    List.of(floor.evidence()),
                    "Fatal glibc error: CPU does not support x86-64-v" + floor.level());
        }
        List<Binaries.Level> high = files.stream().filter(file -> file.level() > have).toList();
        if (high.isEmpty()) {
            return Outcome.passed("the processor reaches x86-64-v" + have);
        }
        boolean decides = high.stream().anyMatch(file -> s.starts(file.path()));
        return finding(
                s,
                decides ? Severity.BLOCK : Severity.WARN,
                high.stream().mapToInt(Binaries.Level::level).max().orElse(0),
                high.stream()
                        .limit(4)
                        .map(file -> Evidence.image(file.path(), "x86-64-v" + file.level()))
                        .toList(),
                high.getFirst().path() + ": CPU ISA level is lower than required");
    }

    private record Floor(int level, Evidence evidence) {}

    /// What the C library says; the distribution where it says nothing.
    private static Floor floor(Situation s, Libc libc) {
        if (libc.isa() > 0) {
            return new Floor(libc.isa(), Evidence.image(libc.path(), "x86-64-v" + libc.isa()));
        }
        return s.contents()
                .distribution()
                .map(
                        os ->
                                new Floor(
                                        GlibcTable.distributionLevel(
                                                os.id(), os.versionId().orElse("")),
                                        Evidence.image("/etc/os-release", os.name())))
                .orElse(new Floor(1, Evidence.image(libc.path(), "no level")));
    }

    private static Outcome finding(
            Situation s, Severity severity, int level, List<Evidence> image, String error) {
        List<Evidence> evidence = new ArrayList<>(image);
        evidence.add(
                new Evidence(
                        s.host().cpu().flags().source(),
                        "x86-64-v"
                                + s.host().cpu().level().orElse(1)
                                + ", missing "
                                + Evidence.some(s.host().cpu().missingFor(level))));
        String who =
                severity == Severity.BLOCK ? "The image needs" : "Some files of the image need";
        return Outcome.found(
                severity,
                who
                        + " a processor of level x86-64-v"
                        + level
                        + "; this node's "
                        + s.host().cpu().model().orElse("processor")
                        + " reaches v"
                        + s.host().cpu().level().orElse(1)
                        + ".",
                evidence,
                error,
                new Fix.Advice(
                        "run on a newer node type or take an image built for x86-64-v"
                                + s.host().cpu().level().orElse(1)
                                + "; in a virtual machine set the CPU model to `host`"));
    }
}
