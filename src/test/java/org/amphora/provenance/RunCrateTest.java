// SPDX-License-Identifier: Apache-2.0
package org.amphora.provenance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.amphora.records.JobAccounts;
import org.amphora.records.JobHistory;
import org.junit.jupiter.api.Test;

class RunCrateTest {
    private static final Instant NINE = Instant.parse("2026-11-24T09:00:00Z");
    private static final JobHistory HISTORY =
            new JobHistory(
                    "7",
                    List.of(
                            launch("n1-1", "samtools", "1.20", "sha256:aa", ""),
                            launch("n1-2", "", "", "", "/home/ann/x.sif")),
                    Optional.of(
                            new JobAccounts.Job(
                                    "7",
                                    "FAILED",
                                    OptionalInt.of(3),
                                    Optional.of(NINE),
                                    Optional.of(NINE.plusSeconds(60)),
                                    OptionalLong.of(1500),
                                    OptionalLong.empty(),
                                    "n1 n2")),
                    List.of(new JobHistory.Build("sha256:aa", "s.def", "c0ffee", NINE)));

    private final Map<String, Object> crate =
            RunCrate.of(HISTORY, (_, _) -> Optional.empty(), NINE.plusSeconds(99));

    @Test
    void saysWhatRanInWhichImage() {
        Map<?, ?> action = entity("#n1-1");
        assertThat(action.get("@type")).isEqualTo("CreateAction");
        assertThat(action.get("startTime")).isEqualTo("2026-11-24T09:00:00Z");
        assertThat(action.get("endTime")).isEqualTo("2026-11-24T09:01:00Z");
        assertThat(action.get("error")).isEqualTo("FAILED, exit status 3");
        assertThat(entity(action, "instrument").get("softwareVersion")).isEqualTo("1.20");
        Map<?, ?> image = entity(action, "containerImage");
        assertThat(image.get("sha256")).isEqualTo("aa");
        assertThat(entity(image, "isBasedOn").get("version")).isEqualTo("c0ffee");
        assertThat(entity("#cpuTime").get("value")).isEqualTo(1.5);
        assertThat(entity(entity("#n1-2"), "containerImage").get("name"))
                .isEqualTo("/home/ann/x.sif");
    }

    /// RO-Crate 1.1, "Root Data Entity" and "RO-Crate Metadata File Descriptor".
    @Test
    void describesItself() {
        assertThat(entity("ro-crate-metadata.json").get("about")).isEqualTo(Map.of("@id", "./"));
        assertThat(entity("./").get("conformsTo"))
                .isEqualTo(Map.of("@id", "https://w3id.org/ro/wfrun/process/0.5"));
        assertThat(entity("./").get("mentions"))
                .isEqualTo(List.of(Map.of("@id", "#n1-1"), Map.of("@id", "#n1-2")));
    }

    @Test
    void definesEverythingOnceThatItRefersTo() {
        List<Object> ids = new ArrayList<>();
        graph().forEach(entity -> ids.add(entity.get("@id")));
        assertThat(ids).doesNotHaveDuplicates();
        Set<Object> wanted = new HashSet<>();
        graph().forEach(entity -> entity.values().forEach(value -> collect(value, wanted)));
        wanted.removeIf(id -> id.toString().startsWith("http"));
        assertThat(ids).containsAll(wanted);
    }

    private static void collect(Object value, Set<Object> ids) {
        if (value instanceof Map<?, ?> map) {
            ids.add(map.get("@id"));
        } else if (value instanceof List<?> list) {
            list.forEach(element -> collect(element, ids));
        }
    }

    private List<Map<?, ?>> graph() {
        List<Map<?, ?>> graph = new ArrayList<>();
        ((List<?>) crate.get("@graph")).forEach(entity -> graph.add((Map<?, ?>) entity));
        return graph;
    }

    private Map<?, ?> entity(String id) {
        return graph().stream().filter(one -> one.get("@id").equals(id)).findFirst().orElseThrow();
    }

    private Map<?, ?> entity(Map<?, ?> from, String property) {
        return entity(((Map<?, ?>) from.get(property)).get("@id").toString());
    }

    private static JobHistory.Launch launch(
            String id, String application, String version, String digest, String image) {
        return new JobHistory.Launch(
                id,
                NINE,
                "ann",
                "n1",
                "0",
                application,
                version,
                digest,
                "samtools",
                "sha256:bb",
                image);
    }
}
