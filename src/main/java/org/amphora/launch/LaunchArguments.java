// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A launch command line, scanned as Apptainer's libraries scan it (spf13/pflag): options end at
/// the image, whatever follows belongs to the command.
///
/// `-ec` is `-e -c`; the value of an option follows as the next word, after `=`, or joined to the
/// letter; flags take `=true` and `=false`. Options that the command line does not give are then
/// looked up in the environment; the lists `--bind` and `--mount` are joined with it.
final class LaunchArguments {
    /// The commands that are launches; `plan` prints the plan of the others.
    static final List<String> VERBS = List.of("exec", "run", "shell", "test", "plan");

    private static final String[] PREFIXES = {"AMPHORA_", "APPTAINER_", "SINGULARITY_"};
    private static final int NEAR = 2;

    private final Messages messages;
    private final Map<LaunchOption, List<String>> values = new HashMap<>();
    private String verb = "";
    private @Nullable String image;
    private List<String> command = List.of();
    private boolean help;

    private LaunchArguments(Messages messages) {
        this.messages = messages;
    }

    /// Scans the words after the program's name, global options and verb included.
    ///
    /// @throws UsageError for anything that is not understood
    static LaunchArguments parse(
            List<String> words, Map<String, String> environment, Messages messages) {
        LaunchArguments arguments = new LaunchArguments(messages);
        arguments.messageLevel(environment);
        arguments.scan(words);
        if (!arguments.help) {
            arguments.readVariables(environment);
            arguments.checkUse();
        }
        return arguments;
    }

    /// The verb of a command line after its global options; empty when there is none.
    static String verbOf(String[] words) {
        for (int i = 0; i < words.length; i++) {
            String word = words[i];
            if (word.equals("-c") || word.equals("--config")) {
                i++;
            } else if (!word.startsWith("-")) {
                return word;
            }
        }
        return "";
    }

    String verb() {
        return verb;
    }

    boolean isHelp() {
        return help;
    }

    /// The image as typed.
    String image() {
        if (image == null) {
            throw new IllegalStateException("no image was given");
        }
        return image;
    }

    /// The command and its arguments, verbatim.
    List<String> command() {
        return command;
    }

    boolean has(LaunchOption flag) {
        List<String> given = values.get(flag);
        return given != null && !given.getLast().equals("false");
    }

    /// The value given last; `null` when there is none.
    @Nullable String value(LaunchOption option) {
        List<String> given = values.get(option);
        return given == null ? null : given.getLast();
    }

    /// All values as typed, in order.
    List<String> values(LaunchOption option) {
        List<String> given = values.get(option);
        return given == null ? List.of() : given;
    }

    /// The values split at their commas.
    List<String> items(LaunchOption option) {
        List<String> items = new ArrayList<>();
        for (String value : values(option)) {
            int start = 0;
            for (int comma = value.indexOf(','); comma >= 0; comma = value.indexOf(',', start)) {
                items.add(value.substring(start, comma));
                start = comma + 1;
            }
            items.add(value.substring(start));
        }
        return items;
    }

    private void messageLevel(Map<String, String> environment) {
        for (String prefix : PREFIXES) {
            String level = environment.get(prefix + "MESSAGELEVEL");
            if (level != null) {
                try {
                    messages.level(Integer.parseInt(level));
                } catch (NumberFormatException e) {
                    messages.warning(prefix + "MESSAGELEVEL is not a number: " + level);
                }
                return;
            }
        }
    }

    private void scan(List<String> words) {
        int at = 0;
        while (at < words.size() && words.get(at).startsWith("-")) {
            if (!global(words.get(at))) {
                throw unknown(words.get(at));
            }
            at++;
        }
        if (at == words.size()) {
            throw new UsageError("no command given", "amphora --help");
        }
        verb = words.get(at++);
        while (at < words.size() && image == null) {
            String word = words.get(at++);
            if (word.equals("--")) {
                image = at < words.size() ? words.get(at++) : null;
                break;
            } else if (word.startsWith("--")) {
                at = longOption(words, at, word);
            } else if (word.startsWith("-") && word.length() > 1) {
                at = letters(words, at, word);
            } else {
                image = word;
            }
            if (help) {
                return;
            }
        }
        if (image == null) {
            throw new UsageError(
                    "no image given", "amphora " + verb + " [OPTIONS] IMAGE [ARGUMENTS]");
        }
        command = List.copyOf(words.subList(at, words.size()));
        if (verb.equals("exec") && command.isEmpty()) {
            throw new UsageError(
                    "no command given", "amphora exec [OPTIONS] IMAGE COMMAND [ARGUMENTS]");
        }
    }

    /// Options of every Amphora command; they may also stand after the verb.
    private boolean global(String word) {
        switch (word) {
            case "-q", "--quiet" -> messages.quiet();
            case "-s", "--silent" -> messages.silent();
            case "-v", "--verbose" -> messages.verbose();
            case "-d", "--debug" -> messages.debug();
            case "--nocolor", "--no-color" -> {}
            default -> {
                return false;
            }
        }
        return true;
    }

    private int longOption(List<String> words, int next, String word) {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word.substring(2) : word.substring(2, equals);
        if (name.equals("help")) {
            help = true;
            return next;
        }
        LaunchOption option = named(name);
        if (option == null) {
            if (global(word)) {
                return next;
            }
            throw unknown(word);
        }
        String given = equals < 0 ? null : word.substring(equals + 1);
        if (option.kind() == LaunchOption.Kind.FLAG) {
            add(option, given == null ? "true" : truth(word, given));
            return next;
        }
        if (given == null) {
            given = following(words, next++, word);
        }
        add(option, given);
        return next;
    }

