// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionTest {

    @ParameterizedTest
    @CsvSource({
        "2.9, 2.36",
        "2.36, 2.41",
        "535.54.03, 535.161.07",
        "4.1, 4.1.1",
        "9, 10",
        "1.99999999999999999999, 2.0"
    })
    void comparesByNumbers(String less, String more) {
        assertThat(Version.parse(less)).isLessThan(Version.parse(more));
        assertThat(Version.parse(more).isAtLeast(Version.parse(less))).isTrue();
        assertThat(Version.parse(less).max(Version.parse(more))).hasToString(more);
    }

    @Test
    void zerosAtTheEndMakeNoDifference() {
        assertThat(Version.parse("4.1"))
                .isEqualTo(Version.parse("4.1.0"))
                .hasSameHashCodeAs(Version.parse("4.1.0"));
        assertThat(Version.parse("535.161.07")).hasToString("535.161.07");
    }

    @ParameterizedTest
    @CsvSource({
        "3.10.0-1160.el7.x86_64, 3.10.0",
        "5.0.7a1, 5.0.7",
        "12, 12",
        "2.36., 2.36",
        "6.0rc2, 6.0"
    })
    void findsTheVersionAtTheStart(String text, String version) {
        assertThat(Version.leading(text)).map(Version::toString).contains(version);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "x", "2.36x", "2..3", "-1", "2.36."})
    void refusesOtherTexts(String text) {
        assertThatThrownBy(() -> Version.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readsWhatStandsBehindAWord() {
        assertThat(Version.behind("GLIBC_", "GLIBC_2.36")).contains(Version.parse("2.36"));
        assertThat(Version.behind("GLIBC_", "GLIBC_PRIVATE")).isEmpty();
        assertThat(Version.behind("GLIBC_", "GLIBCXX_3.4")).isEmpty();
    }
}
