// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/// Connects to a PostgreSQL server, and does what only it can.
final class Postgres {

    /// A server that is away must not hold up a deployment for minutes.
    private static final String CONNECT_SECONDS = "5";

    /// Nor one that stops answering; the longest statement is a batch of an import.
    private static final String ANSWER_SECONDS = "60";

    /// Compiling a query takes longer than asking a million launches, counting them in the usual
    /// memory would mean sorting them on the disk, and disks that seek are gone.
    private static final String SESSION =
            "SET jit = off; SET work_mem = '64MB'; SET random_page_cost = 1.1";

    private static final int CHARACTERS_AT_ONCE = 32 << 10;

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
        try (Statement statement = connection.createStatement()) {
            statement.execute(SESSION);
        }
        return connection;
    }

    /// Sends rows as the text form of `COPY` (PostgreSQL 12, sql-copy, "Text Format"): a third of
    /// what as many `INSERT` cost.
    static void copy(
            Connection connection, String table, String columns, List<@Nullable Object[]> rows)
            throws SQLException {
        CopyIn copy =
                connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY " + table + " (" + columns + ") FROM STDIN");
        try {
            StringBuilder text = new StringBuilder(CHARACTERS_AT_ONCE * 2);
            for (@Nullable Object[] row : rows) {
                for (int i = 0; i < row.length; i++) {
                    text.append(i == 0 ? "" : "\t");
                    append(text, row[i]);
                }
                text.append('\n');
                if (text.length() >= CHARACTERS_AT_ONCE) {
                    send(copy, text);
                }
            }
            send(copy, text);
            var _ = copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private static void send(CopyIn copy, StringBuilder text) throws SQLException {
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        copy.writeToCopy(bytes, 0, bytes.length);
        text.setLength(0);
    }

    private static void append(StringBuilder text, @Nullable Object value) {
        switch (value) {
            case null -> text.append("\\N");
            case String string -> {
                for (int i = 0; i < string.length(); i++) {
                    char c = string.charAt(i);
                    switch (c) {
                        case '\\' -> text.append("\\\\");
                        case '\t' -> text.append("\\t");
                        case '\n' -> text.append("\\n");
                        case '\r' -> text.append("\\r");
                        default -> text.append(c);
                    }
                }
            }
            default -> text.append(value);
        }
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
