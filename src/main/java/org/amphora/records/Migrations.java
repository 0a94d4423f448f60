// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.amphora.problem.Problem;

/// Brings a database to the tables that this program knows. Each step is a file of SQL that both
/// databases understand; what was done stands in the table `migrations`. Steps are never changed,
/// only added.
final class Migrations {
    private static final List<String> STEPS = List.of("1-begin.sql", "2-usage.sql");

    private Migrations() {}

    /// Does what is missing; several programs at once wait for each other.
    ///
    /// @throws Problem when a newer program has been here
    static void apply(Database database) {
        if (done(database) == STEPS.size()) {
            return;
        }
        database.write(
                () -> {
                    database.lockTables();
                    // Another program may have done it while this one waited.
                    long done = done(database);
                    if (done > STEPS.size()) {
                        throw new Problem(
                                "cannot use the records in " + database.location(),
                                "they have the form "
                                        + done
                                        + " of a newer Amphora; this one knows "
                                        + STEPS.size(),
                                "use the newer one");
                    }
                    if (done == 0) {
                        database.update("CREATE TABLE migrations (step BIGINT PRIMARY KEY)");
                    }
                    for (int step = (int) done + 1; step <= STEPS.size(); step++) {
                        for (String statement : text(STEPS.get(step - 1)).split(";\n")) {
                            database.update(statement);
                        }
                        database.update("INSERT INTO migrations VALUES (?)", (long) step);
                    }
                    return done;
                });
    }

    private static long done(Database database) {
        return database.hasTable("migrations")
                ? database.number("SELECT count(*) FROM migrations")
                : 0;
    }

    private static String text(String name) {
        try (InputStream in = Migrations.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("cannot read the resource " + name, e);
        }
    }
}
