// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.amphora.compat.Explanation.Recognized;
import org.amphora.compat.check.Catalogue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExplanationTest {

    private static final Path CLEAN = Path.of("src/test/resources/org/amphora/compat/clean");

    static List<Symptom> symptoms() {
        return Symptoms.all();
    }

    static Stream<Path> cleanLogs() throws IOException {
        try (Stream<Path> files = Files.list(CLEAN)) {
            return files.filter(file -> file.toString().endsWith(".log")).toList().stream();
        }
    }

    private static Explanation explain(String log) throws IOException {
        return Explanation.of(new ByteArrayInputStream(log.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> ids(Explanation explanation) {
        return explanation.recognized().stream().map(one -> one.check().id()).toList();
    }

    @ParameterizedTest
    @MethodSource("symptoms")
    void recognizesEachExampleAsItsOwn(Symptom symptom) throws IOException {
        Catalogue.check(symptom.check());
        for (String example : symptom.examples()) {
            String log = ("starting\n" + example + "\n").repeat(symptom.times());
            assertThat(ids(explain(log))).as(example).containsExactly(symptom.check());
        }
    }

    @ParameterizedTest
    @MethodSource("symptoms")
    void eachTextHasAnExample(Symptom symptom) {
        for (LinePattern text : symptom.texts()) {
            assertThat(symptom.examples()).as(text.toString()).anyMatch(text::matches);
        }
    }

    @ParameterizedTest
    @MethodSource("cleanLogs")
    void recognizesNothingInCleanLogs(Path log) throws IOException {
        assertThat(log).isNotEmptyFile();
        try (InputStream bytes = Files.newInputStream(log)) {
            assertThat(Explanation.of(bytes).recognized()).isEmpty();
        }
    }

    @Test
    void countsLinesAndShowsTheFirst() throws IOException {
        String line =
                "\u001b[31mFailed to initialize NVML: Driver/library version mismatch\u001b[0m";
        Recognized one =
                explain("first\r\nsecond\r\n" + line + "\r\n" + line).recognized().getFirst();
        assertThat(one.line()).isEqualTo(3);
        assertThat(one.count()).isEqualTo(2);
        assertThat(one.text())
                .isEqualTo("Failed to initialize NVML: Driver/library version mismatch");
    }

    @Test
    void ordersBySeverityThenLine() throws IOException {
        assertThat(
                        ids(
                                explain(
                                        """
                                        perl: warning: Setting locale failed.
                                        libibverbs: Warning: RLIMIT_MEMLOCK is 65536 bytes.
                                        FATAL: kernel too old
                                        """)))
                .containsExactly("KERNEL-FLOOR", "MEMLOCK", "LOCALE");
    }

    @Test
    void specificTextsWinOverGeneralOnes() throws IOException {
        assertThat(
                        ids(
                                explain(
                                        "libc.so.6: version `GLIBC_2.34' not found (required by"
                                                + " /.singularity.d/libs/libGL.so.1)")))
                .containsExactly("NV-GLVND");
    }

    @Test
    void oneSingletonIsNoTroubleButSeveralAre() throws IOException {
        assertThat(ids(explain("hello from rank 0 of 1\n"))).isEmpty();
        assertThat(ids(explain("hello from rank 0 of 1\n".repeat(4))))
                .containsExactly("MPI-WORLD-SIZE");
        assertThat(ids(explain("hello from rank 0 of 16\n".repeat(4)))).isEmpty();
    }

    @Test
    void findsTheTextInALineWithoutEnd() throws IOException {
        String log = "x".repeat(10 * LogScan.LONGEST) + " FATAL: kernel too old";
        assertThat(ids(explain(log))).containsExactly("KERNEL-FLOOR");
    }

    @Test
    void streamsWithoutKeepingTheLog() throws IOException {
        byte[] part =
                "a usual line of a long log, without anything\n"
                        .repeat(1000)
                        .getBytes(StandardCharsets.UTF_8);
        InputStream endless =
                new InputStream() {
                    private int left = 600;

                    @Override
                    public int read() {
                        throw new UnsupportedOperationException();
                    }

                    @Override
                    public int read(byte[] into, int offset, int length) {
                        int count = Math.min(length, part.length);
                        System.arraycopy(part, 0, into, offset, count);
                        return left-- > 0 ? count : -1;
                    }
                };
        assertThat(Explanation.of(endless).recognized()).isEmpty();
    }

    @Property(tries = 200)
    void anyBytesWillDo(@ForAll byte[] bytes) throws IOException {
        assertThat(Explanation.of(new ByteArrayInputStream(bytes)).recognized()).isEmpty();
    }

    @Test
    void searchAgreesWithLookingForEachWord() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            List<String> words =
                    random.ints(5, 1, 5)
                            .mapToObj(length -> word(random, length))
                            .distinct()
                            .toList();
            String text = word(random, 30);
            var found =
                    new TextSearch(words)
                            .in(text.getBytes(StandardCharsets.UTF_8), 0, text.length());
            for (int i = 0; i < words.size(); i++) {
                assertThat(found.get(i))
                        .as(words.get(i) + " in " + text)
                        .isEqualTo(text.contains(words.get(i)));
            }
        }
    }

    private static String word(Random random, int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append((char) ('a' + random.nextInt(3)));
        }
        return word.toString();
    }
}
