// SPDX-License-Identifier: Apache-2.0
package org.amphora.progress;

/// Where long work reports how far it is. Implementations are thread-safe; the command line draws
/// bars on a terminal, `NONE` stays silent.
public interface Progress {

    /// Reports nothing.
    Progress NONE =
            (label, total, unit) ->
                    new Task() {
                        @Override
                        public void advance(long amount) {}

                        @Override
                        public void close() {}
                    };

    /// What a task counts.
    enum Unit {
        BYTES,
        ITEMS
    }

    /// Begins a task and shows it until it is closed.
    ///
    /// @param label what the person sees, e.g. `layer 9ac3f…`
    /// @param total how much there is to do, in `unit`; -1 when unknown
    Task begin(String label, long total, Unit unit);

    /// One running task.
    interface Task extends AutoCloseable {
        /// Adds to the amount done.
        void advance(long amount);

        /// Ends the task; idempotent.
        @Override
        void close();
    }
}
