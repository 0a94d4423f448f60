// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.List;
import org.amphora.problem.ExitCode;
import org.amphora.problem.Problem;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/// All commands that do not launch, and the description of those that do.
@Command(
        name = "amphora",
        description = "Application containers for shared compute clusters.",
        synopsisSubcommandLabel = "COMMAND",
        addMethodSubcommands = false,
        mixinStandardHelpOptions = true,
        versionProvider = Commands.Versions.class,
        scope = ScopeType.LOCAL)
final class Commands implements Runnable {

    /// In the order of the help.
    private static final List<Class<?>> COMMANDS =
            List.of(
                    PullCommand.class,
                    BuildCommand.class,
                    InspectCommand.class,
                    CheckCommand.class,
                    ExplainCommand.class,
                    RunHelpCommand.class,
                    SifCommand.class,
                    CacheCommand.class,
                    CommandsCommand.class,
                    SiteCommand.class,
                    AppCommand.class,
                    LintCommand.class,
                    ListCommand.class,
                    SearchCommand.class,
                    ShowCommand.class,
                    LogCommand.class,
                    OutdatedCommand.class,
                    ChannelCommands.PromoteCommand.class,
                    ChannelCommands.RollbackCommand.class,
                    ChannelCommands.DeprecateCommand.class,
                    ChannelCommands.WithdrawCommand.class,
                    DeployCommand.class,
                    UsageCommand.class,
                    ImpactCommand.class,
                    ProvenanceCommand.class,
                    AuditCommand.class,
                    RecordsCommand.class,
                    HostCommand.class,
                    DoctorCommand.class,
                    ProveCommand.class,
                    SubmitCommand.class,
                    JobCommands.Jobs.class,
                    JobCommands.Status.class,
                    JobCommands.Wait.class,
                    JobCommands.Logs.class,
                    JobCommands.Cancel.class,
                    JobCommands.Queue.class,
                    QuotaCommand.class,
                    OciCommand.class,
                    OciConfCommand.class,
                    VersionCommand.class);

    static {
        // Of all types for which picocli readies a parser, these set up the calendar first.
        System.setProperty(
                "picocli.converters.excludes", "java[.]time[.](MonthDay|Year|YearMonth)");
    }

    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description = "No progress and no messages but errors.")
    boolean quiet;

    /// Not inherited, because `shell` has an `-s` of its own.
    @Option(
            names = {"-s", "--silent"},
            description = "The same.")
    boolean silent;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show where in the program an error came from.")
    boolean debug;

    /// Not inherited: `inspect` has a `-d` of its own.
    @Option(names = "-d", description = "The same as --debug.")
    void debugLetter(boolean wanted) {
        debug = wanted;
    }

    private Commands() {}

    /// Runs one command line; failures are printed as three lines.
    ///
    /// @return the exit status
    static int run(String[] arguments) {
        return line(arguments).execute(arguments);
    }

    /// The whole command tree.
    static CommandLine line() {
        CommandLine line = new CommandLine(new Commands());
        COMMANDS.forEach(line::addSubcommand);
        line.addSubcommand(new HelpCommand());
        line.addSubcommand(new GenerateCommand());
        LaunchVerbs.describe(line);
        return prepared(line);
    }

    /// What these words need of the tree: the command they name, or all of it. A class that is not
    /// described costs nothing, and describing all takes longer than most commands run.
    static CommandLine line(String[] words) {
        String named = "";
        for (int i = 0; i < words.length && named.isEmpty(); i++) {
            named = words[i].startsWith("-") ? "" : words[i];
        }
        for (Class<?> command : COMMANDS) {
            if (nameOf(command).equals(named)) {
                Thread.ofPlatform().daemon().start(() -> readAnnotations(command));
                return prepared(new CommandLine(new Commands()).addSubcommand(command));
            }
        }
        return line();
    }

    /// What the parser will ask next, while it describes the root: the JDK makes classes for
    /// annotations when they are read first.
    private static void readAnnotations(Class<?> described) {
        var _ = described.getAnnotations();
        for (Field field : described.getDeclaredFields()) {
            for (Annotation annotation : field.getAnnotations()) {
                if (annotation instanceof Mixin) {
                    readAnnotations(field.getType());
                }
            }
        }
        for (Method method : described.getDeclaredMethods()) {
            var _ = method.getAnnotations();
        }
    }

    /// `run-help` for `RunHelpCommand`.
    private static String nameOf(Class<?> command) {
        String name = command.getSimpleName().replaceFirst("Command$", "");
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            words.append(i > 0 && Character.isUpperCase(c) ? "-" : "");
            words.append(Character.toLowerCase(c));
        }
        return words.toString();
    }

    private static CommandLine prepared(CommandLine line) {
        Commands commands = line.getCommand();
        line.getSubcommands().values().forEach(Commands::addHelp);
        line.setExecutionStrategy(new CommandLine.RunLast());
        line.setParameterExceptionHandler(Commands::usage);
        line.setExecutionExceptionHandler(commands::failure);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        return line;
    }

    private static void addHelp(CommandLine command) {
        if (!command.getCommandSpec().optionsMap().containsKey("--help")) {
            command.getCommandSpec()
                    .addOption(
                            OptionSpec.builder("-h", "--help")
                                    .usageHelp(true)
                                    .description("Show this help.")
                                    .build());
        }
        command.getSubcommands().values().forEach(Commands::addHelp);
    }

    /// Where commands talk to the person.
    Terminal terminal() {
        return new Terminal(System.err, quiet || silent);
    }

    @Override
    public void run() {
        CommandLine line = line();
        line.usage(line.getErr());
        throw new ParameterException(line, "no command was given");
    }

    private static int usage(ParameterException problem, String[] arguments) {
        CommandLine command = problem.getCommandLine();
        PrintWriter err = command.getErr();
        String name = command.getCommandSpec().qualifiedName();
        err.println("error: cannot understand the command line");
        err.println("why:   " + String.valueOf(problem.getMessage()).replace('\n', ' '));
        String fix = name + " --help";
        if (problem instanceof UnmatchedArgumentException unmatched) {
            String near = String.join(", ", unmatched.getSuggestions());
            fix = near.isEmpty() ? fix : "did you mean " + near + "? See " + fix;
        }
        err.println("fix:   " + fix);
        err.flush();
        return ExitCode.USAGE.status();
    }

    private int failure(Exception failure, CommandLine command, ParseResult parsed)
            throws Exception {
        if (!(failure instanceof Problem problem)) {
            throw failure;
        }
        PrintWriter err = command.getErr();
        err.println(problem.lines());
        if (debug) {
            problem.printStackTrace(err);
        }
        err.flush();
        return ExitCode.FAILURE.status();
    }

    static final class Versions implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Version.line()};
        }
    }
}
