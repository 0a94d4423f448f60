// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.amphora.problem.Problem;

/// Collects launch records from spool directories and from texts of syslog. Each launch is imported
/// once, whatever is imported twice, at the same time, or was killed in between: a file goes only
/// when its record is durable, and a record that is there already is passed over.
public final class LaunchImport {

    /// One transaction; large enough that its costs do not matter.
    private static final int BATCH = 10_000;

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
        SpoolDirectory spool = new SpoolDirectory(directory);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "[!.]*.json");
                ExecutorService reader = Executors.newSingleThreadExecutor()) {
            Iterator<Path> names = files.iterator();
            Future<SpoolDirectory.Batch> next = reader.submit(() -> spool.read(names, batch));
            for (SpoolDirectory.Batch read = next.get(); !read.isEmpty(); read = next.get()) {
                next = reader.submit(() -> spool.read(names, batch));
                add(read.records(), directory.toString());
                spool.remove(read.files());
                for (SpoolDirectory.Rejected one : read.rejected()) {
                    spool.setAside(one);
                    notes.accept(one.file() + ": " + one.reason() + "; set aside");
                }
                rejected += read.rejected().size();
            }
        } catch (IOException e) {
            throw SpoolDirectory.problem(directory, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("cannot import " + directory, "interrupted", "run it again", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Problem problem
                    ? problem
                    : new IllegalStateException("cannot read " + directory, e);
        }
        return new Report(added, known, rejected);
    }

    /// Takes records from the text of a syslog, or from lines of JSON; other lines are passed over.
    /// The text stays as it is, so what is rejected is told and not lost.
    ///
    /// @param source name of the text
    public Report lines(BufferedReader text, String source) {
        List<LaunchRecord> records = new ArrayList<>();
        long number = 0;
        try {
            for (String line = text.readLine(); line != null; line = text.readLine()) {
                number++;
                int json = beginning(line);
                if (json >= 0) {
                    try {
                        records.add(
                                LaunchRecord.parse(
                                        line.substring(json).getBytes(StandardCharsets.UTF_8)));
                    } catch (IllegalArgumentException e) {
                        rejected++;
                        notes.accept(
                                source + " line " + number + ": " + e.getMessage() + ": " + line);
                    }
                }
                if (records.size() == batch) {
                    add(records, source);
                    records.clear();
                }
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot import " + source,
                    String.valueOf(e.getMessage()),
                    "check that it is a text that you may read",
                    e);
        }
        add(records, source);
        return new Report(added, known, rejected);
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
