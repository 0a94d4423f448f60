// SPDX-License-Identifier: Apache-2.0
package org.amphora.doctor;

/// One line of the doctor's report.
///
/// @param name what was looked at, one word: `namespaces`
/// @param saw what was seen, with where it was seen
/// @param fix what to do; empty when all is well
public record Finding(String name, Status status, String saw, String fix) {

    public Finding {
        if (fix.isEmpty() != (status == Status.OK)) {
            throw new IllegalArgumentException("fix without trouble, or trouble without: " + name);
        }
    }

    /// In the order of severity.
    public enum Status {
        OK,
        /// It works, but something will be slow or missing.
        WARN,
        /// Containers will not start, or not all of them.
        BAD;

        /// As it is printed.
        @Override
        public String toString() {
            return switch (this) {
                case OK -> "ok";
                case WARN -> "warn";
                case BAD -> "bad";
            };
        }

        /// As the command ends: 0, 1 or 2.
        public int exitStatus() {
            return switch (this) {
                case OK -> 0;
                case WARN -> 1;
                case BAD -> 2;
            };
        }
    }

    static Finding ok(String name, String saw) {
        return new Finding(name, Status.OK, saw, "");
    }

    static Finding warn(String name, String saw, String fix) {
        return new Finding(name, Status.WARN, saw, fix);
    }

    static Finding bad(String name, String saw, String fix) {
        return new Finding(name, Status.BAD, saw, fix);
    }
}