    private int letters(List<String> words, int next, String word) {
        for (int i = 1; i < word.length(); i++) {
            char letter = word.charAt(i);
            LaunchOption option = lettered(letter);
            if (option == null) {
                if (letter == 'h') {
                    help = true;
                    return next;
                }
                if (global("-" + letter)) {
                    continue;
                }
                throw unknown("-" + letter);
            }
            boolean last = i + 1 == word.length();
            if (option.kind() != LaunchOption.Kind.FLAG) {
                String joined = word.substring(i + 1);
                add(
                        option,
                        last
                                ? following(words, next++, "-" + letter)
                                : joined.startsWith("=") ? joined.substring(1) : joined);
                return next;
            }
            if (!last && word.charAt(i + 1) == '=') {
                add(option, truth(word, word.substring(i + 2)));
                return next;
            }
            add(option, "true");
        }
        return next;
    }

    private static String following(List<String> words, int at, String option) {
        if (at >= words.size()) {
            throw new UsageError(
                    "option " + option + " needs a value", "write the value after the option");
        }
        return words.get(at);
    }

    private static String truth(String word, String value) {
        String truth = truthOrNull(value);
        if (truth == null) {
            throw new UsageError(
                    "option " + word + " is a flag, not " + value, "write =true or =false");
        }
        return truth;
    }

    private static @Nullable String truthOrNull(String value) {
        return switch (value) {
            case "1", "t", "T", "true", "TRUE", "True", "yes" -> "true";
            case "0", "f", "F", "false", "FALSE", "False", "no" -> "false";
            default -> null;
        };
    }

    private void add(LaunchOption option, String value) {
        List<String> given = values.get(option);
        if (given == null) {
            given = new ArrayList<>(2);
            values.put(option, given);
        }
        given.add(value);
    }

    private @Nullable LaunchOption named(String name) {
        for (LaunchOption option : LaunchOption.values()) {
            if ((option.longName().equals(name) || name.equals(option.otherName()))
                    && option.appliesTo(verb)) {
                return option;
            }
        }
        return null;
    }

    private @Nullable LaunchOption lettered(char letter) {
        for (LaunchOption option : LaunchOption.values()) {
            if (option.letter() == letter && option.appliesTo(verb)) {
                return option;
            }
        }
        return null;
    }

    private void readVariables(Map<String, String> environment) {
        boolean any = false;
        for (String name : environment.keySet()) {
            any |= prefixed(name);
        }
        if (!any) {
            return;
        }
        for (LaunchOption option : LaunchOption.values()) {
            if (!option.variables().isEmpty() && option.appliesTo(verb)) {
                readVariable(option, environment);
            }
        }
    }

    private static boolean prefixed(String name) {
        for (String prefix : PREFIXES) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    private void readVariable(LaunchOption option, Map<String, String> environment) {
        boolean joins = option == LaunchOption.BIND || option == LaunchOption.MOUNT;
        if (values.containsKey(option) && !joins) {
            return;
        }
        for (String name : names(option.variables())) {
            String chosen = null;
            String from = "";
            for (String prefix : PREFIXES) {
                String value = environment.get(prefix + name);
                if (value == null || value.isEmpty()) {
                    continue;
                }
                if (chosen == null) {
                    chosen = value;
                    from = prefix + name;
                } else if (!chosen.equals(value)) {
                    messages.warning(
                            from + " and " + prefix + name + " differ, " + from + " is used");
                }
            }
            if (chosen != null) {
                if (option.kind() == LaunchOption.Kind.FLAG) {
                    String truth = truthOrNull(chosen);
                    if (truth == null) {
                        messages.warning(from + " is neither true nor false: " + chosen);
                        return;
                    }
                    chosen = truth;
                }
                add(option, chosen);
                return;
            }
        }
    }

    private static List<String> names(String list) {
        List<String> names = new ArrayList<>(2);
        int start = 0;
        for (int comma = list.indexOf(','); comma >= 0; comma = list.indexOf(',', start)) {
            names.add(list.substring(start, comma));
            start = comma + 1;
        }
        names.add(list.substring(start));
        return names;
    }

    private void checkUse() {
        for (LaunchOption option : LaunchOption.values()) {
            if (!has(option)) {
                continue;
            }
            switch (option.use()) {
                case WORKS, FETCHING, ACCEPTED -> {}
                case WITHOUT_EFFECT ->
                        messages.warning(
                                "--" + option.longName() + " has no effect: " + option.help());
                case REFUSED ->
                        throw new UsageError(
                                "--" + option.longName() + " is not supported",
                                "leave it out: " + option.help());
            }
        }
    }

    private UsageError unknown(String word) {
        int equals = word.indexOf('=');
        String typed = equals < 0 ? word : word.substring(0, equals);
        String best = null;
        int bestDistance = NEAR + 1;
        if (typed.startsWith("--")) {
            for (LaunchOption option : LaunchOption.values()) {
                int distance = distance(typed.substring(2), option.longName());
                if (distance < bestDistance) {
                    bestDistance = distance;
                    best = option.longName();
                }
            }
        }
        return new UsageError(
                "unknown option " + typed,
                best == null
                        ? "amphora " + (verb.isEmpty() ? "" : verb + " ") + "--help"
                        : "did you mean --" + best + "?");
    }

    /// How many letters must be changed, added or dropped (Levenshtein).
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
