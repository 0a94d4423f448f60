// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.Supplier;
import org.amphora.image.Digest;
import org.amphora.problem.Problem;

/// What is no longer offered stays for a while, because jobs may use it. One file notes each path
/// and when it was retired.
final class Retirement {

    private final Layout layout;
    private final Clock clock;

    Retirement(Layout layout, Clock clock) {
        this.layout = layout;
        this.clock = clock;
    }

    void retire(Path path) {
        String name = layout.root().relativize(path).toString();
        Path note = layout.retired().resolve(Digest.of(name).shortHex());
        Tree.makeDirectories(layout.retired());
        try {
            Files.writeString(note, clock.instant() + "\n" + name + "\n");
        } catch (IOException e) {
            throw problem(note, e);
        }
    }

    /// Removes what was retired longer ago than the grace time and is not in use again.
    ///
    /// @param used all that is in use; asked for only when something may go
    /// @return how many things were removed
    int sweep(Duration grace, Supplier<Set<Path>> used) {
        int removed = 0;
        Set<Path> inUse = null;
        Instant limit = clock.instant().minus(grace);
        for (String name : Tree.names(layout.retired())) {
            Path note = layout.retired().resolve(name);
            try {
                String[] lines = Files.readString(note).split("\n", -1);
                if (lines.length >= 2 && Instant.parse(lines[0]).isAfter(limit)) {
                    continue;
                }
                inUse = inUse == null ? used.get() : inUse;
                Path path = layout.root().resolve(lines[1]).normalize();
                if (path.startsWith(layout.root()) && !inUse.contains(path)) {
                    Tree.delete(path);
                    removed++;
                }
                Files.delete(note);
            } catch (IOException e) {
                throw problem(note, e);
            } catch (java.time.format.DateTimeParseException | ArrayIndexOutOfBoundsException e) {
                Tree.delete(note);
            }
        }
        return removed;
    }

    private static Problem problem(Path note, IOException e) {
        return new Problem(
                "cannot use " + note,
                String.valueOf(e.getMessage()),
                "check the rights and the space of the cluster's root",
                e);
    }
}
