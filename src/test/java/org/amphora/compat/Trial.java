// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.amphora.Lab;
import org.amphora.process.Command;

/// One situation that this machine can be brought into: an image, a command, a launcher and a node
/// that something may be wrong with. It is predicted by `amphora check` and then run, both as an
/// ordinary user in the same surroundings. The methods without a result describe it.
final class Trial {

    /// How a run ends.
    enum Outcome {
        RUNS,
        /// Each of two ranks believes to be the only one; the exit status says nothing of it.
        SINGLETONS,
        FAILS;

        static Outcome of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }

    private static final Duration LIMIT = Duration.ofSeconds(45);

    private final String name;
    private final String image;
    private final String proof;
    private final List<String> command;
    private final Map<String, String> variables = new TreeMap<>();
    private List<String> node = List.of();
    private List<String> user = List.of();
    private List<String> launcher = List.of();
    private List<String> options = List.of();
    private List<String> within = List.of();
    private List<String> facts = List.of();
    private Optional<String> check = Optional.empty();
    private Outcome truth = Outcome.RUNS;

    /// A sound situation.
    ///
    /// @param image a part of the lab
    /// @param proof what a good run says
    Trial(String name, String image, String proof, String... command) {
        this.name = name;
        this.image = image;
        this.proof = proof;
        this.command = List.of(command);
    }

    /// A variable in the environment of the user.
    Trial with(String variable, String value) {
        variables.put(variable, value);
        return this;
    }

    /// A command, run as root, that changes the node for the command behind it.
    Trial onNode(String... prefix) {
        node = List.of(prefix);
        return this;
    }

    /// The same, run as the user.
    Trial behind(String... prefix) {
        user = List.of(prefix);
        return this;
    }

    /// What starts the ranks, as the user types it.
    Trial under(List<String> words) {
        launcher = words;
        return this;
    }

    /// Options of `exec` and `check`.
    Trial options(String... words) {
        options = List.of(words);
        return this;
    }

    /// What plays another node inside the image, and options that tell `check` of it.
    Trial played(List<String> emulator, String... more) {
        within = emulator;
        facts = List.of(more);
        return this;
    }

    /// How it ends in truth, and the check that is to speak unless it just runs.
    Trial ends(Outcome outcome, String id) {
        truth = outcome;
        return outcome == Outcome.RUNS ? this : notes(id);
    }

    /// The check named speaks, and it runs none the less: a warning, or a fix in the plan.
    Trial notes(String id) {
        check = Optional.of(id);
        return this;
    }

    /// The check named speaks, and it does not run.
    Trial fails(String id) {
        return ends(Outcome.FAILS, id);
    }

    Optional<String> check() {
        return check;
    }

    /// How it ends in truth, with all automatic fixes.
    Outcome truth() {
        return truth;
    }

    /// How a run has ended.
    Outcome outcome(Command.Result result) {
        if (result.isSuccess() && result.output().contains(proof)) {
            return Outcome.RUNS;
        }
        return result.output().lines().filter(line -> line.startsWith("rank 0 of 1 ")).count() == 2
                ? Outcome.SINGLETONS
                : Outcome.FAILS;
    }

    /// What `amphora check` says.
    Command.Result predict(Path home) throws IOException {
        List<String> words = new ArrayList<>(around());
        words.addAll(List.of(Lab.amphora().toString(), "check", "--json"));
        if (!launcher.isEmpty()) {
            words.addAll(List.of("--for", String.join(" ", launcher)));
        }
        words.addAll(options);
        words.addAll(facts);
        words.add(Lab.image(image).toString());
        words.add("--");
        words.addAll(command);
        return run(words, home);
    }

    /// What happens.
    Command.Result observe(Path home) throws IOException {
        List<String> words = new ArrayList<>(around());
        words.addAll(launcher);
        words.addAll(List.of(Lab.amphora().toString(), "exec"));
        words.addAll(options);
        words.add(Lab.image(image).toString());
        words.addAll(within);
        words.addAll(command);
        return run(words, home);
    }

    private List<String> around() {
        List<String> words = new ArrayList<>(node);
        words.addAll(
                List.of(
                        "setpriv",
                        "--reuid",
                        "amphora-alice",
                        "--regid",
                        "amphora-alice",
                        "--init-groups",
                        "--"));
        words.addAll(user);
        return words;
    }

    private Command.Result run(List<String> words, Path home) {
        Command command = Command.of(words).with("HOME", home.toString()).in(home);
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            command = command.with(variable.getKey(), variable.getValue());
        }
        return command.within(LIMIT).run();
    }

    @Override
    public String toString() {
        return name;
    }
}
