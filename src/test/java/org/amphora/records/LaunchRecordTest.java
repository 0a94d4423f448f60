// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchRecordTest {
    private static final String WHOLE =
            """
            {"id":"n1-5-7","time":"2026-11-24T09:23:12.960Z","uid":1001,"node":"n1",\
            "application":"samtools/1.20","digest":"sha256:aa","image":"/s.sif","command":"sam\\ttools",\
            "plan":"sha256:bb","libraries":"/lib/\\u00e9.so","job":"4711","step":"0",\
            "later":{"id":["x",1]}}""";

    @Test
    void readsWhatTheStarterWrites() {
        assertThat(LaunchRecord.parse(WHOLE))
                .isEqualTo(
                        new LaunchRecord(
                                "n1-5-7",
                                Instant.parse("2026-11-24T09:23:12.960Z"),
                                1001,
                                "n1",
                                new LaunchRecord.Program(
                                        "samtools",
                                        "1.20",
                                        "sha256:aa",
                                        "sam\ttools",
                                        "sha256:bb",
                                        "/lib/é.so"),
                                "",
                                "4711",
                                "0"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1001 | -1 | no number of a user in uid",
                "1001 | \"1001\" | no number of a user in uid",
                "1001 | 1e3 | no number of a user in uid",
                "1001 | [1001] | no number of a user in uid",
                "1001 | 99999999999999999999 | no number of a user in uid",
                "\"n1\" | \"\" | no node",
                "\"n1\" | null | node is no text",
                "\"n1\" | {} | node is no text",
                "n1-5-7 | a\\u0000b | id has characters that no text has",
                "n1-5-7 | a\\udc00\\ud800b | id has characters that no text has",
                "2026-11-24T | today | no time: today09:23:12.960Z",
                "4711\" | 4711\",, | it is no JSON object",
                "]}} | ]}}{} | it is no JSON object",
                "{\"id\" | [{\"id\" | it is no JSON object",
            })
    void saysWhatIsWrong(String part, String instead, String reason) {
        assertThat(WHOLE).contains(part);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LaunchRecord.parse(WHOLE.replace(part, instead)))
                .withMessage(reason);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2024-02-29T23:59:59.999Z",
                "1970-01-01T00:00:00.000Z",
                "2026-11-24T09:23:12Z",
                "2026-11-24T09:23:12.960123Z",
                "2026-11-24T10:23:12+01:00"
            })
    void readsTimesAsTheJdkDoes(String time) {
        assertThat(LaunchRecord.parse(WHOLE.replace("2026-11-24T09:23:12.960Z", time)).time())
                .isEqualTo(Instant.parse(time));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-02-29T23:59:59.999Z",
                "2026-11-24T24:00:00.001Z",
                "2026-+1-24T09:23:12.960Z",
                "2026-11-24T09:23:1x.960Z"
            })
    void rejectsTimesThatThereAreNot(String time) {
        String json = WHOLE.replace("2026-11-24T09:23:12.960Z", time);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LaunchRecord.parse(json))
                .withMessage("no time: " + time);
    }

    @Test
    void rejectsEveryBeginningOfARecord() {
        for (int end = 0; end < WHOLE.length(); end++) {
            String beginning = WHOLE.substring(0, end);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> LaunchRecord.parse(beginning))
                    .withMessage("it is no JSON object");
        }
    }

    @Test
    void rejectsTextsThatAreTooLong() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LaunchRecord.parse(WHOLE.replace("n1-5-7", "x".repeat(65537))))
                .withMessage("id is too long");
    }
}
