// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import static org.amphora.compat.check.ImageBuilder.bookworm;
import static org.amphora.compat.check.NodeBuilder.adapter;
import static org.amphora.compat.check.NodeBuilder.fact;
import static org.amphora.compat.check.NodeBuilder.library;
import static org.amphora.compat.check.NodeBuilder.mount;
import static org.amphora.compat.check.NodeBuilder.place;
import static org.amphora.compat.check.NodeBuilder.usual;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.amphora.injection.Injection;
import org.amphora.injection.InjectionRequest;
import org.amphora.injection.InjectionRequest.MpiModel;
import org.amphora.injection.Remedy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Findings that a launch mends, and what it does.
class MendingTest {
    private static final Request TOOL = Request.of("tool");

    static Stream<Case> mendable() {
        ImageBuilder openMpi = bookworm().openMpi("4.1.4");
        return Stream.of(
                mendable(
                        "LIB-ABI-NOTE",
                        bookworm().glibc("2.31", "3.2.0").floor("/usr/lib/libQt5Core.so.5", "99.0"),
                        usual()),
                mendable(
                        "EXECSTACK",
                        bookworm().glibc("2.41", "3.2.0").executableStack("/usr/lib/libold.so"),
                        usual()),
                mendable("TMP-NOEXEC", bookworm(), noexec()),
                mendable("FABRIC-TCP", openMpi, mellanox("1.14")),
                mendable("VERBS-PABI", openMpi.verbs(65, "mlx5", 34), mellanox("1.14")),
                mendable(
                        "CXI-MISSING",
                        bookworm().mpich("4.1", "ofi").libfabric("1.6", "1.6", "tcp"),
                        slingshot()));
    }

    private static Case mendable(String id, ImageBuilder image, NodeBuilder node) {
        return Case.of(id, "is mended", image, node, TOOL, "INFO");
    }

    private static NodeBuilder noexec() {
        return usual().list("fileSystems.places", place("temporary", "/tmp", "tmpfs", "noexec"))
                .known("fileSystems.mounts", List.of(mount("/", "ext4")));
    }

    /// @param version of the node's libibverbs
    private static NodeBuilder mellanox(String version) {
        Map<String, Object> verbs =
                library("/usr/lib/libibverbs.so.1", "libibverbs.so.1", Map.of());
        return usual().list("fabric.adapters", adapter("mlx5_0", "mlx5_core", "4: ACTIVE"))
                .known(
                        "fabric.verbs",
                        Map.of(
                                "library", verbs,
                                "publicVersion", fact(version, "libibverbs.so.1"),
                                "providerDirectory", fact("/usr/lib/libibverbs", "/usr/lib"),
                                "configuration", List.of("/etc/libibverbs.d/mlx5.driver"),
                                "closure",
                                        List.of(
                                                verbs,
                                                library(
                                                        "/usr/lib/libnl-3.so.200",
                                                        "libnl-3.so.200",
                                                        Map.of()))));
    }

    private static NodeBuilder slingshot() {
        Map<String, Object> libfabric =
                library("/opt/cray/lib64/libfabric.so.1", "libfabric.so.1", Map.of());
        return usual().list("fabric.adapters", adapter("cxi0", "cxi_ss1", "up"))
                .known(
                        "fabric.libfabric",
                        Map.of(
                                "library", libfabric,
                                "version", fact("1.7", "libfabric.so.1"),
                                "builtIn", List.of("cxi"),
                                "closure", List.of(libfabric)));
    }

    @ParameterizedTest
    @MethodSource("mendable")
    void isMendedWhenAskedFor(Case mendable) {
        Situation s = mendable.situation();
        Finding plain = finding(mendable.id(), s);
        assertThat(plain.fix()).isInstanceOf(Fix.Command.class);
        assertThat(plain.fix().text()).startsWith("amphora exec --fix=all IMAGE");
        Situation mended = new Situation(s.contents(), s.host(), s.request().withFix());
        Finding note = finding(mendable.id(), mended);
        assertThat(note.fix()).isInstanceOf(Fix.Automatic.class);
        assertThat(note.severity()).isEqualTo(Severity.INFO);
    }

    private static Finding finding(String id, Situation situation) {
        Outcome outcome = Catalogue.check(id).apply(situation);
        assertThat(outcome).isInstanceOf(Outcome.Found.class);
        return ((Outcome.Found) outcome).findings().getFirst();
    }

    @Test
    void replacesTheVerbsSetAsOne() {
        Injection injection = injection(bookworm().openMpi("4.1.4"), mellanox("1.14"));
        assertThat(injection.binds())
                .containsExactly(
                        new Injection.Bind(
                                "/usr/lib/libibverbs.so.1",
                                Injection.LIBRARIES + "/libibverbs.so.1"),
                        new Injection.Bind(
                                "/usr/lib/libnl-3.so.200", Injection.LIBRARIES + "/libnl-3.so.200"),
                        new Injection.Bind("/usr/lib/libibverbs", "/usr/lib/libibverbs"),
                        new Injection.Bind("/etc/libibverbs.d", "/etc/libibverbs.d"));
    }

    @Test
    void keepsASetThatServesOrThatIsNewer() {
        assertThat(injection(bookworm().openMpi("4.1.4").verbs(34, "mlx5", 34), mellanox("1.14")))
                .extracting(Injection::binds)
                .isEqualTo(List.of());
        Injection newer =
                injection(bookworm().openMpi("4.1.4").verbs(65, "mlx5", 34), mellanox("1.1"));
        assertThat(newer.binds()).isEmpty();
        assertThat(newer.notes())
                .containsExactly(
                        "no verbs: the node's libibverbs is older than the image's and is left out");
    }

    @Test
    void speaksALanguageThatTheImageHas() {
        Injection french =
                injection(bookworm(), usual(), Map.of("LANG", "de_DE.UTF-8", "LC_ALL", "fr_FR"));
        assertThat(french.set()).containsEntry("LANG", "C.UTF-8");
        assertThat(french.unset()).contains("LC_*");
        assertThat(
                        injection(
                                        bookworm().locale("fr_FR.utf8"),
                                        usual(),
                                        Map.of("LANG", "fr_FR.UTF-8"))
                                .set())
                .isEmpty();
    }

    private static Injection injection(ImageBuilder image, NodeBuilder node) {
        return injection(image, node, Map.of());
    }

    private static Injection injection(
            ImageBuilder image, NodeBuilder node, Map<String, String> environment) {
        return Injection.of(
                node.build(),
                image.build(),
                new InjectionRequest(
                        Set.of(), MpiModel.NONE, EnumSet.allOf(Remedy.class), environment));
    }
}
