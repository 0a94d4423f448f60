// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocationTest {

    @Test
    void takesPathsFromTheBase() {
        assertThat(Location.parse("a/r.db", Path.of("/site"), Optional.empty()))
                .isEqualTo(new Location.File(Path.of("/site/a/r.db")));
        assertThat(Location.parse("/var/r.db", Path.of("/site"), Optional.empty()))
                .isEqualTo(new Location.File(Path.of("/var/r.db")));
    }

    @Test
    void showsServersWithoutParameters() {
        assertThat(
                        Location.parse(
                                "jdbc:postgresql://db/amphora?user=a",
                                Path.of("/"),
                                Optional.empty()))
                .hasToString("jdbc:postgresql://db/amphora");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://db/amphora?user=a&password=secret",
                "jdbc:postgresql://a:secret@db/amphora",
                "jdbc:mysql://db/amphora"
            })
    void refusesPasswordsAndOtherDatabases(String text) {
        assertThatThrownBy(() -> Location.parse(text, Path.of("/"), Optional.empty()))
                .isInstanceOf(Problem.class)
                .hasMessageNotContaining("secret");
    }
}
