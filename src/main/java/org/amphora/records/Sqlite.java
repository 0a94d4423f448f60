// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.amphora.host.FileSystems;
import org.amphora.problem.Problem;
import org.sqlite.JDBC;

/// Connects to the embedded database. Each commit is on the disk before it returns.
final class Sqlite {

    /// Others commit in milliseconds; imports hold the file for some tenths of a second at most.
    private static final String WAIT_MILLISECONDS = "20000";

    private Sqlite() {}

    /// @throws Problem when the file lies on a file system of several machines
    static Connection connect(Location.File file) throws SQLException {
        useInstalledLibrary();
        make(file.path());
        return open(file.path());
    }

    private static Connection open(Path path) throws SQLException {
        Properties settings = new Properties();
        settings.setProperty("busy_timeout", WAIT_MILLISECONDS);
        settings.setProperty("journal_mode", "WAL");
        // Anything less may lose acknowledged commits with the power (sqlite.org, pragma.html).
        settings.setProperty("synchronous", "FULL");
        // A transaction that begins as a reader cannot wait to become the writer.
        settings.setProperty("transaction_mode", "IMMEDIATE");
        Connection connection = JDBC.createConnection(JDBC.PREFIX + path, settings);
        if (connection == null) {
            throw new IllegalStateException("no SQLite file: " + path);
        }
        return connection;
    }

    /// Records name people, so the file is for its owner alone; who makes it readable for a group
    /// does so on purpose. It gets its name when it has a write-ahead log: two that switch a new
    /// file over at once do not wait for each other.
    private static void make(Path path) throws SQLException {
        try {
            Path directory = path.toAbsolutePath().getParent();
            if (directory == null) {
                throw new IllegalStateException("no directory: " + path);
            }
            Files.createDirectories(directory);
            String type = Files.getFileStore(directory).type();
            if (FileSystems.isShared(type)) {
                throw new Problem(
                        "cannot keep records in " + path,
                        directory
                                + " is on "
                                + type
                                + ", a file system of several machines; SQLite's journal needs one"
                                + " machine's memory",
                        "set records: {database: …} in policy.yaml, or AMPHORA_RECORDS, to a path"
                                + " on a local disk or to jdbc:postgresql://HOST/DATABASE");
            }
            if (!Files.exists(path)) {
                makeIn(directory, path);
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot keep records in " + path,
                    String.valueOf(e.getMessage()),
                    "check the rights of the directory, or set AMPHORA_RECORDS",
                    e);
        }
    }

    private static void makeIn(Path directory, Path path) throws IOException, SQLException {
        Path made = Files.createTempFile(directory, ".records", ".db");
        try {
            open(made).close();
            Files.createLink(path, made);
        } catch (FileAlreadyExistsException e) {
            // Another process was faster.
            return;
        } finally {
            Files.delete(made);
        }
    }

    /// An installation has the driver's native part as a file; unpacked into a temporary directory
    /// it could not be loaded where that is mounted noexec.
    private static void useInstalledLibrary() {
        String home = System.getProperty("amphora.home", "");
        if (!home.isEmpty() && Files.exists(Path.of(home, "lib", "libsqlitejdbc.so"))) {
            System.setProperty("org.sqlite.lib.path", home + "/lib");
            System.setProperty("org.sqlite.lib.name", "libsqlitejdbc.so");
        }
    }
}
