// SPDX-License-Identifier: Apache-2.0
package org.amphora.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsTest {

    private static final String SITE =
            """
            places: /shared/amphora/places
            everyone: {cache: 50G, pulls: 2, builds: 1}
            groups:
              students: {cache: 10G, pulls: 1}
              projects: {cache: 100G}
            users:
              ada: {cache: unlimited, builds: 0}
            total: {pulls: 8}
            """;

    private static Limits of(String text, String user, String... groups) {
        return LimitsFile.parse(Path.of("limits.yaml"), text, () -> user, () -> List.of(groups));
    }

    @Test
    void takesTheNearestSection() {
        assertThat(of(SITE, "bob"))
                .isEqualTo(
                        new Limits(
                                50L << 30,
                                2,
                                1,
                                8,
                                Limits.UNLIMITED,
                                Path.of("/shared/amphora/places")));
        assertThat(of(SITE, "bob", "students").cacheBytes()).isEqualTo(10L << 30);
        assertThat(of(SITE, "bob", "students").builds()).isEqualTo(1);
        assertThat(of(SITE, "ada", "students").cacheBytes()).isEqualTo(Limits.UNLIMITED);
        assertThat(of(SITE, "ada", "students").pulls()).isEqualTo(1);
        assertThat(of(SITE, "ada").builds()).isZero();
    }

    @Test
    void isGenerousAmongGroups() {
        assertThat(of(SITE, "bob", "students", "projects").cacheBytes()).isEqualTo(100L << 30);
    }

    @Test
    void isUnlimitedWhereNothingIsSaid() {
        assertThat(of("", "bob").pulls()).isEqualTo(Limits.UNLIMITED);
        assertThat(Limits.of(Map.of("AMPHORA_LIMITS", "/no/such/file")).builds())
                .isEqualTo(Limits.UNLIMITED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "everyone: 3",
                "everybody: {pulls: 1}",
                "everyone: {pull: 1}",
                "everyone: {pulls: many}",
                "everyone: {pulls: 2G}",
                "everyone: {cache: -1}",
                "users: {bob: {pulls: 1, x: 2}}",
                "everyone: {pulls: 1",
                "- a"
            })
    void saysWhatIsWrongAndWhere(String text) {
        assertThatThrownBy(() -> of(text, "bob"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("limits.yaml");
    }
}
