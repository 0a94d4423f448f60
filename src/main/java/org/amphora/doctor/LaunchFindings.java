// SPDX-License-Identifier: Apache-2.0
package org.amphora.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.elf.Version;
import org.amphora.host.Device;
import org.amphora.host.Fact;
import org.amphora.host.FileSystems;
import org.amphora.host.Host;
import org.amphora.host.UserNamespaces;

/// What starting a container takes: starter, kernel, namespaces, FUSE, overlay, ids.
final class LaunchFindings {

    private static final Version OVERLAY_FOR_USERS = Version.parse("5.11");
    private static final Version FUSE_FOR_USERS = Version.parse("4.18");

    private LaunchFindings() {}

    static Finding starter(Path starter) {
        return Files.isExecutable(starter)
                ? Finding.ok("starter", starter.toString())
                : Finding.bad(
                        "starter",
                        starter + " is missing or cannot be executed",
                        "install Amphora again: ./amphora install --prefix DIR");
    }

    static List<Finding> of(Host host) {
        List<Finding> findings = new ArrayList<>();
        findings.add(kernel(host.kernel().version()));
        findings.add(namespaces(host.userNamespaces()));
        findings.add(fuse(host.fileSystems()));
        findings.add(overlay(host.fileSystems()));
        findings.add(subids(host.userNamespaces()));
        return findings;
    }

    private static Finding kernel(Fact<String> version) {
        Optional<Version> known = version.value().flatMap(Version::leading);
        if (known.isEmpty()) {
            return Finding.warn("kernel", version.toString(), "look at: uname -r");
        }
        Version seen = known.get();
        String saw = "Linux " + version.orElse("");
        if (!seen.isAtLeast(FUSE_FOR_USERS)) {
            return Finding.bad(
                    "kernel",
                    saw + " cannot mount images for users",
                    "upgrade to Linux 5.11 or later");
        }
        if (!seen.isAtLeast(OVERLAY_FOR_USERS)) {
            return Finding.warn(
                    "kernel",
                    saw + " has no overlay for users (RHEL 8.5 and later excepted)",
                    "upgrade to Linux 5.11 or later; until then images need all mount points");
        }
        return Finding.ok("kernel", saw);
    }

    private static Finding namespaces(UserNamespaces seen) {
        String name = "namespaces";
        if (seen.works().isUnknown()) {
            return Finding.warn(
                    name, seen.works().toString(), "try: unshare --user --map-root-user true");
        }
        if (seen.works().orElse(false)) {
            boolean root = seen.uid().orElse(-1) == 0;
            boolean off =
                    seen.unprivilegedClone().orElse(1) == 0
                            || seen.apparmorRestricts().orElse(0) == 1
                                    && !seen.apparmorProfile().isKnown();
            return root && off
                    ? Finding.bad(name, "only root may make them here", fix(seen))
                    : Finding.ok(
                            name,
                            "a user namespace with a mount in it works"
                                    + (root ? " for root; ask again as a user" : ""));
        }
        if (seen.apparmorRestricts().orElse(0) == 1 && seen.apparmorProfile().isKnown()) {
            return Finding.ok(
                    name,
                    "restricted by AppArmor, but "
                            + seen.apparmorProfile().orElse("")
                            + " allows them to the starter");
        }
        return Finding.bad(name, seen.explanation(), fix(seen));
    }

    private static String fix(UserNamespaces seen) {
        if (seen.maximum().orElse(1L) == 0) {
            return "sysctl -w user.max_user_namespaces=15000, and the same in /etc/sysctl.d";
        }
        if (seen.unprivilegedClone().orElse(1) == 0) {
            return "sysctl -w kernel.unprivileged_userns_clone=1, and the same in /etc/sysctl.d";
        }
        if (seen.chrooted().orElse(false)) {
            return "run outside the chroot, or make its root with pivot_root";
        }
        if (seen.apparmorRestricts().orElse(0) == 1) {
            return "install a profile with `userns,` for amphora-start in /etc/apparmor.d";
        }
        return "ask the administrator which security module or filter refuses it";
    }

    private static Finding fuse(FileSystems seen) {
        String name = "fuse";
        String instead = "; until then images are unpacked into the cache";
        if (!seen.fuseDevice().isKnown()) {
            return Finding.warn(
                    name,
                    seen.fuseDevice().toString(),
                    "modprobe fuse, and the same in /etc/modules-load.d" + instead);
        }
        Fact<Boolean> opens = seen.fuseDevice().value().map(Device::opens).orElseThrow();
        if (!opens.orElse(true)) {
            return Finding.warn(
                    name, "/dev/fuse cannot be opened", "chmod 666 /dev/fuse" + instead);
        }
        if (!seen.squashfuse().isKnown()) {
            return Finding.warn(
                    name,
                    "/dev/fuse is there, squashfuse_ll is not",
                    "install the package squashfuse" + instead);
        }
        return Finding.ok(name, "/dev/fuse, " + seen.squashfuse().orElse(""));
    }

    private static Finding overlay(FileSystems seen) {
        return seen.overlay().orElse(false)
                ? Finding.ok("overlay", "known to the kernel")
                : Finding.warn(
                        "overlay",
                        seen.overlay().isUnknown()
                                ? seen.overlay().toString()
                                : "not known to the kernel",
                        "modprobe overlay; without it images need all mount points");
    }

    private static Finding subids(UserNamespaces seen) {
        if (seen.uid().orElse(-1) == 0) {
            return Finding.ok("subids", "root needs none");
        }
        String without = "; without it, recipes that create users see one id only";
        if (seen.subuids().orElse(List.of()).isEmpty()) {
            return Finding.warn(
                    "subids",
                    "no range in /etc/subuid and /etc/subgid",
                    "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER"
                            + without);
        }
        if (!seen.newuidmap().isKnown()) {
            return Finding.warn(
                    "subids", "newuidmap is missing", "install the package uidmap" + without);
        }
        return Finding.ok("subids", String.join(", ", seen.subuids().orElse(List.of())));
    }
}
