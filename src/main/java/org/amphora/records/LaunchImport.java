// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Gatherers;
import java.util.stream.Stream;
import org.amphora.problem.Problem;

/// Collects launch records from spool directories and from texts of syslog. Each launch is imported
/// once, whatever is imported twice, at the same time, or was killed in between: a file goes only
/// when its record is durable, and a record that is there already is passed over.
public final class LaunchImport {

    /// One transaction; large enough that its costs do not matter.
    private static final int BATCH = 10_000;

    /// Parts that are read while the database takes one; their records are in memory.
    private static final int PARTS_AT_ONCE = 2;

    private static final String TAG = "amphora[";

    private final Launches launches;
    private final Clock clock;
    private final String person;
    private final Consumer<String> notes;
    private final int batch;

    private long added;
    private long known;
    private long rejected;

    /// What an import did.
    ///
    /// @param added launches that are new
    /// @param known launches that were there already
    /// @param rejected files or lines that are no records
    public record Report(long added, long known, long rejected) {}

    /// What was read of one part.
    ///
    /// @param afterwards what is left to do when the records are durable
    private record Batch(List<LaunchRecord> records, Runnable afterwards) {}

    private record Line(long number, String text) {}

    LaunchImport(Database database, Clock clock, String person, Consumer<String> notes) {
        this(database, clock, person, notes, BATCH);
    }

    LaunchImport(Database database, Clock clock, String person, Consumer<String> notes, int batch) {
        this.launches = new Launches(database);
        this.clock = clock;
        this.person = person;
        this.notes = notes;
        this.batch = batch;
    }

    /// Takes all records out of a spool directory. What is none goes to its subdirectory
    /// `rejected`, with the reason beside it.
    ///
    /// @throws Problem when the directory cannot be read, or files cannot be removed from it
    public Report spool(Path directory) {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(directory, "[!.]*.json")) {
            // On Linux it is one of these.
            SpoolDirectory spool =
                    new SpoolDirectory(directory, (SecureDirectoryStream<Path>) open);
            Iterator<Path> files = open.iterator();
            run(
                    () -> next(files),
                    part -> {
                        SpoolDirectory.Contents contents = spool.read(part);
                        return new Batch(contents.records(), () -> finish(spool, contents));
                    },
                    directory.toString());
        } catch (IOException e) {
            throw SpoolDirectory.problem(directory, e);
        } catch (DirectoryIteratorException e) {
            throw SpoolDirectory.problem(directory, new IOException(e));
        }
        return new Report(added, known, rejected);
    }

    private void finish(SpoolDirectory spool, SpoolDirectory.Contents contents) {
        spool.remove(contents.files());
        for (SpoolDirectory.Rejected one : contents.rejected()) {
            spool.setAside(one);
            notes.accept(one.file() + ": " + one.reason() + "; set aside");
        }
        rejected += contents.rejected().size();
    }

    /// Takes records from the text of a syslog, or from lines of JSON; other lines are passed over.
    /// The text stays as it is, so what is rejected is told and not lost.
    ///
    /// @param source name of the text
    public Report lines(BufferedReader text, String source) {
        Iterator<Line> lines =
                new Iterator<>() {
                    private final Iterator<String> texts = text.lines().iterator();
                    private long number;

                    @Override
                    public boolean hasNext() {
                        return texts.hasNext();
                    }

                    @Override
                    public Line next() {
                        return new Line(++number, texts.next());
                    }
                };
        try {
            run(() -> next(lines), part -> parse(part, source), source);
        } catch (UncheckedIOException e) {
            throw new Problem(
                    "cannot import " + source,
                    String.valueOf(e.getMessage()),
                    "check that it is a text that you may read",
                    e);
        }
        return new Report(added, known, rejected);
    }

    private Batch parse(List<Line> lines, String source) {
        List<LaunchRecord> records = new ArrayList<>(lines.size());
        List<String> mistakes = new ArrayList<>();
        for (Line line : lines) {
            int json = beginning(line.text());
            if (json >= 0) {
                try {
                    records.add(LaunchRecord.parse(line.text().substring(json)));
                } catch (IllegalArgumentException e) {
                    mistakes.add(
                            source
                                    + " line "
                                    + line.number()
                                    + ": "
                                    + e.getMessage()
                                    + ": "
                                    + line.text());
                }
            }
        }
        return new Batch(
                records,
                () -> {
                    mistakes.forEach(notes);
                    rejected += mistakes.size();
                });
    }

    private <T> List<T> next(Iterator<T> all) {
        List<T> part = new ArrayList<>(batch);
        while (part.size() < batch && all.hasNext()) {
            part.add(all.next());
        }
        return part;
    }

    /// Imports part after part in their order. While the database takes one, the next ones are read
    /// and what is left to do of the one before is done.
    ///
    /// @param parts gives an empty one at the end
    private <T> void run(Supplier<List<T>> parts, Function<List<T>, Batch> read, String source) {
        try (ExecutorService finisher = Executors.newSingleThreadExecutor()) {
            Future<?> finished = CompletableFuture.completedFuture(null);
            Iterator<Batch> batches =
                    Stream.generate(parts)
                            .takeWhile(part -> !part.isEmpty())
                            .gather(Gatherers.mapConcurrent(PARTS_AT_ONCE, read))
                            .iterator();
            while (batches.hasNext()) {
                Batch next = batches.next();
                add(next.records(), source);
                var _ = finished.get();
                finished = finisher.submit(next.afterwards());
            }
            if (added > 0) {
                launches.settle();
            }
            var _ = finished.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("cannot import " + source, "interrupted", "run it again", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Problem problem
                    ? problem
                    : new IllegalStateException("cannot import " + source, e);
        }
    }

    private void add(List<LaunchRecord> records, String source) {
        if (!records.isEmpty()) {
            int fresh = launches.add(records, source, clock.instant(), person);
            added += fresh;
            known += records.size() - fresh;
        }
    }

    /// Where the record begins in a line; -1 when it is nobody's launch.
    private static int beginning(String line) {
        int tag = line.indexOf(TAG);
        int json = tag < 0 ? 0 : line.indexOf("]: ", tag) + 3;
        return json < line.length() && line.charAt(json) == '{' ? json : -1;
    }
}
