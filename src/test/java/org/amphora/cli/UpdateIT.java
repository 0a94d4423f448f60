// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.Needs;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.image.store.DockerRegistry;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `app add`, `app outdated` and `app update` against Debian's registry.
class UpdateIT {
    @TempDir private static Path folder;
    private static DockerRegistry registry;

    @TempDir private Path place;

    @BeforeAll
    static void fill() throws Exception {
        for (String program : List.of("git", "umoci", "skopeo", "docker-registry")) {
            Needs.program(program);
        }
        String layout = folder.resolve("layout").toString();
        run("umoci", "init", "--layout", layout);
        run("umoci", "new", "--image", layout + ":1");
        run("umoci", "config", "--image", layout + ":1", "--architecture", "amd64");
        registry = DockerRegistry.start(folder.resolve("registry"), false);
        for (String tag : List.of("1.9", "1.10", "1.20", "1.21-rc1", "latest", "1.8")) {
            run(
                    "skopeo",
                    "copy",
                    "-q",
                    "--dest-tls-verify=false",
                    "oci:" + layout + ":1",
                    registry.reference("lab/tool:" + tag));
        }
    }

    @AfterAll
    static void stop() {
        if (registry != null) {
            registry.close();
        }
    }

    @Test
    void bringsTheNewestTag() {
        Site site = Site.init(place.resolve("site"));
        String from = registry.reference("lab/tool:1.9");
        amphora(
                site,
                "add",
                "tool/1.9",
                "--image",
                from,
                "--command",
                "tool=run it",
                "--summary",
                "A tool");
        assertThat(amphora(site, "outdated")).containsPattern("tool/1.9 +1.20 +2 newer versions");
        amphora(site, "update", "tool/1.10");
        amphora(site, "update", "tool");
        assertThat(site.catalog().versions("tool"))
                .extracting(version -> version.id().version())
                .containsExactly("1.9", "1.10", "1.20");
        AppVersion newest = site.catalog().version(VersionId.parse("tool/1.20"));
        assertThat(newest.from()).contains(registry.reference("lab/tool:1.20"));
        assertThat(newest.about().summary()).isEqualTo("A tool");
        assertThat(newest.commands().getFirst().argv()).containsExactly("run", "it");
        assertThat(amphora(site, "outdated", "--json")).isEqualToIgnoringWhitespace("[]");
    }

    @Test
    void writesTheNextRecipe() {
        Site site = Site.init(place.resolve("site"));
        site.commit(
                Map.of(
                        "apps/tool/1.9/app.yaml",
                        "summary: A tool\nrecipe: tool.def\ncommands: [tool]\n",
                        "apps/tool/1.9/tool.def",
                        "Bootstrap: docker\nFrom: debian:12\n%post\n    get tool-1.9.tar 11.9 1.9.1 v=1.9\n"),
                "Add tool/1.9",
                "");
        amphora(site, "update", "tool/1.10");
        assertThat(site.root().resolve("apps/tool/1.10/tool.def"))
                .content()
                .contains("get tool-1.10.tar 11.9 1.9.1 v=1.10");
        assertThat(site.catalog().findings()).isEmpty();
    }

    private static String amphora(Site site, String verb, String... words) {
        List<String> line = new ArrayList<>(List.of("--quiet", "app", verb));
        line.addAll(List.of(words));
        line.addAll(List.of("--site", site.root().toString(), "--nohttps", "--disable-cache"));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Commands.line();
        command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        assertThat(command.execute(line.toArray(String[]::new))).as(err.toString()).isZero();
        return out.toString();
    }

    private static void run(String... words) {
        Command.of(words).run().orProblem("cannot prepare the test", "see above");
    }
}
