// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.Closeable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// One connection to the database, whichever it is. All SQL but this class and the two that connect
/// is the same for both. Every failure becomes a {@link Problem} here.
final class Database implements Closeable {

    /// Of the database server, so that programs which make tables wait for each other.
    private static final long TABLES_LOCK = 0x616d70686f7261L;

    /// Enough rows on their way to keep both sides busy, few enough to hold them.
    private static final int ROWS_AT_ONCE = 2000;

    private final Location location;
    private final Connection connection;

    /// Makes something of a row.
    interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /// Takes a row.
    interface Visitor {
        void visit(ResultSet row) throws SQLException;
    }

    private Database(Location location, Connection connection) {
        this.location = location;
        this.connection = connection;
    }

    static Database open(Location location) {
        try {
            return new Database(
                    location,
                    switch (location) {
                        case Location.File file -> Sqlite.connect(file);
                        case Location.Server server -> Postgres.connect(server);
                    });
        } catch (SQLException e) {
            throw problem(location, e);
        }
    }

    Location location() {
        return location;
    }

    /// Does several things as one, alone with the tables it changes; nothing of it stays when it
    /// fails. What it returns is durable.
    <T> T write(Supplier<T> work) {
        try {
            connection.setAutoCommit(false);
            boolean done = false;
            try {
                T result = work.get();
                connection.commit();
                done = true;
                return result;
            } finally {
                if (!done) {
                    connection.rollback();
                }
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw problem(location, e);
        }
    }

    /// Within {@link #write}: waits for others that make tables. A SQLite file has one writer
    /// anyway. From here on answers may take long: an index over all launches is made in minutes.
    void lockTables() {
        if (location instanceof Location.Server) {
            try {
                connection.setNetworkTimeout(Runnable::run, 0);
            } catch (SQLException e) {
                throw problem(location, e);
            }
            var _ = number("SELECT count(pg_advisory_xact_lock(?))", TABLES_LOCK);
        }
    }

    boolean hasTable(String name) {
        try (ResultSet tables =
                connection
                        .getMetaData()
                        .getTables(null, connection.getSchema(), name, new String[] {"TABLE"})) {
            return tables.next();
        } catch (SQLException e) {
            throw problem(location, e);
        }
    }

    /// Runs one statement; gives how many rows it changed.
    int update(String sql, @Nullable Object... values) {
        try (PreparedStatement statement = prepare(sql, values)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw problem(location, e);
        }
    }

    /// The same statement for several rows.
    void updateAll(String sql, List<@Nullable Object[]> rows) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (@Nullable Object[] row : rows) {
                set(statement, row);
                statement.addBatch();
            }
            statement.executeBatch();
        } catch (SQLException e) {
            throw problem(location, e);
        }
    }

    /// Puts many rows into a table, in the quickest way that the database has.
    ///
    /// @param columns names, separated by commas
    void load(String table, String columns, List<@Nullable Object[]> rows) {
        try {
            switch (location) {
                case Location.File _ ->
                        updateAll(
                                "INSERT INTO "
                                        + table
                                        + " ("
                                        + columns
                                        + ") VALUES (?"
                                        + ", ?".repeat(columns.split(",").length - 1)
                                        + ")",
                                rows);
                case Location.Server _ -> Postgres.copy(connection, table, columns, rows);
            }
        } catch (SQLException e) {
            throw problem(location, e);
        }
    }

    /// After many rows have been put into a table: lets queries be answered from its indexes alone
    /// without looking whether the rows are for all to see. Cheap where little is new.
    void settle(String table) {
        if (location instanceof Location.Server) {
            var _ = update("VACUUM (SKIP_LOCKED, INDEX_CLEANUP false, TRUNCATE false) " + table);
        }
    }

    <T> List<T> rows(String sql, Reader<T> reader, @Nullable Object... values) {
        List<T> rows = new ArrayList<>();
        each(sql, row -> rows.add(reader.read(row)), values);
        return rows;
    }

    /// Visits rows as they come; millions of them are no burden.
    void each(String sql, Visitor visitor, @Nullable Object... values) {
        try {
            // PostgreSQL's driver holds all rows in memory unless it is within a transaction.
            boolean outside = connection.getAutoCommit();
            if (outside && location instanceof Location.Server) {
                connection.setAutoCommit(false);
            }
            try (PreparedStatement statement = prepare(sql, values)) {
                statement.setFetchSize(ROWS_AT_ONCE);
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        visitor.visit(rows);
                    }
                }
            } finally {
                if (outside && location instanceof Location.Server) {
                    connection.rollback();
                    connection.setAutoCommit(true);
                }
            }
        } catch (SQLException e) {
            throw problem(location, e);
        }
    }

    /// The only number of the only row.
    long number(String sql, @Nullable Object... values) {
        return rows(sql, row -> row.getLong(1), values).getFirst();
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw problem(location, e);
        }
    }

    private PreparedStatement prepare(String sql, @Nullable Object[] values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        set(statement, values);
        return statement;
    }

    private static void set(PreparedStatement statement, @Nullable Object[] values)
            throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }

    static Problem problem(Location location, SQLException e) {
        String fix =
                switch (location) {
                    case Location.File file ->
                            "check space and rights of " + file.path().getParent();
                    case Location.Server _ ->
                            "try the same with psql; amphora reads the password from the file that"
                                    + " the site names, or from ~/.pgpass";
                };
        return new Problem(
                "cannot use the records in " + location, String.valueOf(e.getMessage()), fix, e);
    }
}
