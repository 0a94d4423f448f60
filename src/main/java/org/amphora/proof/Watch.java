// SPDX-License-Identifier: Apache-2.0
package org.amphora.proof;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.problem.Problem;

/// Watches one rank from its start until it is certain what became of it.
public final class Watch {
    private static final Path PROC = Path.of("/proc");
    private static final Duration STEP = Duration.ofMillis(100);

    /// For how long the ranks must have met without a break: connections are made one after the
    /// other, and the report shall have them all.
    private static final Duration SETTLED = Duration.ofSeconds(2);

    /// The same for a failure, because an end of the job cannot be taken back.
    private static final Duration CERTAIN = Duration.ofSeconds(5);

    /// Between asking a process to end and ending it.
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final long pid;
    private final List<String> fabrics;

    /// @param pid of the process that is, or becomes, the rank
    /// @param fabrics devices of this node with an active port
    public Watch(long pid, List<String> fabrics) {
        this.pid = pid;
        this.fabrics = List.copyOf(fabrics);
    }

    /// What it is like now; empty when there is no such process or it is not ours.
    public Optional<Proof> look() {
        return Rank.read(PROC, pid).map(rank -> Proof.of(rank, neighbours(rank), fabrics));
    }

    /// Waits until MPI has begun, and then until it is certain whether the ranks have met.
    ///
    /// @return the last that was seen; empty when the process ended before MPI began
    public Optional<Proof> await() {
        Optional<Proof> last = Optional.empty();
        long since = System.nanoTime();
        for (Optional<Proof> seen = look(); seen.isPresent(); seen = look()) {
            if (seen.get().world() > 0) {
                boolean fails = seen.get().failure().isPresent();
                boolean same = last.isPresent() && last.get().failure().isPresent() == fails;
                since = same ? since : System.nanoTime();
                last = seen;
                if (System.nanoTime() - since > (fails ? CERTAIN : SETTLED).toNanos()) {
                    return last;
                }
            }
            pause(STEP);
        }
        return last;
    }

    /// Ends all ranks of the program on this node; the launcher ends those elsewhere.
    public void end() {
        List<ProcessHandle> ranks = new ArrayList<>();
        ProcessHandle.of(pid).ifPresent(ranks::add);
        Rank.read(PROC, pid)
                .ifPresent(
                        rank ->
                                neighbours(rank).stream()
                                        .flatMap(one -> ProcessHandle.of(one.pid()).stream())
                                        .forEach(ranks::add));
        ranks.forEach(ProcessHandle::destroy);
        for (long waited = 0; waited < GRACE.toNanos(); waited += STEP.toNanos()) {
            if (ranks.stream().noneMatch(ProcessHandle::isAlive)) {
                return;
            }
            pause(STEP);
        }
        ranks.forEach(ProcessHandle::destroyForcibly);
    }

    /// Ranks of one program have one parent on a node: the launcher's daemon.
    private List<Rank> neighbours(Rank rank) {
        Optional<ProcessHandle> parent = ProcessHandle.of(pid).flatMap(ProcessHandle::parent);
        List<Rank> found = new ArrayList<>();
        parent.ifPresent(
                daemon ->
                        daemon.children()
                                .filter(child -> child.pid() != pid)
                                .flatMap(child -> Rank.read(PROC, child.pid()).stream())
                                .filter(other -> isOfOneProgram(rank, other))
                                .forEach(found::add));
        return found;
    }

    private static boolean isOfOneProgram(Rank one, Rank other) {
        return List.of("PMIX_NAMESPACE", "SLURM_JOB_ID", "SLURM_STEP_ID").stream()
                        .allMatch(name -> same(one.environment(), other.environment(), name))
                && !other.number().isEmpty();
    }

    private static boolean same(Map<String, String> one, Map<String, String> other, String name) {
        return one.getOrDefault(name, "").equals(other.getOrDefault(name, ""));
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(
                    "cannot prove the launch",
                    "it was interrupted",
                    "look with: amphora prove PID",
                    e);
        }
    }
}
