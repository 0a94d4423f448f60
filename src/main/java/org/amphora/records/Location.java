// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.nio.file.Path;
import java.util.Optional;
import org.amphora.problem.Problem;

/// Where records are kept: in a file of this machine, or in a PostgreSQL server.
public sealed interface Location {

    /// A SQLite file; it and its directory are made when they are missing.
    record File(Path path) implements Location {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /// A database of PostgreSQL 12 or newer.
    ///
    /// @param url as the driver wants it, without password
    /// @param passwordFile a file with the password alone, which only its owner can read; where
    ///     there is none, the driver looks into `~/.pgpass`
    record Server(String url, Optional<Path> passwordFile) implements Location {
        @Override
        public String toString() {
            int parameters = url.indexOf('?');
            return parameters < 0 ? url : url.substring(0, parameters);
        }
    }

    /// Reads a setting: a path, or `jdbc:postgresql://HOST[:PORT]/DATABASE[?user=NAME&…]`.
    ///
    /// @param base where a relative path begins
    /// @throws Problem when it is another URL, or holds a password
    static Location parse(String text, Path base, Optional<Path> passwordFile) {
        if (!text.startsWith("jdbc:")) {
            return new File(base.resolve(text).toAbsolutePath().normalize());
        }
        mistake(text)
                .ifPresent(
                        why -> {
                            throw new Problem(
                                    "cannot use the setting of the records",
                                    why,
                                    "write jdbc:postgresql://HOST/DATABASE?user=NAME, and the"
                                            + " password into a file of its own");
                        });
        return new Server(text, passwordFile);
    }

    /// What is wrong with a setting, if anything. The text itself is not repeated: it may hold a
    /// password.
    static Optional<String> mistake(String text) {
        if (text.startsWith("jdbc:") && !text.startsWith("jdbc:postgresql://")) {
            return Optional.of("of the databases with a URL only PostgreSQL is supported");
        }
        if (text.startsWith("jdbc:") && text.matches(".*([?&]password=|//[^/]*@).*")) {
            return Optional.of("the URL holds a user or password where everybody reads it");
        }
        return Optional.empty();
    }
}
