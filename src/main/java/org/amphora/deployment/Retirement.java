// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.amphora.problem.Problem;

/// What is no longer offered stays for a while, because jobs may use it. Each deployment notes what
/// it retires in a file of its own, whose name is the time (seconds since 1970): the names tell
/// which notes are due.
final class Retirement {
    private static final Pattern TIME = Pattern.compile("\\d{1,18}");

    /// Ends each line: one that was cut off names nothing.
    private static final String END = "\t.";

    private final Layout layout;
    private final Clock clock;
    private final Path note;

    Retirement(Layout layout, Clock clock) {
        this.layout = layout;
        this.clock = clock;
        this.note = layout.retired().resolve(Long.toString(clock.instant().getEpochSecond()));
    }

    void retire(Path path) {
        Tree.makeDirectories(layout.retired());
        try {
            Files.writeString(
                    note,
                    layout.root().relativize(path) + END + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw problem(note, e);
        }
    }

    /// Removes what was retired longer ago than the grace time, not again since, and is not in use.
    ///
    /// @param used all that is in use; asked for only when something may go
    /// @return how many things were removed
    int sweep(Duration grace, Supplier<Set<Path>> used) {
        long limit = clock.instant().minus(grace).getEpochSecond();
        List<Path> due = new ArrayList<>();
        List<Path> others = new ArrayList<>();
        for (String name : Tree.names(layout.retired())) {
            if (TIME.matcher(name).matches()) {
                (Long.parseLong(name) <= limit ? due : others).add(layout.retired().resolve(name));
            }
        }
        if (due.isEmpty()) {
            return 0;
        }
        Set<Path> gone = paths(due);
        gone.removeAll(used.get());
        gone.removeAll(paths(others));
        int removed = 0;
        for (Path path : gone) {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                Tree.delete(path);
                removed++;
            }
        }
        due.forEach(Tree::delete);
        return removed;
    }

    private Set<Path> paths(List<Path> notes) {
        Set<Path> paths = new TreeSet<>();
        for (Path each : notes) {
            try {
                for (String line : Files.readAllLines(each)) {
                    String name =
                            line.endsWith(END)
                                    ? line.substring(0, line.length() - END.length())
                                    : "";
                    Path path = layout.root().resolve(name).normalize();
                    if (path.startsWith(layout.root()) && !path.equals(layout.root())) {
                        paths.add(path);
                    }
                }
            } catch (IOException e) {
                throw problem(each, e);
            }
        }
        return paths;
    }

    private static Problem problem(Path note, IOException e) {
        return new Problem(
                "cannot use " + note,
                String.valueOf(e.getMessage()),
                "check the rights and the space of the cluster's root",
                e);
    }
}
