// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.time.Clock;

/// A process of its own that records events until it is killed, and prints the number of each entry
/// once it is acknowledged.
final class WritingProgram {
    private WritingProgram() {}

    /// @param arguments where the records are
    public static void main(String[] arguments) {
        try (Records records = Records.open(Databases.location(arguments), Clock.systemUTC())) {
            while (true) {
                System.out.println(
                        records.record(
                                new Event.Deployment("c1", "abc", 1, 0, "[]"), "amphora-alice"));
            }
        }
    }
}
