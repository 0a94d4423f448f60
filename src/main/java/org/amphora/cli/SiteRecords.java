// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.amphora.catalog.RecordKeeping;
import org.amphora.catalog.Site;
import org.amphora.image.store.Cache;
import org.amphora.image.store.FileDigest;
import org.amphora.problem.Problem;
import org.amphora.records.Event;
import org.amphora.records.Location;
import org.amphora.records.Records;

/// The records that a command works with: those that `AMPHORA_RECORDS` names, else those of the
/// site.
final class SiteRecords {
    private static final String VARIABLE = "AMPHORA_RECORDS";
    private static final String PASSWORD_VARIABLE = "AMPHORA_RECORDS_PASSWORD_FILE";
    private static final String NONE = "none";
    private static final String FILE = ".amphora/records.db";

    private SiteRecords() {}

    /// Opens them for a command that is about them.
    ///
    /// @throws Problem when there are none
    static Records open(SiteOption option) {
        return location(Optional.empty(), option::site)
                .map(location -> Records.open(location, Clock.systemUTC()))
                .orElseThrow(
                        () ->
                                new Problem(
                                        "cannot open the records",
                                        "the site says that it keeps none",
                                        "set records: {database: …} in policy.yaml, or "
                                                + VARIABLE));
    }

    /// Keeps an event of a site. When that fails the work is done all the same, so it is told and
    /// nothing else.
    static void note(Terminal terminal, Site site, Event event) {
        note(terminal, () -> location(Optional.of(site), () -> site), event);
    }

    /// Keeps an event of a command that works without a site as well: only where somebody has said
    /// where, or who runs it has a site around him, and may write to its records.
    static void noteIfKept(Terminal terminal, Supplier<Event> event) {
        Optional<Location> location = own();
        if (location.isPresent()) {
            note(terminal, () -> location, event.get());
        }
    }

    private static Optional<Location> own() {
        try {
            return location(Optional.empty(), () -> Site.find(System.getenv(), Path.of("")))
                    .filter(SiteRecords::isWritable);
        } catch (Problem e) {
            // There is no site here, which is the usual case.
            return Optional.empty();
        }
    }

    private static void note(
            Terminal terminal, Supplier<Optional<Location>> location, Event event) {
        try {
            Optional<Location> where = location.get();
            if (where.isPresent()) {
                try (Records records = Records.open(where.get(), Clock.systemUTC())) {
                    var _ = records.record(event, person());
                }
            }
        } catch (Problem problem) {
            terminal.info(
                    "done, but not recorded: "
                            + problem.what()
                            + ": "
                            + problem.why()
                            + " ("
                            + problem.fix()
                            + ")");
        }
    }

    /// The digest of an image for an event; a directory has none.
    static String digest(Path image) {
        return Files.isRegularFile(image)
                ? new FileDigest(Cache.of(System.getenv())).of(image).toString()
                : "";
    }

    /// The login name of who runs the command.
    static String person() {
        return System.getProperty("user.name");
    }

    private static Optional<Location> location(Optional<Site> known, Supplier<Site> found) {
        Map<String, String> environment = System.getenv();
        String set = environment.getOrDefault(VARIABLE, "");
        if (!set.isEmpty()) {
            return location(
                    set,
                    Path.of(""),
                    Optional.ofNullable(environment.get(PASSWORD_VARIABLE)).map(Path::of));
        }
        Site site = known.orElseGet(found);
        RecordKeeping keeping = site.policy().records();
        return location(
                keeping.database().orElse(FILE),
                site.root(),
                keeping.passwordFile().map(site.root()::resolve));
    }

    private static Optional<Location> location(
            String text, Path base, Optional<Path> passwordFile) {
        return text.equals(NONE)
                ? Optional.empty()
                : Optional.of(Location.parse(text, base, passwordFile));
    }

    private static boolean isWritable(Location location) {
        return switch (location) {
            case Location.File(Path path) -> {
                Path there = path.toAbsolutePath();
                // A fresh site has neither the file nor its directory yet.
                while (there.getParent() != null && !Files.exists(there)) {
                    there = there.getParent();
                }
                yield Files.isWritable(there);
            }
            case Location.Server(String _, Optional<Path> passwordFile) ->
                    passwordFile.map(Files::isReadable).orElse(true);
        };
    }
}
