// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Cluster;
import org.amphora.catalog.ExposedCommand;
import org.amphora.image.Digest;
import org.amphora.launch.Launch;
import org.amphora.problem.Problem;

/// The commands of a version: files that are launch plans and name the starter as their interpreter
/// (`docs/plan-format.md`).
final class CommandFiles {
    /// Longer first lines were cut off before Linux 5.1 (`BINPRM_BUF_SIZE`).
    private static final int FIRST_LINE_AT_MOST = 127;

    private final Cluster cluster;
    private final Path starter;

    /// @param starter `amphora-start` as the nodes see it
    CommandFiles(Cluster cluster, Path starter) {
        this.cluster = cluster;
        this.starter = starter;
        String path = starter.toString();
        if (path.length() + 3 > FIRST_LINE_AT_MOST || path.chars().anyMatch(c -> c <= ' ')) {
            throw new Problem(
                    "cannot write commands that start through " + path,
                    "the first line of a program may have "
                            + FIRST_LINE_AT_MOST
                            + " characters and no white space in the path",
                    "install Amphora under a shorter path, or name it: starter: in clusters/"
                            + cluster.name()
                            + ".yaml");
        }
    }

    /// Contents by path, `bin/NAME`.
    ///
    /// @param copies of files of the image; none when empty
    SortedMap<String, byte[]> of(AppVersion app, Path image, Optional<Path> copies) {
        SortedMap<String, byte[]> files = new TreeMap<>();
        for (ExposedCommand command : app.commands()) {
            files.put("bin/" + command.name(), plan(app, command, image, copies));
        }
        return files;
    }

    /// A name for these contents.
    static String name(AppVersion app, Map<String, byte[]> files) {
        StringBuilder all = new StringBuilder();
        files.forEach((path, bytes) -> all.append(path).append(Digest.of(bytes)).append('\n'));
        return "." + app.id().version() + "-" + Digest.of(all.toString()).shortHex();
    }

    private byte[] plan(AppVersion app, ExposedCommand command, Path image, Optional<Path> copies) {
        List<String> words = new ArrayList<>(List.of("exec"));
        for (String bind : cluster.binds()) {
            words.addAll(List.of("--bind", bind));
        }
        words.add(image.toString());
        words.addAll(command.argv());
        boolean node = app.needs().gpu() || app.needs().mpi();
        Launch.Shared shared =
                new Launch.Shared(
                        cluster.fuseServer().orElse(""),
                        node ? cluster.fragments() : List.of(),
                        cluster.record().orElse(""),
                        node ? new NodeNeeds(image, app.needs()).name() : "",
                        copies.map(Path::toString).orElse(""),
                        cluster.linger(),
                        app.id().toString(),
                        app.image().map(Digest::toString).orElse(""));
        String text = "#!" + starter + "\n" + Launch.forAnyone(words, shared);
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
