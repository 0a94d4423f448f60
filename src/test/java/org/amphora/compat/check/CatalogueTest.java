// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each check against situations that it must and must not complain about, and against ignorance.
class CatalogueTest {

    /// They show only in a running job.
    private static final Set<String> LATER = Set.of("MPI-WORLD-SIZE", "FABRIC-PROOF");

    static Stream<Case> cases() {
        return Stream.of(BaseCases.all(), GpuCases.all(), MpiCases.all(), NodeCases.all())
                .flatMap(all -> all);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void judgesAsExpected(Case one) {
        Outcome outcome = one.outcome();
        assertThat(Case.kind(outcome)).as(outcome.toString()).isEqualTo(one.expected());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void findingsHaveSentenceEvidenceAndFix(Case one) {
        if (one.outcome() instanceof Outcome.Found found) {
            for (Finding finding : found.findings()) {
                assertThat(finding.sentence()).matches("(?s)\\S.*\\.").doesNotContain("  ");
                assertThat(finding.evidence()).isNotEmpty();
                assertThat(finding.evidence()).allMatch(seen -> !seen.source().isBlank());
                assertThat(finding.fix().text()).isNotBlank();
                assertThat(finding.severity())
                        .isGreaterThanOrEqualTo(Catalogue.check(one.id()).severity());
            }
        }
    }

    @Test
    void everyCheckHasBothKindsOfSituation() {
        Set<String> complains = new HashSet<>(LATER);
        Set<String> passes = new HashSet<>(LATER);
        cases().forEach(
                        one -> {
                            switch (one.expected()) {
                                case "BLOCK", "WARN", "INFO" -> complains.add(one.id());
                                case "passed" -> passes.add(one.id());
                                default -> {}
                            }
                        });
        List<String> all = Catalogue.checks().stream().map(Check::id).toList();
        assertThat(complains).containsAll(all);
        assertThat(passes).containsAll(all);
    }

    @Test
    void hasTheSixtyFourChecksOnceEach() {
        assertThat(Catalogue.checks().stream().map(Check::id).distinct()).hasSize(64);
    }

    @Test
    void knowsNothingOfAnEmptyNodeAndSaysSo() {
        Situation nothing =
                new Situation(
                        new ImageBuilder().build(), new NodeBuilder().build(), Request.of("tool"));
        for (Check check : Catalogue.checks()) {
            assertThat(Case.kind(check.apply(nothing)))
                    .as(check.id())
                    .isIn("unknown", "not applicable", "passed");
        }
    }

    /// Facts of one situation with the node of a second and the request of a third: none of it
    /// belongs together, and no check may stumble.
    @Property(tries = 500)
    void neverThrows(
            @ForAll("situations") Situation one,
            @ForAll("situations") Situation two,
            @ForAll("situations") Situation three) {
        Situation mixed = new Situation(one.contents(), two.host(), three.request());
        for (Check check : Catalogue.checks()) {
            assertThat(check.apply(mixed)).as(check.id()).isNotNull();
        }
    }

    @Provide
    Arbitrary<Situation> situations() {
        List<Situation> all =
                Stream.concat(
                                cases().map(Case::situation),
                                Stream.of(
                                        new Situation(
                                                new ImageBuilder().build(),
                                                new NodeBuilder().build(),
                                                Request.of())))
                        .toList();
        return Arbitraries.of(all);
    }
}
