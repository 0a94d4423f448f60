// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// What a user asks of a resource manager. Each {@link Dialect} says it in its own words, or names
/// what it cannot say.
///
/// @param name letters, digits and `._+-`, at most 64; managers reject others
/// @param command the words of the command, without any launcher
/// @param launcher what starts the command once per task
/// @param environment set before the command starts
/// @param directory absolute, where the command starts
/// @param output a file; `%j` stands for the job's id, `%i` for the index within an array; the
///     manager's default when empty
/// @param error like `output`; the same file when empty
/// @param options further words for the manager's submit command, as they are
/// @param staging what is copied to the nodes first
public record Job(
        String name,
        List<String> command,
        Launcher launcher,
        Size size,
        Optional<Duration> walltime,
        Optional<Array> array,
        Optional<Dependency> dependency,
        Optional<String> queue,
        Optional<String> account,
        Map<String, String> environment,
        Path directory,
        Optional<String> output,
        Optional<String> error,
        Optional<Mail> mail,
        List<String> options,
        Optional<Staging> staging) {

    private static final int NAME_LIMIT = 64;

    public Job {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        options = List.copyOf(options);
        if (command.isEmpty()) {
            throw new IllegalArgumentException("job without a command");
        }
        if (name.isEmpty() || !name.equals(nameOf(name))) {
            throw new IllegalArgumentException("no name for a job: " + name);
        }
        if (!directory.isAbsolute()) {
            throw new IllegalArgumentException("directory is relative: " + directory);
        }
    }

    /// `output`, else `NAME.o%j`, of an array `NAME.o%j.%i`; Slurm, OAR and PBS have names of their
    /// own.
    String outputPattern() {
        return output.orElse(name + (array.isPresent() ? ".o%j.%i" : ".o%j"));
    }

    /// The nearest name that every manager takes.
    public static String nameOf(String text) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || "._+-".indexOf(c) >= 0);
            name.append(plain ? c : '_');
        }
        // Grid Engine and PBS refuse names that do not begin with a letter.
        if (name.isEmpty() || !Character.isLetter(name.charAt(0))) {
            name.insert(0, "job");
        }
        return name.substring(0, Math.min(name.length(), NAME_LIMIT));
    }

    /// Reads a walltime as Slurm's users write it (`sbatch(1)`, `--time`): `MINUTES`,
    /// `MINUTES:SECONDS`, `HOURS:MINUTES:SECONDS`, `DAYS-HOURS[:MINUTES[:SECONDS]]`.
    ///
    /// @throws IllegalArgumentException when the text is none, or 0
    public static Duration time(String text) {
        try {
            int dash = text.indexOf('-');
            long days = dash < 0 ? 0 : Long.parseLong(text.substring(0, dash));
            String[] parts = text.substring(dash + 1).split(":", -1);
            long[] numbers = new long[parts.length];
            for (int i = 0; i < parts.length; i++) {
                numbers[i] = Long.parseLong(parts[i]);
            }
            // Counted from the hours with days, from the end otherwise; one number is minutes.
            int from = dash >= 0 ? 0 : parts.length == 3 ? 0 : 1;
            long seconds = days * 86_400;
            long[] units = {3_600, 60, 1};
            for (int i = 0; i < numbers.length; i++) {
                seconds += numbers[i] * units[from + i];
            }
            if (seconds > 0) {
                return Duration.ofSeconds(seconds);
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException("no time: " + text, e);
        }
        throw new IllegalArgumentException("no time: " + text);
    }

    /// Reads a memory size: a number with `K`, `M`, `G` or `T`, mebibytes without.
    ///
    /// @throws IllegalArgumentException when the text is none, or below one mebibyte
    public static long mebibytes(String text) {
        String upper = text.toUpperCase(Locale.ROOT).replaceFirst("(I?B)$", "");
        char unit = upper.isEmpty() ? ' ' : upper.charAt(upper.length() - 1);
        int shift = "KMGT".indexOf(unit);
        try {
            long number =
                    Long.parseLong(shift < 0 ? upper : upper.substring(0, upper.length() - 1));
            long size = shift <= 0 ? shift < 0 ? number : number >> 10 : number << 10 * (shift - 1);
            if (number > 0 && size > 0) {
                return size;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("no memory size: " + text, e);
        }
        throw new IllegalArgumentException("no memory size: " + text);
    }

    /// The same with an image that the nodes get before the command starts.
    public Job with(Staging image) {
        return new Job(
                name,
                command,
                launcher,
                size,
                walltime,
                array,
                dependency,
                queue,
                account,
                environment,
                directory,
                output,
                error,
                mail,
                options,
                Optional.of(image));
    }

    /// An image that is copied to the nodes' own disks.
    ///
    /// @param program the path of `node-image` on the nodes
    /// @param digest sha256 of the file, in hexadecimal
    /// @param image the file, as the command names it
    public record Staging(String program, String digest, String image) {}

    /// How much of the machine.
    ///
    /// @param nodes left to the manager when empty
    /// @param tasks processes in all; `nodes` times `tasksPerNode` when empty
    /// @param memoryInMebibytes on each node
    /// @param gpusPerNode 0 for none
    public record Size(
            OptionalInt nodes,
            OptionalInt tasks,
            OptionalInt tasksPerNode,
            int coresPerTask,
            OptionalLong memoryInMebibytes,
            int gpusPerNode) {

        public Size {
            positive("nodes", nodes);
            positive("tasks", tasks);
            positive("tasks per node", tasksPerNode);
            positive("cores per task", OptionalInt.of(coresPerTask));
            if (gpusPerNode < 0) {
                throw new IllegalArgumentException("gpus below 0: " + gpusPerNode);
            }
        }

        private static void positive(String what, OptionalInt number) {
            if (number.isPresent() && number.getAsInt() < 1) {
                throw new IllegalArgumentException(what + " below 1: " + number.getAsInt());
            }
        }

        /// One task on one core.
        public static Size one() {
            return new Size(
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    1,
                    OptionalLong.empty(),
                    0);
        }

        /// How many processes are started.
        public int allTasks() {
            return tasks.orElse(nodes.orElse(1) * tasksPerNode.orElse(1));
        }

        /// How many nodes it takes at least.
        public int allNodes() {
            if (nodes.isPresent()) {
                return nodes.getAsInt();
            }
            int each = tasksPerNode.orElse(allTasks());
            return (allTasks() + each - 1) / each;
        }

        /// How many tasks a node gets at most.
        int tasksOnNode() {
            return tasksPerNode.orElse((allTasks() + allNodes() - 1) / allNodes());
        }

        int coresOnNode() {
            return tasksOnNode() * coresPerTask;
        }
    }

    /// What starts the command once per task.
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Launcher.None.class, name = "none"),
        @JsonSubTypes.Type(value = Launcher.Own.class, name = "own"),
        @JsonSubTypes.Type(value = Launcher.Mpirun.class, name = "mpirun")
    })
    public sealed interface Launcher {
        /// Nothing: the command runs once, on the first node.
        record None() implements Launcher {}

        /// The manager's own launcher, `mpirun` where it has none.
        ///
        /// @param mpi for `srun --mpi=`; the manager's default when empty
        record Own(Optional<String> mpi) implements Launcher {}

        /// The first `mpirun` on the PATH of the job.
        record Mpirun() implements Launcher {}
    }

    /// Many jobs that differ by an index.
    ///
    /// @param atOnce how many may run at a time
    public record Array(int first, int last, int step, OptionalInt atOnce) {

        public Array {
            if (first < 0 || last < first || step < 1 || atOnce.orElse(1) < 1) {
                throw new IllegalArgumentException(
                        "no range of an array: %d-%d:%d".formatted(first, last, step));
            }
        }

        /// Reads `FIRST-LAST[:STEP][%AT_ONCE]`.
        ///
        /// @throws IllegalArgumentException when the text is none
        public static Array parse(String text) {
            try {
                int percent = text.indexOf('%');
                String range = percent < 0 ? text : text.substring(0, percent);
                int colon = range.indexOf(':');
                String ends = colon < 0 ? range : range.substring(0, colon);
                int dash = ends.indexOf('-');
                int first = Integer.parseInt(dash < 0 ? ends : ends.substring(0, dash));
                return new Array(
                        first,
                        dash < 0 ? first : Integer.parseInt(ends.substring(dash + 1)),
                        colon < 0 ? 1 : Integer.parseInt(range.substring(colon + 1)),
                        percent < 0
                                ? OptionalInt.empty()
                                : OptionalInt.of(Integer.parseInt(text.substring(percent + 1))));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("no range of an array: " + text, e);
            }
        }

        int count() {
            return (last - first) / step + 1;
        }

        @Override
        public String toString() {
            return first
                    + "-"
                    + last
                    + (step == 1 ? "" : ":" + step)
                    + (atOnce.isPresent() ? "%" + atOnce.getAsInt() : "");
        }
    }

    /// Other jobs that come first.
    public record Dependency(Kind kind, List<String> ids) {

        /// When this job may start.
        public enum Kind {
            /// All have ended with exit status 0.
            AFTEROK,
            /// All have ended, however.
            AFTERANY,
            /// All have ended otherwise than with exit status 0.
            AFTERNOTOK,
            /// All have started.
            AFTER;

            String word() {
                return name().toLowerCase(Locale.ROOT);
            }
        }

        public Dependency {
            ids = List.copyOf(ids);
            if (ids.isEmpty()) {
                throw new IllegalArgumentException("dependency on no job");
            }
        }

        /// Reads `KIND:ID[:ID…]`; the kind is `afterok` when it is left out.
        ///
        /// @throws IllegalArgumentException when the text is none
        public static Dependency parse(String text) {
            List<String> words = List.of(text.split(":"));
            for (Kind kind : Kind.values()) {
                if (words.getFirst().equals(kind.word())) {
                    return new Dependency(kind, words.subList(1, words.size()));
                }
            }
            return new Dependency(Kind.AFTEROK, words);
        }

        @Override
        public String toString() {
            return kind.word() + ":" + String.join(":", ids);
        }
    }

    /// Who gets a mail at the start, the end or a failure.
    public record Mail(String address, boolean atStart, boolean atEnd, boolean atFailure) {

        /// As Grid Engine and PBS write it: begin, end, abort.
        String letters() {
            return (atStart ? "b" : "") + (atEnd ? "e" : "") + (atFailure ? "a" : "");
        }
    }
}
