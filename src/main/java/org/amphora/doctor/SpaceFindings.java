// SPDX-License-Identifier: Apache-2.0
package org.amphora.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.host.FileSystems;
import org.amphora.host.Host;
import org.amphora.image.store.Cache;
import org.amphora.image.store.Storage;
import org.amphora.problem.Problem;

/// Where images are kept and made.
final class SpaceFindings {

    /// A converted application image of the larger kind.
    private static final long ENOUGH = 4L << 30;

    /// Below this not even a small distribution fits.
    private static final long NOTHING = 256L << 20;

    private SpaceFindings() {}

    static List<Finding> of(Host host, Map<String, String> environment) {
        List<Finding> findings = new ArrayList<>();
        try {
            findings.add(directory("cache", Cache.rootOf(environment), "AMPHORA_CACHEDIR", host));
        } catch (Problem problem) {
            findings.add(Finding.bad("cache", problem.why(), problem.fix()));
        }
        findings.add(
                directory(
                        "temporary",
                        Storage.temporaryDirectory(environment),
                        "AMPHORA_TMPDIR",
                        host));
        host.fileSystems()
                .sharedMemory()
                .value()
                .ifPresent(place -> findings.add(sharedMemory(place)));
        return findings;
    }

    private static Finding directory(String name, Path directory, String variable, Host host) {
        Path at = directory.toAbsolutePath();
        while (!Files.exists(at) && at.getParent() != null) {
            at = at.getParent();
        }
        String elsewhere = "set " + variable + " to a directory that you can write to";
        if (!Files.isDirectory(at)) {
            return Finding.bad(name, at + " is not a directory", elsewhere);
        }
        if (!Files.isWritable(at)) {
            return Finding.bad(name, at + " cannot be written to", elsewhere);
        }
        String type =
                host.fileSystems()
                        .mountOf(at.toString())
                        .map(mount -> mount.type() + ", ")
                        .orElse("");
        try {
            long free = Files.getFileStore(at).getUsableSpace();
            String saw = directory + ": " + type + size(free) + " free";
            String room = "make room (amphora cache clean), or set " + variable;
            return free < NOTHING
                    ? Finding.bad(name, saw, room)
                    : free < ENOUGH ? Finding.warn(name, saw, room) : Finding.ok(name, saw);
        } catch (IOException e) {
            return Finding.warn(
                    name, directory + ": how much is free is not told", "look at: df " + at);
        }
    }

    private static Finding sharedMemory(FileSystems.Place place) {
        long free = place.freeBytes().orElse(Long.MAX_VALUE);
        if (!place.freeBytes().isKnown()) {
            return Finding.warn("shm", place.freeBytes().toString(), "look at: df /dev/shm");
        }
        String saw = "/dev/shm: " + size(free) + " free";
        return free < NOTHING
                ? Finding.warn(
                        "shm", saw, "remove what is left there, or mount it with a larger size=")
                : Finding.ok("shm", saw);
    }

    private static String size(long bytes) {
        return bytes >= 1L << 30 ? (bytes >> 30) + " GiB" : (bytes >> 20) + " MiB";
    }
}
