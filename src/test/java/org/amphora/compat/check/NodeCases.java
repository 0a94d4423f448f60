// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import static org.amphora.compat.check.ImageBuilder.bookworm;
import static org.amphora.compat.check.NodeBuilder.mount;
import static org.amphora.compat.check.NodeBuilder.place;
import static org.amphora.compat.check.NodeBuilder.usual;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.amphora.host.FileSystems.Mount;

/// Namespaces, file systems, identity, environment.
final class NodeCases {

    private NodeCases() {}

    private static Request with(String name, String value) {
        return Request.of("tool").with(new Caller(Map.of(name, value), Set.of(), List.of()));
    }

    private static Request from(String point, String type) {
        Mount root = new Mount("/", "ext4", "/dev/sda1", List.of());
        Mount other = new Mount(point, type, "server:/export", List.of());
        return Request.of("tool")
                .withBinds(List.of("/scratch/alice/data"))
                .with(new Caller(Map.of(), Set.of(), List.of(root, other)));
    }

    static Stream<Case> all() {
        Request python =
                Request.of("tool")
                        .with(new Caller(Map.of(), Set.of(".local/lib/python3.11"), List.of()));
        return Stream.of(
                Case.of(
                        "USERNS-OFF",
                        "the maximum is 0",
                        bookworm(),
                        usual().known("userNamespaces.works", false)
                                .known("userNamespaces.maximum", 0),
                        "BLOCK"),
                Case.of(
                        "USERNS-OFF",
                        "a captured node that says so",
                        bookworm(),
                        usual().unknown("userNamespaces.works").known("userNamespaces.maximum", 0),
                        "BLOCK"),
                Case.of(
                        "USERNS-OFF",
                        "Debian's switch",
                        bookworm(),
                        usual().known("userNamespaces.works", false)
                                .known("userNamespaces.unprivilegedClone", 0),
                        "BLOCK"),
                Case.of("USERNS-OFF", "they work", bookworm(), usual(), "passed"),
                Case.of(
                        "USERNS-APPARMOR",
                        "Ubuntu 24.04",
                        bookworm(),
                        usual().known("userNamespaces.works", false)
                                .known("userNamespaces.apparmorRestricts", 1)
                                .absent("userNamespaces.apparmorProfile"),
                        "BLOCK"),
                Case.of(
                        "USERNS-APPARMOR",
                        "with a profile",
                        bookworm(),
                        usual().known("userNamespaces.apparmorRestricts", 1)
                                .known("userNamespaces.apparmorProfile", "/etc/apparmor.d/amphora"),
                        "passed"),
                Case.of(
                        "OVERLAY-FS",
                        "on NFS",
                        bookworm(),
                        usual(),
                        Request.of("tool").withOverlay("/home/alice/up"),
                        "BLOCK"),
                Case.of(
                        "OVERLAY-FS",
                        "on a local disk",
                        bookworm(),
                        usual(),
                        Request.of("tool").withOverlay("/var/up"),
                        "passed"),
                Case.of(
                        "FUSE-OFF",
                        "no device",
                        bookworm(),
                        usual().absent("fileSystems.fuseDevice"),
                        "INFO"),
                Case.of("FUSE-OFF", "all there", bookworm(), usual(), "passed"),
                Case.of(
                        "NETFS-IDS",
                        "cache on NFS",
                        bookworm(),
                        usual().list(
                                        "fileSystems.places",
                                        place("cache", "/home/alice/.cache/amphora", "nfs4")),
                        with("AMPHORA_FAKEROOT", "1"),
                        "WARN"),
                Case.of(
                        "NETFS-IDS",
                        "cache on a local disk",
                        bookworm(),
                        usual(),
                        with("AMPHORA_FAKEROOT", "1"),
                        "passed"),
                Case.of(
                        "GROUP-LOST",
                        "with --fakeroot",
                        bookworm(),
                        usual().known("userNamespaces.groups", List.of(1000, 44)),
                        with("APPTAINER_FAKEROOT", "1"),
                        "WARN"),
                Case.of("GROUP-LOST", "as usual", bookworm(), usual(), "passed"),
                Case.of(
                        "PROC-SYS",
                        "left out",
                        bookworm(),
                        usual(),
                        with("SINGULARITY_NO_MOUNT", "tmp,sys"),
                        "WARN"),
                Case.of("PROC-SYS", "as usual", bookworm(), usual(), "passed"),
                Case.of(
                        "ENV-LEAK",
                        "a preloaded tool of the node",
                        bookworm(),
                        usual(),
                        with("LD_PRELOAD", "/opt/darshan/libdarshan.so"),
                        "WARN"),
                Case.of("ENV-LEAK", "nothing", bookworm(), usual(), "passed"),
                Case.of(
                        "HOME-SHADOW",
                        "packages of this Python",
                        bookworm().python("3.11"),
                        usual(),
                        python,
                        "WARN"),
                Case.of(
                        "HOME-SHADOW",
                        "packages of another Python",
                        bookworm().python("3.9"),
                        usual(),
                        python,
                        "passed"),
                Case.of(
                        "NSS-UID",
                        "only a directory service",
                        bookworm().nameServices("sss"),
                        usual(),
                        "INFO"),
                Case.of("NSS-UID", "files", bookworm(), usual(), "passed"),
                Case.of(
                        "TMP-NOEXEC",
                        "noexec",
                        bookworm(),
                        usual().list(
                                        "fileSystems.places",
                                        place("temporary", "/tmp", "tmpfs", "nosuid", "noexec")),
                        "WARN"),
                Case.of("TMP-NOEXEC", "as usual", bookworm(), usual(), "passed"),
                Case.of(
                        "LOCALE",
                        "French in a plain image",
                        bookworm(),
                        usual(),
                        with("LANG", "fr_FR.UTF-8"),
                        "INFO"),
                Case.of(
                        "LOCALE",
                        "C.UTF-8",
                        bookworm(),
                        usual(),
                        with("LANG", "C.UTF-8"),
                        "passed"),
                Case.of(
                        "RESOLV",
                        "no name server",
                        bookworm(),
                        usual().known("nameServers", List.of()),
                        "INFO"),
                Case.of(
                        "RESOLV",
                        "cookie that is not inside",
                        bookworm(),
                        usual(),
                        Request.of("xterm")
                                .with(
                                        new Caller(
                                                Map.of(
                                                        "DISPLAY",
                                                        ":0",
                                                        "XAUTHORITY",
                                                        "/run/user/1000/xauth"),
                                                Set.of(),
                                                List.of())),
                        "INFO"),
                Case.of("RESOLV", "as usual", bookworm(), usual(), "passed"),
                Case.of(
                        "FS-NOT-ON-NODE",
                        "scratch is missing",
                        bookworm(),
                        usual(),
                        from("/scratch", "lustre"),
                        "BLOCK"),
                Case.of(
                        "FS-NOT-ON-NODE",
                        "scratch is there",
                        bookworm(),
                        usual().known(
                                        "fileSystems.mounts",
                                        List.of(mount("/", "ext4"), mount("/scratch", "lustre"))),
                        from("/scratch", "lustre"),
                        "passed"));
    }
}
