// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.amphora.catalog.Channels.Status;
import org.amphora.yaml.Finding;
import org.amphora.yaml.YamlMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SiteReaderTest {
    private static final String GOOD =
            "summary: a tool\nimage: docker://docker.io/library/debian:12\n";

    private final Map<String, String> files = new LinkedHashMap<>();

    @Test
    void readsAllOfAnApplication() {
        files.put("clusters/hydra.yaml", "root: /site\nbinds: [/scratch]\n");
        files.put(
                "apps/samtools/1.20/app.yaml",
                """
                summary: Tools for SAM
                keywords: [bam, cram]
                maintainers: ann@example.org
                image:
                  digest: sha256:%s
                  from: docker://quay.io/x/samtools:1.20
                commands:
                  samtools: samtools
                  sort: [samtools, sort, -@, 4]
                environment: {OMP_NUM_THREADS: 1}
                gpu: true
                runs: [licensed]
                clusters: [hydra]
                """
                        .formatted("a".repeat(64)));
        Catalog catalog = read();

        assertThat(catalog.findings()).isEmpty();
        AppVersion app = catalog.version(VersionId.parse("samtools/1.20"));
        assertThat(app.about().summary()).isEqualTo("Tools for SAM");
        assertThat(app.maintainers()).containsExactly("ann@example.org");
        assertThat(app.commands())
                .containsExactly(
                        new ExposedCommand("samtools", List.of("samtools")),
                        new ExposedCommand("sort", List.of("samtools", "sort", "-@", "4")));
        assertThat(app.environment()).containsEntry("OMP_NUM_THREADS", "1");
        assertThat(app.needs().gpu()).isTrue();
        assertThat(app.isFor("hydra")).isTrue();
        assertThat(app.isFor("other")).isFalse();
        assertThat(catalog.cluster("hydra").root()).isEqualTo(Path.of("/site"));
    }

    @Test
    void keepsVersionsAsTheyAreWritten() {
        app("samtools/1.20");
        app("samtools/1.9");
        files.put("channels.yaml", "samtools:\n  stable: 1.20\n  earlier: [1.9]\n");
        Catalog catalog = read();

        assertThat(catalog.findings()).isEmpty();
        assertThat(catalog.channels("samtools").stable()).contains("1.20");
        assertThat(catalog.apps().get("samtools"))
                .extracting(version -> version.id().version())
                .containsExactly("1.9", "1.20");
    }

    @Test
    void findsAllMistakesWithTheirLines() {
        files.put("clusters/hydra.yaml", "binds: []\n");
        files.put(
                "apps/a/1/app.yaml",
                "sumary: x\nimage:\n  digest: sha256:short\ncommands: [good, ../bad]\nruns: {}\n");
        files.put("apps/b/2/app.yaml", "summary: [\n");
        files.put("channels.yaml", "# comment\na:\n  stable: 3\nc:\n  stable: 1\n");
        files.put("policy.yaml", "approvers: []\ngrace-days: soon\n");

        assertThat(read().findings())
                .extracting(Finding::toString)
                .anySatisfy(f -> assertThat(f).startsWith("clusters/hydra.yaml:1: root is missing"))
                .anySatisfy(
                        f ->
                                assertThat(f)
                                        .startsWith(
                                                "apps/a/1/app.yaml:1: there is no key sumary; did you mean summary?"))
                .anySatisfy(f -> assertThat(f).startsWith("apps/a/1/app.yaml:3: sha256 needs 64"))
                .anySatisfy(
                        f -> assertThat(f).startsWith("apps/a/1/app.yaml:4: \"../bad\" is no name"))
                .anySatisfy(
                        f -> assertThat(f).startsWith("apps/a/1/app.yaml:5: runs must be a list"))
                .anySatisfy(f -> assertThat(f).startsWith("apps/b/2/app.yaml:2: no YAML"))
                .anySatisfy(f -> assertThat(f).startsWith("channels.yaml:3: there is no apps/a/3"))
                .anySatisfy(
                        f -> assertThat(f).startsWith("channels.yaml:4: there is no application c"))
                .anySatisfy(f -> assertThat(f).startsWith("policy.yaml:2: grace-days must be"));
    }

    @Test
    void saysHowLongContainersLinger() {
        files.put("clusters/a.yaml", "root: /site\n");
        files.put("clusters/b.yaml", "root: /site\nlinger: 0\n");
        assertThat(read().clusters().get("a").linger()).isEqualTo(5);
        assertThat(read().clusters().get("b").linger()).isZero();

        files.put("clusters/b.yaml", "root: /site\nlinger: 3601\n");
        assertThat(read().findings())
                .singleElement()
                .asString()
                .startsWith("clusters/b.yaml:2: linger must be at most 3600 seconds");
    }

    @Test
    void reportsACommandOfTwoStableApplications() {
        files.put("clusters/hydra.yaml", "root: /site\n");
        files.put("apps/a/1/app.yaml", GOOD + "commands: [tool]\n");
        files.put("apps/b/1/app.yaml", GOOD + "commands: [tool]\n");
        files.put("channels.yaml", "a: {stable: 1}\nb: {stable: 1}\n");
        assertThat(read().findings()).singleElement().asString().contains("tool is also one of a");

        files.put("apps/b/1/app.yaml", GOOD + "commands: [tool]\nconflicts: [a]\n");
        assertThat(read().findings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "- a\n",
                "text",
                "a: &x [*x]\n",
                "a: !!java.net.URL x\n",
                "\u0000",
                "a: b: c",
                "{",
                "? [a]\n: b",
                "a: 1\na: 2\n",
                "%YAML 9.9\n---\na: 1\n",
                "&a a: *b"
            })
    void survivesAnyYaml(String text) {
        files.put("apps/a/1/app.yaml", text);
        files.put("channels.yaml", text);
        files.put("policy.yaml", text);
        files.put("clusters/c.yaml", text);
        assertThat(read().findings()).isNotEmpty();
    }

    @Test
    void survivesTruncation() {
        String whole =
                GOOD + "commands:\n  a: [b, \"c\"]\nenvironment: {A: 'b'}\nresources: {cpus: 4}\n";
        for (int end = 0; end < whole.length(); end++) {
            files.put("apps/a/1/app.yaml", whole.substring(0, end));
            assertThat(read().apps()).hasSizeLessThan(2);
        }
    }

    @Test
    void tellsTheStatusOfVersions() {
        for (String version : List.of("1", "2", "3", "4", "5", "6")) {
            app("a/" + version);
        }
        files.put("clusters/hydra.yaml", "root: /site\n");
        files.put(
                "channels.yaml",
                """
                a:
                  stable: 4
                  candidate: 5
                  earlier: [3]
                  deprecated:
                    "2": {after: 2027-01-31, message: old}
                  withdrawn:
                    "1": wrong results
                  clusters:
                    hydra: {stable: 3}
                """);
        Catalog catalog = read();

        assertThat(catalog.findings()).isEmpty();
        Channels channels = catalog.channels("a");
        assertThat(List.of("1", "2", "3", "4", "5", "6"))
                .extracting(channels::status)
                .containsExactly(
                        Status.WITHDRAWN,
                        Status.DEPRECATED,
                        Status.EARLIER,
                        Status.STABLE,
                        Status.CANDIDATE,
                        Status.NEW);
        assertThat(channels.deprecated().get("2").after()).contains(LocalDate.of(2027, 1, 31));
        assertThat(catalog.channels("a", "hydra").stable()).contains("3");
        assertThat(catalog.channels("a", "hydra").withdrawn()).containsKey("1");
        assertThat(catalog.channels("a", "local").stable()).contains("4");
    }

    @ParameterizedTest
    @CsvSource({
        "1.9, 1.10, -1",
        "1.9--h0, 1.10--h2, -1",
        "1.15, 1.15.1, -1",
        "1.22, 1.22, 0",
        "2, 10, -1",
        "1.02, 1.2, 0",
        "1.0a, 1.0b, -1",
        "99999999999999999999, 100000000000000000000, -1"
    })
    void ordersVersionsAsModuleToolsDo(String a, String b, int order) {
        assertThat(Integer.signum(VersionId.compare(a, b))).isEqualTo(order);
        assertThat(Integer.signum(VersionId.compare(b, a))).isEqualTo(-order);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "samtools",
                "/1",
                "a/",
                "a/b/c",
                "a b/1",
                "../x/1",
                "a/default",
                "a/1.lua",
                ".a/1",
                "a/stable"
            })
    void refusesWhatIsNoVersion(String text) {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> VersionId.parse(text))
                .isInstanceOf(org.amphora.problem.Problem.class);
    }

    @Test
    void findsByNameThenCommandThenWords() {
        files.put("apps/bamtools/1/app.yaml", GOOD.replace("a tool", "like\tsamtools"));
        files.put("apps/htslib/1/app.yaml", GOOD + "commands: [samtools, bgzip]\n");
        files.put("apps/other/1/app.yaml", GOOD + "keywords: [a b, cram]\n");
        app("samtools/1");
        app("samtools/2");
        files.put("channels.yaml", "samtools: {stable: 1}\n");
        Catalog catalog = read();
        Overview overview =
                Overview.of(
                        "c",
                        catalog.apps().keySet().stream()
                                .map(app -> Overview.Entry.of(catalog, app, "id"))
                                .toList());
        for (Overview each : List.of(overview, Overview.parse(overview.text()))) {
            assertThat(each.search(List.of("SAMtools")))
                    .extracting(Overview.Entry::name)
                    .containsExactly("samtools", "htslib", "bamtools");
            assertThat(each.search(List.of("samtools", "like")))
                    .extracting(Overview.Entry::name)
                    .containsExactly("bamtools");
            assertThat(each.search(List.of("a b")))
                    .extracting(Overview.Entry::name)
                    .containsExactly("other");
        }
        assertThat(Overview.parse(overview.text()).entries().getLast())
                .isEqualTo(overview.entries().getLast());
        String whole = overview.text();
        for (int end = 0; end < whole.length(); end++) {
            assertThat(Overview.parse(whole.substring(0, end)).entries()).hasSizeLessThan(4);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "  stable: \"1\"\n",
                "  candidate: \"2\"\n  stable: \"1\"\n",
                "  stable: \"1\"\n  earlier: [\"2\", \"3\"]\n",
            })
    void readsPointersAsYamlDoes(String lines) {
        String block = "a:\n" + lines;
        YamlMap yaml = YamlMap.parse("channels.yaml", block, new ArrayList<>());
        assertThat(ChannelsText.pointers("a", block)).contains(ChannelsFile.read(yaml.map("a")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  stable: 1\n",
                "  stable: \"1\" # why\n",
                "  stable: \"1\"\n  stable: \"2\"\n",
                "  stable: \"\\x31\"\n",
                "  stable: \"stable\"\n",
                "  earlier: []\n",
                "  earlier: [\"1\", 2]\n",
                "  earlier: [\"1\"], [\"2\"]\n",
                "   stable: \"1\"\n",
                "  stable: \"1\"\na:\n  stable: \"1\"\n",
                "  stable: \"1\"\n  withdrawn:\n    \"2\": \"bad\"\n",
            })
    void leavesTheRestToYaml(String lines) {
        assertThat(ChannelsText.pointers("a", "a:\n" + lines)).isEmpty();
    }

    @Test
    void countsLinesAcrossPlainBlocks() {
        app("a/1");
        app("b/1");
        files.put(
                "channels.yaml",
                "# head\na:\n  stable: \"1\"\n\n# about b\nb:\n  stable: \"2\"\n"
                        + "c:\n  stable: \"1\"\na:\n  stable: \"1\"\n");
        assertThat(read().findings())
                .extracting(Finding::toString)
                .containsExactly(
                        "channels.yaml:7: there is no apps/b/2",
                        "channels.yaml:8: there is no application c in apps/",
                        "channels.yaml:10: the key a stands here twice");
    }

    /// Editors offer the keys of the schema; the reader takes those and no others.
    @Test
    void schemaOfThePolicyHasTheKeysThatAreRead() {
        String text = SiteTemplate.resource("policy.schema.json");
        YamlMap keys = YamlMap.parse("schema", text, new ArrayList<>()).map("properties");
        List<String> known = new ArrayList<>();
        keys.keys().forEach(key -> known.add(key + ":"));
        keys.map("records")
                .map("properties")
                .keys()
                .forEach(key -> known.add("records: {" + key + ": }"));
        assertThat(known).hasSize(8);
        for (String line : known) {
            assertThat(String.join("", policyFindings(line))).doesNotContain("there is no key");
        }
        assertThat(policyFindings("x:")).containsExactly("there is no key x");
        assertThat(policyFindings(SiteTemplate.resource("policy.yaml"))).isEmpty();
    }

    private static List<String> policyFindings(String text) {
        List<Finding> findings = new ArrayList<>();
        var _ = Policy.read(YamlMap.parse("policy.yaml", text, findings));
        return findings.stream().map(Finding::message).toList();
    }

    @Test
    void mergesByApplication() {
        String base = "# head\na:\n  stable: \"1\"\nb:\n  stable: \"1\"\nc: {stable: 1}\n";
        String ours = base.replace("a:\n  stable: \"1\"", "a:\n  stable: \"2\"") + "# end\n";
        String theirs =
                base.replace("b:\n  stable: \"1\"\n", "")
                        .replace("c: {stable: 1}", "bb:\n  stable: \"3\"\nc: {stable: 2}");
        assertThat(ChannelsMerge.of(base, ours, theirs))
                .isEqualTo(
                        new ChannelsMerge(
                                "# head\na:\n  stable: \"2\"\nbb:\n  stable: \"3\"\nc: {stable: 2}\n# end\n",
                                Set.of()));
        assertThat(
                        ChannelsMerge.of(
                                        base,
                                        ours,
                                        base.replace("\"1\"", "\"3\"").replace("head", "top"))
                                .both())
                .containsExactlyInAnyOrder("a", "comments");
        assertThat(ChannelsMerge.of(base, ours, ours.replace("# end\n", "")).both()).isEmpty();
    }

    @Test
    void changesOneBlockAndKeepsTheRest() {
        app("a/1");
        app("b/1");
        app("b/2");
        app("c/1");
        String text = "# head\na:\n  stable: 1   # why\n\n# about c\nc: {stable: 1}\n";
        files.put("channels.yaml", text);
        ChannelsFile before = read().channelsFile();
        String added =
                ChannelsFile.changed(
                        text, before, "b", "", Channels.NONE.promoted("1").promoted("2"));
        assertThat(added)
                .isEqualTo(
                        "# head\na:\n  stable: 1   # why\n\n# about c\nb:\n  stable: \"2\"\n  earlier: [\"1\"]\n"
                                + "c: {stable: 1}\n");
        files.put("channels.yaml", added);
        Catalog catalog = read();
        assertThat(catalog.findings()).isEmpty();
        assertThat(catalog.channels("b")).isEqualTo(Channels.NONE.promoted("1").promoted("2"));
        Channels odd =
                catalog.channels("b")
                        .deprecating(
                                "1",
                                new Channels.Deprecation(Optional.empty(), "say \"no\"\n\\ $x: #"))
                        .withdrawing("2", "b: c");
        files.put(
                "channels.yaml", ChannelsFile.changed(added, catalog.channelsFile(), "b", "", odd));
        assertThat(read().channels("b")).isEqualTo(odd);
    }

    @Test
    void rollsBackToWhatWasStableBefore() {
        Channels channels = Channels.NONE.promoted("1").promoted("2").promoted("3");
        assertThat(channels.rolledBack().orElseThrow().stable()).contains("2");
        assertThat(channels.rolledBack().orElseThrow().earlier()).containsExactly("1");
        assertThat(channels.withdrawing("3", "bad").stable()).contains("2");
        assertThat(Channels.NONE.promoted("1").rolledBack()).isEmpty();
    }

    private void app(String id) {
        files.put("apps/" + id + "/app.yaml", GOOD);
    }

    private Catalog read() {
        return new SiteReader(Path.of("/nowhere"), Set.of()).read("", files);
    }
}
