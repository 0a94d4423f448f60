// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.contents.Contents;
import org.amphora.contents.Libc;
import org.amphora.contents.Mpi;
import org.amphora.elf.Version;
import org.amphora.host.Fabric;
import org.amphora.host.Host;
import org.amphora.host.Library;

/// Libraries of a fast network, for an image whose own ones do not reach the node's adapters. Each
/// set is replaced as a whole: its parts share private interfaces.
final class FabricSets {
    private final Host host;
    private final Contents image;
    private final InjectionRequest request;
    private final Injection.Collected all;
    private final Precedence precedence;

    FabricSets(Host host, Contents image, InjectionRequest request, Injection.Collected all) {
        this.host = host;
        this.image = image;
        this.request = request;
        this.all = all;
        this.precedence = new Precedence(host, image);
    }

    void decide() {
        List<Fabric.Adapter> active = host.fabric().active();
        if (active.isEmpty() || image.libc().kind() != Libc.Kind.GLIBC) {
            return;
        }
        boolean slingshot = false;
        for (Fabric.Adapter adapter : active) {
            if (adapter.name().startsWith("cxi")) {
                slingshot = true;
            } else if (request.remedies().contains(Remedy.VERBS)) {
                verbs(adapter);
            }
        }
        if (request.remedies().contains(Remedy.UCX)) {
            ucx();
        }
        if (slingshot && request.remedies().contains(Remedy.LIBFABRIC)) {
            libfabric();
        }
    }

    /// libibverbs, librdmacm, all drivers and their settings, when the image has no driver for the
    /// adapter or one of another release than its libibverbs.
    private void verbs(Fabric.Adapter adapter) {
        Fabric.Verbs offered = host.fabric().verbs().value().orElse(null);
        String driver = adapter.driver().orElse("");
        if (offered == null || driver.isEmpty() || !wants(Set.of("ucx", "ofi", "openib"))) {
            return;
        }
        org.amphora.contents.Fabric.Verbs own = image.fabric().verbs().orElse(null);
        if (own != null && serves(own, driver)) {
            return;
        }
        Version has = offered.publicVersion().value().flatMap(Version::leading).orElse(null);
        if (own != null
                && own.version().isPresent()
                && (has == null || !has.isAtLeast(own.version().get()))) {
            all.refuse(
                    Remedy.VERBS,
                    "the node's libibverbs is older than the image's and is left out");
            return;
        }
        String directory = offered.providerDirectory().orElse("");
        if (!replace(Remedy.VERBS, offered.closure(), directory)) {
            return;
        }
        if (!offered.configuration().isEmpty()) {
            all.bind("/etc/libibverbs.d", "/etc/libibverbs.d");
        }
        all.note(
                Remedy.VERBS,
                "libibverbs of this node with its drivers takes the place of the image's, which"
                        + " has none for "
                        + adapter.name()
                        + " ("
                        + driver
                        + ")");
    }

    /// `mlx5_core` is served by `mlx5`, `hfi1` by `hfi1verbs`, `rdma_rxe` by `rxe`.
    private static boolean serves(org.amphora.contents.Fabric.Verbs verbs, String driver) {
        return verbs.providers().stream()
                .anyMatch(
                        one ->
                                (driver.startsWith(one.name())
                                                || one.name().startsWith(driver)
                                                || driver.endsWith(one.name()))
                                        && (one.privateAbi().isEmpty()
                                                || one.privateAbi().equals(verbs.privateAbi())));
    }

    private void ucx() {
        Fabric.Ucx offered = host.fabric().ucx().value().orElse(null);
        org.amphora.contents.Fabric.Ucx own = image.fabric().ucx().orElse(null);
        boolean mended =
                offered != null
                        && offered.modules().stream()
                                .anyMatch(module -> module.name().startsWith("libuct_ib"));
        if (offered == null || own == null || !mended || own.modules().contains("ib")) {
            return;
        }
        Version has = offered.version().value().flatMap(Version::leading).orElse(null);
        if (has == null || own.version().isEmpty() || !has.isAtLeast(own.version().get())) {
            return;
        }
        String directory = offered.moduleDirectory().orElse("");
        if (replace(Remedy.UCX, offered.closure(), directory)) {
            all.note(
                    Remedy.UCX,
                    "UCX "
                            + has
                            + " of this node takes the place of the image's, which has no module"
                            + " for InfiniBand");
        }
    }

    private void libfabric() {
        Fabric.Libfabric offered = host.fabric().libfabric().value().orElse(null);
        org.amphora.contents.Fabric.Libfabric own = image.fabric().libfabric().orElse(null);
        if (offered == null
                || own == null
                || own.providers().contains("cxi")
                || !knowsSlingshot(offered)) {
            return;
        }
        Version has = offered.version().value().flatMap(Version::leading).orElse(null);
        Optional<Version> need = own.needed();
        if (has == null || need.isPresent() && !has.isAtLeast(need.get())) {
            all.refuse(
                    Remedy.LIBFABRIC,
                    "the node's libfabric is older than the image's MPI needs and is left out");
            return;
        }
        String directory = offered.providerDirectory().orElse("");
        if (replace(Remedy.LIBFABRIC, offered.closure(), directory)) {
            all.note(
                    Remedy.LIBFABRIC,
                    "libfabric of this node, which knows Slingshot, takes the place of the image's");
        }
    }

    private static boolean knowsSlingshot(Fabric.Libfabric libfabric) {
        return libfabric.builtIn().contains("cxi")
                || libfabric.providers().stream().anyMatch(one -> one.name().contains("cxi"));
    }

    /// Whether the image's MPI goes over one of these.
    private boolean wants(Set<String> transports) {
        return image.mpi().libraries().stream()
                .map(Mpi.Library::transports)
                .anyMatch(has -> has.stream().anyMatch(transports::contains));
    }

    /// Puts a set into the container, with the node's glibc where it needs that.
    ///
    /// @param plugins the directory that is compiled into it; empty without one
    /// @return whether that could be
    private boolean replace(Remedy remedy, List<Library> closure, String plugins) {
        GlibcOverlay glibc = new GlibcOverlay(host, image);
        GlibcOverlay.Lack lack = glibc.lack(closure).orElse(null);
        if (lack != null && !(request.remedies().contains(Remedy.GLIBC) && glibc.isPossible())) {
            all.refuse(
                    remedy,
                    lack.library().path()
                            + " needs "
                            + lack.version()
                            + ", which the image lacks; nothing is replaced");
            return false;
        }
        for (Library library : closure) {
            boolean plugin = !plugins.isEmpty() && library.path().startsWith(plugins + "/");
            if (!plugin && !precedence.keepsImages(library)) {
                all.library(
                        library.path(),
                        library.soname().isEmpty() ? library.name() : library.soname());
            }
        }
        if (!plugins.isEmpty()) {
            all.bind(plugins, plugins);
        }
        if (lack != null) {
            glibc.add(all);
        }
        host.fabric().devices().forEach(device -> all.device(device.path()));
        return true;
    }
}
