// SPDX-License-Identifier: Apache-2.0
package org.amphora.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.amphora.doctor.Finding.Status;
import org.amphora.host.Host;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Nodes made of a few files, and what the doctor says about them.
class DoctorTest {

    @TempDir private Path temporary;
    private Path node;

    @BeforeEach
    void healthyNode() throws IOException {
        node = Files.createDirectory(temporary.resolve("node"));
        file("/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
        file("/proc/sys/user/max_user_namespaces", "15000\n");
        file("/proc/filesystems", "nodev\toverlay\nnodev\tfuse\n");
        file("/proc/self/status", "Name:\tjava\nUid:\t1001\t1001\t1001\t1001\n");
        file("/proc/self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
        file("/etc/passwd", "alice:x:1001:1001::/home/alice:/bin/sh\n");
        file("/etc/subuid", "alice:100000:65536\n");
        file("/etc/subgid", "alice:100000:65536\n");
        file("/dev/fuse", "");
        program("/usr/bin/squashfuse_ll");
        program("/usr/bin/newuidmap");
        userns("=");
    }

    @Test
    void findsAHealthyNodeReady() throws IOException {
        assertThat(examine())
                .filteredOn(
                        finding ->
                                List.of("kernel", "namespaces", "fuse", "overlay", "subids")
                                        .contains(finding.name()))
                .hasSize(5)
                .allSatisfy(
                        finding ->
                                assertThat(finding.status())
                                        .as("%s", finding)
                                        .isEqualTo(Status.OK));
    }

    @ParameterizedTest
    @CsvSource({
        "3.10.0-1160.el7.x86_64, BAD",
        "4.18.0-553.el8.x86_64, WARN",
        "5.11.0, OK",
        "garbage, WARN"
    })
    void judgesTheKernel(String release, Status status) throws IOException {
        file("/proc/sys/kernel/osrelease", release + "\n");
        assertThat(finding("kernel").status()).isEqualTo(status);
    }

    @Test
    void namesTheSettingThatForbidsNamespaces() throws IOException {
        userns("=unshare: unshare failed: No space left on device");
        file("/proc/sys/user/max_user_namespaces", "0\n");
        Finding finding = finding("namespaces");
        assertThat(finding.status()).isEqualTo(Status.BAD);
        assertThat(finding.saw()).isEqualTo("user.max_user_namespaces is 0");
        assertThat(finding.fix()).contains("sysctl -w user.max_user_namespaces=");
    }

    @Test
    void wantsAProfileWhereAppArmorRestricts() throws IOException {
        userns("=unshare: write failed /proc/self/uid_map: Operation not permitted");
        file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        assertThat(finding("namespaces").status()).isEqualTo(Status.BAD);
        assertThat(finding("namespaces").fix()).contains("/etc/apparmor.d");
        file("/etc/apparmor.d/amphora", "profile amphora /opt/x flags=(unconfined) { userns, }\n");
        assertThat(finding("namespaces").status()).isEqualTo(Status.OK);
    }

    @Test
    void seesThatOnlyRootMayMakeNamespaces() throws IOException {
        file("/proc/self/status", "Name:\tjava\nUid:\t0\t0\t0\t0\n");
        file("/proc/sys/kernel/unprivileged_userns_clone", "0\n");
        assertThat(finding("namespaces").status()).isEqualTo(Status.BAD);
    }

    @Test
    void doesNotGuessWhatTheTreeDoesNotTell() throws IOException {
        Files.delete(node.resolve("amphora.capture"));
        assertThat(finding("namespaces").status()).isEqualTo(Status.WARN);
        assertThat(finding("namespaces").saw()).contains("unknown");
    }

    @Test
    void asksForTheFuseServer() throws IOException {
        Files.delete(node.resolve("usr/bin/squashfuse_ll"));
        assertThat(finding("fuse").status()).isEqualTo(Status.WARN);
        assertThat(finding("fuse").fix()).contains("squashfuse");
    }

    @Test
    void seesADriverThatWasUpgradedUnderWay() throws IOException {
        file(
                "/proc/driver/nvidia/version",
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.161.07  Sat Feb 17 2024\n");
        assertThat(finding("nvidia").saw()).contains("535.161.07");
        assertThat(finding("nvidia").status()).isEqualTo(Status.BAD);
    }

    @Test
    void findsAStaleFragmentAndLeavesAFreshOne() throws IOException {
        Path driver = Files.writeString(temporary.resolve("driver"), "one");
        Files.setLastModifiedTime(driver, java.nio.file.attribute.FileTime.fromMillis(7_000));
        Path fragment = Files.createDirectories(temporary.resolve("fragments")).resolve("gpu.plan");
        Files.writeString(
                fragment,
                "amphora-plan 1\nmade-from\tfile:" + driver + "\t7.3\nmade-from\tfile:/no\t-\n");
        assertThat(finding("fragment").status()).isEqualTo(Status.OK);
        Files.writeString(driver, "another");
        assertThat(finding("fragment").status()).isEqualTo(Status.BAD);
        assertThat(finding("fragment").saw()).contains("was 7.3, is ");
    }

    @Test
    void findsAFragmentOfAnotherDriverStale() throws IOException {
        Path version = Files.writeString(temporary.resolve("version"), "535.1\nnot this\n");
        Path fragment = Files.createDirectories(temporary.resolve("fragments")).resolve("gpu.plan");
        Files.writeString(fragment, "amphora-plan 1\nmade-from\ttext:" + version + "\t535.1\n");
        assertThat(finding("fragment").status()).isEqualTo(Status.OK);
        Files.writeString(version, "550.2\n");
        assertThat(finding("fragment").saw()).contains("was 535.1, is 550.2");
    }

    @Test
    void saysWhenTheCacheCannotBeWritten() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");
        List<Finding> findings =
                new Doctor(temporary, List.of(), Map.of("AMPHORA_CACHEDIR", file + "/cache"))
                        .examine(Host.probe(node), List.of(), false);
        assertThat(findings)
                .filteredOn(finding -> finding.name().equals("cache"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.status()).isEqualTo(Status.BAD));
    }

    @Test
    void asksARegistryOnlyWhenItIsNamed() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThat(examine()).noneMatch(finding -> finding.name().equals("registry"));
        for (String name : List.of("127.0.0.1:" + port, "not a host", "http://[")) {
            List<Finding> findings = doctor().examine(Host.probe(node), List.of(name), true);
            assertThat(findings.getLast().name()).isEqualTo("registry");
            assertThat(findings.getLast().status()).isEqualTo(Status.BAD);
        }
    }

    @Test
    void survivesGarbageInEveryFile() throws IOException {
        Random random = new Random(3);
        List<Path> files;
        try (var all = Files.walk(node)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            byte[] before = Files.readAllBytes(file);
            byte[] garbage = new byte[random.nextInt(200)];
            random.nextBytes(garbage);
            Files.write(file, garbage);
            assertThat(examine()).isNotEmpty();
            Files.write(file, before);
        }
    }

    @Test
    void endsAsTheWorstFinding() {
        Finding ok = Finding.ok("a", "b");
        Finding warn = Finding.warn("c", "d", "e");
        assertThat(Doctor.worst(List.of(ok)).exitStatus()).isZero();
        assertThat(Doctor.worst(List.of(warn, ok)).exitStatus()).isEqualTo(1);
        assertThat(Doctor.worst(List.of(warn, Finding.bad("f", "g", "h"))).exitStatus())
                .isEqualTo(2);
        assertThat(Doctor.text(List.of(ok, warn)))
                .isEqualTo(
                        """
                        ok    a            b
                        warn  c            d
                                           fix: e
                        """);
    }

    private Doctor doctor() {
        return new Doctor(
                node.resolve("usr/bin/newuidmap"),
                List.of(temporary.resolve("fragments")),
                Map.of("AMPHORA_CACHEDIR", temporary.resolve("cache").toString()));
    }

    private List<Finding> examine() {
        return doctor().examine(Host.probe(node), List.of(), false);
    }

    private Finding finding(String name) {
        List<Finding> found =
                examine().stream().filter(finding -> finding.name().equals(name)).toList();
        assertThat(found).as(name).hasSize(1);
        return found.getFirst();
    }

    private void userns(String outcome) throws IOException {
        file("/amphora.capture", "amphora-capture 1\nuserns\t" + outcome + "\n");
    }

    private void file(String path, String text) throws IOException {
        Path file = node.resolve(path.substring(1));
        Files.createDirectories(file.getParent());
        Files.writeString(file, text, StandardCharsets.UTF_8);
    }

    private void program(String path) throws IOException {
        file(path, "");
        assertThat(node.resolve(path.substring(1)).toFile().setExecutable(true)).isTrue();
    }
}
