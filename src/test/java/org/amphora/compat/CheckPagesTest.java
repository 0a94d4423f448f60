// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CheckPagesTest {

    private static final Path PAGES = Path.of("docs/checks");

    @Test
    void committedPagesAreThoseOfTheChecks() throws IOException {
        Map<String, String> committed = new TreeMap<>();
        try (Stream<Path> files = Files.list(PAGES)) {
            for (Path file : files.toList()) {
                committed.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        assertThat(committed)
                .as("docs/checks; write them with: amphora generate checks docs/checks")
                .containsExactlyInAnyOrderEntriesOf(CheckPages.all());
    }
}
