// SPDX-License-Identifier: Apache-2.0
package org.amphora.updates;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TagsTest {

    @Test
    void comparesTagsOfOneForm() {
        assertThat(
                        Tags.newer(
                                "1.9",
                                List.of(
                                        "latest", "1.10", "1.9", "1.8", "2.0-rc1", "1.20",
                                        "3f2a9c1")))
                .containsExactly("1.20", "1.10");
        assertThat(Tags.newer("1.9-alpine3.18", List.of("1.10", "1.10-alpine3.19", "1.11-slim")))
                .containsExactly("1.10-alpine3.19");
        assertThat(Tags.newer("v2.1", List.of("v2.2", "2.3"))).containsExactly("v2.2");
    }

    @Test
    void takesBuildsOfCondaPackagesAsOneForm() {
        assertThat(
                        Tags.newer(
                                "1.20--h50ea8bc_0",
                                List.of("1.20--h50ea8bc_1", "1.21--h96c455f_1", "1.21")))
                .containsExactly("1.21--h96c455f_1");
    }

    @Test
    void saysNothingOfTagsThatAreNoVersions() {
        assertThat(Tags.newer("latest", List.of("1.0", "2.0"))).isEmpty();
        assertThat(Tags.newer("20240101", List.of("20250101"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "1.20, 1.20, 1.21, 1.21",
        "1.20, 1.20--h5_0, 1.21--h9_1, 1.21",
        "1.20--h5_0, 1.20--h5_0, 1.21--h9_1, 1.21--h9_1"
    })
    void namesTheVersionAsBefore(String version, String tag, String next, String expected) {
        assertThat(Tags.version(version, tag, next)).contains(expected);
    }

    @Test
    void doesNotGuessVersions() {
        assertThat(Tags.version("2024a", "1.20", "1.21")).isEmpty();
    }
}
