// SPDX-License-Identifier: Apache-2.0
package org.amphora.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BundleTest {

    private static final Path FIXTURES = Path.of("src/test/resources/org/amphora/bundle");

    @TempDir Path dir;

    private Bundle read(String config) throws IOException {
        Files.writeString(dir.resolve("config.json"), config);
        return Bundle.read(dir);
    }

    private String plan(String config) throws IOException {
        return read(config).plan().toString();
    }

    private static String config(String more) {
        return "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\",\"readonly\":true},"
                + "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\",\"user\":{\"uid\":1001}}"
                + more
                + "}";
    }

    @Test
    void plansWhatUmociWrites() throws IOException {
        String plan = plan(Files.readString(FIXTURES.resolve("umoci-rootless.json")));
        assertThat(plan.replace(dir.toString(), "/bundle"))
                .isEqualTo(Files.readString(FIXTURES.resolve("umoci-rootless.plan")));
    }

    @Test
    void plansWhatSlurmMakesOfIt() throws IOException {
        Bundle bundle = read(Files.readString(FIXTURES.resolve("slurm-22.05.json")));
        assertThat(bundle.terminal()).isFalse();
        assertThat(bundle.root()).isEqualTo(Path.of("/home/ada/bundle/rootfs"));
        assertThat(bundle.plan().toString())
                .contains("env-set\tSLURM_JOB_ID\t6\n")
                .endsWith("exec\t/bin/echo\ta b\tit's\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "proc|/proc|bind\t/proc\t/proc\trw,rec,optional",
                "mqueue|/dev/mqueue|bind\t/dev/mqueue\t/dev/mqueue\trw,rec,optional",
                "sysfs|/sys|bind\t/sys\t/sys\tro,rec",
                "cgroup|/sys/fs/cgroup|bind\t/sys/fs/cgroup\t/sys/fs/cgroup\tro,rec,optional",
                "devpts|/dev/pts|devpts\t/dev/pts",
                "tmpfs|/scratch|tmpfs\t/scratch\t0755\t-"
            })
    void bindsTheNodesOwnWithoutANamespace(String type, String at, String directive)
            throws IOException {
        String mount = "{\"type\":\"" + type + "\",\"destination\":\"" + at + "\"}";
        assertThat(plan(config(",\"mounts\":[" + mount + "]"))).contains("\n" + directive + "\n");
    }

    @Test
    void takesSourcesOfBindsFromTheBundle() throws IOException {
        assertThat(
                        plan(
                                config(
                                        ",\"mounts\":[{\"destination\":\"/d\",\"source\":\"data\","
                                                + "\"options\":[\"rbind\",\"ro\"]}]")))
                .contains("\nbind\t" + dir + "/data\t/d\tro,rec\n");
    }

    @Test
    void keepsACallerWhoIsNotRootInside() throws IOException {
        assertThat(plan(config(""))).contains("\nidentity\tcaller\n").doesNotContain("writable");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ",\"hooks\":{\"prestart\":[{\"path\":\"/x\"}]}|hooks",
                ",\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/x\"}]}|by its path",
                ",\"mounts\":[{\"destination\":\"/x\",\"type\":\"nfs\"}]|of type nfs on /x"
            })
    void refusesWhatWouldBeMissing(String more, String why) {
        assertThatThrownBy(() -> plan(config(more)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(why);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{|config.json",
                "[]|ociVersion",
                "{\"ociVersion\":\"2.0.0\"}|2.0.0",
                "{\"ociVersion\":\"1.0.0\"}|root.path",
                "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}}|process.args"
            })
    void saysWhatABrokenOneLacks(String config, String why) {
        assertThatThrownBy(() -> plan(config))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(why);
    }
}
