// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.amphora.problem.Problem;
import org.postgresql.Driver;

/// Connects to a PostgreSQL server.
final class Postgres {

    /// A server that is away must not hold up a deployment for minutes.
    private static final String CONNECT_SECONDS = "5";

    /// Nor one that stops answering; the longest statement is a batch of an import.
    private static final String ANSWER_SECONDS = "60";

    private Postgres() {}

    static Connection connect(Location.Server server) throws SQLException {
        Properties settings = new Properties();
        settings.setProperty("connectTimeout", CONNECT_SECONDS);
        settings.setProperty("loginTimeout", CONNECT_SECONDS);
        settings.setProperty("socketTimeout", ANSWER_SECONDS);
        // Several rows in one INSERT: half the time.
        settings.setProperty("reWriteBatchedInserts", "true");
        settings.setProperty("tcpKeepAlive", "true");
        settings.setProperty("ApplicationName", "amphora");
        Optional<Path> file = server.passwordFile();
        if (file.isPresent()) {
            settings.setProperty("password", password(file.get()));
        }
        Connection connection = new Driver().connect(server.url(), settings);
        if (connection == null) {
            throw new IllegalStateException("no URL of PostgreSQL: " + server);
        }
        return connection;
    }

    private static String password(Path file) {
        try {
            Set<PosixFilePermission> rights = Files.getPosixFilePermissions(file);
            if (rights.contains(PosixFilePermission.OTHERS_READ)
                    || rights.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new Problem(
                        "cannot use the password in " + file,
                        "everybody on this machine can read or change it",
                        "chmod o= " + file);
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new Problem(
                    "cannot read the password of the records",
                    String.valueOf(e.getMessage()),
                    "check password-file in policy.yaml, or AMPHORA_RECORDS_PASSWORD_FILE",
                    e);
        }
    }
}
