// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.util.OptionalInt;

/// One job, or one element of an array, as its manager sees it now.
///
/// @param id as the manager writes it, `12`, `12_3`, `12[3].server`
/// @param word the manager's own word for the state
/// @param exitCode 0 to 255, once the command has ended by itself
/// @param signal that ended it
/// @param reason why it waits or has failed, in the manager's words; may be empty
public record JobStatus(
        String id,
        JobState state,
        String word,
        OptionalInt exitCode,
        OptionalInt signal,
        String reason) {

    public JobStatus {
        if (exitCode.isPresent() && (exitCode.getAsInt() < 0 || exitCode.getAsInt() > 255)) {
            throw new IllegalArgumentException("no exit status: " + exitCode.getAsInt());
        }
    }

    static JobStatus of(String id, JobState state, String word) {
        return new JobStatus(id, state, word, OptionalInt.empty(), OptionalInt.empty(), "");
    }

    /// What a manager says of a job that it does not know.
    static JobStatus unknown(String id, String reason) {
        return of(id, JobState.UNKNOWN, "").because(reason);
    }

    JobStatus instead(JobState other) {
        return new JobStatus(id, other, word, exitCode, signal, reason);
    }

    JobStatus because(String why) {
        return new JobStatus(id, state, word, exitCode, signal, why);
    }

    JobStatus exited(int status) {
        return new JobStatus(
                id, state, word, OptionalInt.of(status & 0xff), OptionalInt.empty(), reason);
    }

    JobStatus killed(int number) {
        return new JobStatus(id, state, word, OptionalInt.empty(), OptionalInt.of(number), reason);
    }

    /// The status that a shell would have seen: the exit code, 128+N for signal N, 0 for what has
    /// completed without either, 1 for every other end; nothing while it goes on.
    public OptionalInt shellStatus() {
        if (!state.isFinal()) {
            return OptionalInt.empty();
        }
        if (signal.isPresent()) {
            return OptionalInt.of(128 + signal.getAsInt());
        }
        int code = exitCode.orElse(state == JobState.COMPLETED ? 0 : 1);
        return OptionalInt.of(code == 0 && state != JobState.COMPLETED ? 1 : code);
    }
}
