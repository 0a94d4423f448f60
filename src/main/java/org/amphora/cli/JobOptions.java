// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.amphora.cluster.Job;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// The options that describe a job, the same for every resource manager.
final class JobOptions {

    @Option(
            names = {"-J", "--name"},
            paramLabel = "NAME",
            description = "Its name.")
    private @Nullable String name;

    @Option(
            names = {"-N", "--nodes"},
            paramLabel = "N",
            description = "How many nodes.")
    private @Nullable Integer nodes;

    @Option(
            names = {"-n", "--ntasks"},
            paramLabel = "N",
            description = "How many processes in all.")
    private @Nullable Integer tasks;

    @Option(
            names = {"--tasks-per-node", "--ntasks-per-node"},
            paramLabel = "N",
            description = "How many processes on each node.")
    private @Nullable Integer tasksPerNode;

    @Option(
            names = {"-c", "--cores-per-task", "--cpus-per-task"},
            paramLabel = "N",
            defaultValue = "1",
            description = "How many cores for each process (${DEFAULT-VALUE}).")
    private int cores;

    @Option(
            names = {"--memory", "--mem"},
            paramLabel = "SIZE",
            converter = Mebibytes.class,
            description = "Memory on each node: 2G, 500M.")
    private @Nullable Long memory;

    @Option(
            names = {"--gpus", "--gpus-per-node"},
            paramLabel = "N",
            description = "GPUs on each node.")
    private int gpus;

    @Option(
            names = {"-t", "--time"},
            paramLabel = "TIME",
            converter = Time.class,
            description = "The longest it may run: 30 (minutes), 1:30:00, 2-12:00:00.")
    private @Nullable Duration walltime;

    @Option(
            names = {"-a", "--array"},
            paramLabel = "RANGE",
            converter = Range.class,
            description = "Many jobs: 1-100, 0-9:3, 1-100%%4 (four at a time).")
    private Job.@Nullable Array array;

    @Option(
            names = {"-d", "--dependency"},
            paramLabel = "KIND:ID",
            converter = Others.class,
            description = "Start after other jobs: afterok, afterany, afternotok, after.")
    private Job.@Nullable Dependency dependency;

    @Option(
            names = {"-p", "--partition", "--queue"},
            paramLabel = "NAME",
            description = "Queue or partition.")
    private @Nullable String queue;

    @Option(
            names = {"-A", "--account"},
            paramLabel = "NAME",
            description = "Account or project.")
    private @Nullable String account;

    @Option(names = "--env", paramLabel = "NAME=VALUE", description = "Set in the job.")
    private Map<String, String> environment = new LinkedHashMap<>();

    @Option(
            names = {"-D", "--chdir"},
            paramLabel = "DIR",
            description = "Where it starts (here).")
    private Path directory = Path.of("");

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Its output; %%j is the id, %%i the index within an array.")
    private @Nullable String output;

    @Option(
            names = {"-e", "--error"},
            paramLabel = "FILE",
            description = "Its errors (with the output).")
    private @Nullable String error;

    @Option(names = "--mail-to", paramLabel = "ADDRESS", description = "Who gets a mail.")
    private @Nullable String mailTo;

    @Option(
            names = "--mail-when",
            split = ",",
            paramLabel = "WHEN",
            description = "Any of: ${COMPLETION-CANDIDATES} (end and fail).")
    private Set<MailWhen> mailWhen = Set.of(MailWhen.END, MailWhen.FAIL);

    @Option(
            names = "--mpi",
            paramLabel = "KIND",
            description = "Start the processes for MPI: pmix, pmi2, or what else the manager has.")
    private @Nullable String mpi;

    @Option(
            names = "--launcher",
            paramLabel = "WHAT",
            description =
                    "${COMPLETION-CANDIDATES}: what starts the processes (auto: the manager's own"
                            + " when there are several, else none).")
    private LauncherName launcher = LauncherName.AUTO;

    @Option(
            names = {"-B", "--bind"},
            split = ",",
            paramLabel = "SPEC",
            description = "Passed on to exec.")
    private List<String> binds = List.of();

    @Option(names = "--nv", description = "Passed on to exec.")
    private boolean nvidia;

    @Option(names = "--rocm", description = "Passed on to exec.")
    private boolean rocm;

    @Option(names = "--prove", description = "Passed on to exec.")
    private boolean prove;

    @Option(
            names = "--native",
            paramLabel = "WORDS",
            description = "Further words for the manager's own submit command, split at spaces.")
    private List<String> options = List.of();

    enum MailWhen {
        BEGIN,
        END,
        FAIL
    }

    enum LauncherName {
        AUTO,
        NONE,
        MPIRUN
    }

    Job job(String image, List<String> command) {
        Job.Size size =
                new Job.Size(
                        number(nodes),
                        number(tasks),
                        number(tasksPerNode),
                        cores,
                        memory == null ? OptionalLong.empty() : OptionalLong.of(memory),
                        gpus);
        return new Job(
                Job.nameOf(name != null ? name : Path.of(image).getFileName().toString()),
                words(image, command),
                launcher(size),
                size,
                Optional.ofNullable(walltime),
                Optional.ofNullable(array),
                Optional.ofNullable(dependency),
                Optional.ofNullable(queue),
                Optional.ofNullable(account),
                environment,
                directory.toAbsolutePath().normalize(),
                Optional.ofNullable(output),
                Optional.ofNullable(error),
                Optional.ofNullable(mailTo).map(this::mail),
                options.stream().flatMap(text -> List.of(text.split(" ")).stream()).toList(),
                Optional.empty());
    }

    private static OptionalInt number(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }

    private List<String> words(String image, List<String> command) {
        List<String> words = new ArrayList<>();
        words.add(Manager.launcher().toString());
        words.add(command.isEmpty() ? "run" : "exec");
        binds.forEach(bind -> words.addAll(List.of("--bind", bind)));
        if (nvidia) {
            words.add("--nv");
        }
        if (rocm) {
            words.add("--rocm");
        }
        if (prove) {
            words.add("--prove");
        }
        words.add(image);
        words.addAll(command);
        return words;
    }

    private Job.Launcher launcher(Job.Size size) {
        return switch (launcher) {
            case NONE -> new Job.Launcher.None();
            case MPIRUN -> new Job.Launcher.Mpirun();
            case AUTO ->
                    size.allTasks() > 1 || mpi != null
                            ? new Job.Launcher.Own(Optional.ofNullable(mpi))
                            : new Job.Launcher.None();
        };
    }

    private Job.Mail mail(String address) {
        return new Job.Mail(
                address,
                mailWhen.contains(MailWhen.BEGIN),
                mailWhen.contains(MailWhen.END),
                mailWhen.contains(MailWhen.FAIL));
    }

    /// Turns what a parser of `cluster` refuses into a usage error.
    private static <T> T converted(String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }

    static final class Range implements ITypeConverter<Job.Array> {
        @Override
        public Job.Array convert(String text) {
            return converted(text, Job.Array::parse);
        }
    }

    static final class Others implements ITypeConverter<Job.Dependency> {
        @Override
        public Job.Dependency convert(String text) {
            return converted(text, Job.Dependency::parse);
        }
    }

    static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return converted(text, Job::time);
        }
    }

    static final class Mebibytes implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return converted(text, Job::mebibytes);
        }
    }
}
