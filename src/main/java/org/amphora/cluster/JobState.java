// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

/// What a job is doing, in words that mean the same under every resource manager. The manager's own
/// word stands beside it in {@link JobStatus}.
public enum JobState {
    /// Waits for resources, for its turn, or for another job.
    QUEUED,
    /// Waits until a person or a rule lets it go.
    HELD,
    /// Has its nodes, which boot, run a prolog or receive files.
    STARTING,
    RUNNING,
    SUSPENDED,
    /// The command has ended; nodes are being cleaned, files brought back.
    COMPLETING,
    /// Ended with exit status 0.
    COMPLETED,
    /// Ended with another exit status, by a signal, or was never started.
    FAILED,
    CANCELLED,
    /// Killed because its time was over.
    TIMEOUT,
    /// Killed because it took more memory than it had asked for.
    OUT_OF_MEMORY,
    /// A node or a daemon of the manager was lost under it.
    NODE_FAILED,
    /// The manager does not know the job, or says a word that we do not know.
    UNKNOWN;

    /// Whether nothing will change any more.
    public boolean isFinal() {
        return switch (this) {
            case COMPLETED, FAILED, CANCELLED, TIMEOUT, OUT_OF_MEMORY, NODE_FAILED -> true;
            case QUEUED, HELD, STARTING, RUNNING, SUSPENDED, COMPLETING, UNKNOWN -> false;
        };
    }
}
