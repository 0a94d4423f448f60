// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Runs the plain part of the shell language (POSIX.1-2024 XCU chapter 2) that environment scripts
/// of images are made of: assignments, `export`, `unset`, `if`, `test`, `&&`, `||`, quotes,
/// comments, and `$K`, `${K}`, `${K:-word}` and its relatives.
///
/// It never guesses: whatever it does not know ends with {@link Unsupported}, and the caller lets a
/// real shell do the work. So it may be small, and must be right about what it accepts.
final class EnvironmentScript {

    /// The script needs a real shell.
    static final class Unsupported extends Exception {
        private static final long serialVersionUID = 1;

        Unsupported(String what) {
            super(what, null, false, false);
        }
    }

    /// The variables while scripts run; those exported are what the application sees.
    static final class Variables {
        private final Map<String, String> values = new LinkedHashMap<>();
        private final Set<String> exported = new LinkedHashSet<>();
        private final Set<String> fixed = new LinkedHashSet<>();
        private final Set<String> assigned = new LinkedHashSet<>();

        @Nullable String get(String name) {
            return values.get(name);
        }

        void set(String name, String value) throws Unsupported {
            if (fixed.contains(name)) {
                throw new Unsupported("assignment to " + name);
            }
            values.put(name, value);
            assigned.add(name);
        }

        void export(String name, String value) throws Unsupported {
            set(name, value);
            export(name);
        }

        void export(String name) {
            exported.add(name);
        }

        /// Sets a variable as if it came from the environment.
        void inherit(String name, String value) {
            values.put(name, value);
            exported.add(name);
        }

        /// What scripts gave a value to, exported or not.
        Map<String, String> assigned() {
            Map<String, String> result = new LinkedHashMap<>();
            for (String name : assigned) {
                String value = values.get(name);
                if (value != null) {
                    result.put(name, value);
                }
            }
            return result;
        }

        /// Sets a variable that no script may change.
        void fix(String name, String value) {
            values.put(name, value);
            exported.add(name);
            fixed.add(name);
        }

        void unset(String name) throws Unsupported {
            if (fixed.contains(name)) {
                throw new Unsupported("unset " + name);
            }
            values.remove(name);
            exported.remove(name);
        }

        /// The exported variables that have a value, in the order of their first assignment.
        Map<String, String> exported() {
            Map<String, String> result = new LinkedHashMap<>();
            for (Map.Entry<String, String> variable : values.entrySet()) {
                if (exported.contains(variable.getKey())) {
                    result.put(variable.getKey(), variable.getValue());
                }
            }
            return result;
        }

        Variables copy() {
            Variables copy = new Variables();
            copy.values.putAll(values);
            copy.exported.addAll(exported);
            copy.fixed.addAll(fixed);
            copy.assigned.addAll(assigned);
            return copy;
        }
    }

    private final String script;
    private final Variables variables;
    private int at;
    private boolean live = true;
    private boolean status = true;

    private EnvironmentScript(String script, Variables variables) {
        this.script = script;
        this.variables = variables;
    }

    /// Runs a script. On failure the variables are in an undefined state.
    static void run(String script, Variables variables) throws Unsupported {
        EnvironmentScript run = new EnvironmentScript(script, variables);
        run.list();
        if (run.at < script.length()) {
            throw new Unsupported("unexpected " + run.peekWord());
        }
    }

    /// What `"text"` would expand to, for a text in which no quote ends the string.
    static String expand(String text, Variables variables) throws Unsupported {
        EnvironmentScript run = new EnvironmentScript(text, variables);
        StringBuilder value = new StringBuilder();
        while (run.at < text.length()) {
            char c = text.charAt(run.at);
            if (c == '"') {
                value.append(c);
                run.at++;
            } else {
                run.quotedCharacter(value);
            }
        }
        return value.toString();
    }

    /// The words of a text such as `"/bin/a" 'b c' d`, as a shell would split it.
    static List<String> words(String text, Variables variables) throws Unsupported {
        EnvironmentScript run = new EnvironmentScript(text, variables);
        List<String> words = new ArrayList<>();
        run.blanks();
        while (run.at < text.length()) {
            if (run.isEndOfCommand()) {
                throw new Unsupported("more than words: " + text);
            }
            String word = run.argument();
            if (word != null) {
                words.add(word);
            }
            run.blanks();
        }
        return words;
    }

    static boolean isName(String text) {
        if (text.isEmpty() || text.charAt(0) >= '0' && text.charAt(0) <= '9') {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (!isNameCharacter(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private void list() throws Unsupported {
        while (true) {
            emptyLines();
            if (at >= script.length() || isReserved(peekWord())) {
                return;
            }
            andOr();
            if (at < script.length() && current() == '&') {
                throw new Unsupported("background command");
            }
            if (at < script.length() && current() == ';') {
                at++;
            }
        }
    }

    private static boolean isReserved(String word) {
        return switch (word) {
            case "then", "elif", "else", "fi" -> true;
            default -> false;
        };
    }

    private void andOr() throws Unsupported {
        boolean outer = live;
        command();
        while (true) {
            blanks();
            boolean and = script.startsWith("&&", at);
            if (!and && !script.startsWith("||", at)) {
                break;
            }
            at += 2;
            emptyLines();
            live = outer && status == and;
            command();
        }
        live = outer;
    }

    private void command() throws Unsupported {
        blanks();
        String word = peekWord();
        switch (word) {
            case "if" -> conditional();
            case "!", "{", "for", "while", "until", "case", "function", "[[", "select", "time" ->
                    throw new Unsupported(word);
            default -> simple();
        }
        blanks();
        if (at < script.length() && !isEndOfCommand()) {
            throw new Unsupported("unexpected " + peekWord());
        }
        if (at < script.length()
                && (current() == '(' || current() == ')' || current() == '<' || current() == '>')) {
            throw new Unsupported("operator " + current());
        }
        if (at < script.length() && current() == '|' && !script.startsWith("||", at)) {
            throw new Unsupported("pipeline");
        }
    }

    private void conditional() throws Unsupported {
        boolean outer = live;
        boolean done = false;
        boolean last = true;
        at += "if".length();
        while (true) {
            live = outer && !done;
            list();
            boolean taken = live && status;
            expect("then");
            live = taken;
            list();
            if (taken) {
                done = true;
                last = status;
            }
            String next = peekWord();
            if (next.equals("elif")) {
                at += next.length();
                continue;
            }
            if (next.equals("else")) {
                at += next.length();
                live = outer && !done;
                list();
                if (live) {
                    done = true;
                    last = status;
                }
            }
            expect("fi");
            break;
        }
        live = outer;
        if (outer) {
            status = last;
        }
    }

    private void expect(String word) throws Unsupported {
        emptyLines();
        if (!peekWord().equals(word)) {
            throw new Unsupported("no " + word);
        }
        at += word.length();
    }

    private void simple() throws Unsupported {
        boolean assigns = false;
        String name;
        while ((name = assignment()) != null) {
            String value = word(true);
            if (live) {
                variables.set(name, value);
                status = true;
            }
            assigns = true;
            blanks();
        }
        if (isEndOfCommand()) {
            if (!assigns) {
                throw new Unsupported("no command");
            }
            return;
        }
        if (assigns) {
            throw new Unsupported("assignment before a command");
        }
        String verb = peekWord();
        if (verb.equals("export")) {
            at += verb.length();
            export();
            return;
        }
        List<String> words = new ArrayList<>();
        while (skipsRedirection() || !isEndOfCommand()) {
            String word = argument();
            if (word != null) {
                words.add(word);
            }
            blanks();
        }
        if (live) {
            run(words);
        }
    }

    /// Passes the operator of a redirection in a branch that is not taken.
    private boolean skipsRedirection() throws Unsupported {
        if (live || at >= script.length() || current() != '<' && current() != '>') {
            return false;
        }
        if (script.startsWith("<<", at)) {
            throw new Unsupported("here-document");
        }
        at++;
        if (at < script.length() && (current() == '>' || current() == '&')) {
            at++;
        }
        blanks();
        if (isEndOfCommand()) {
            throw new Unsupported("redirection to nothing");
        }
        return true;
    }

    private void export() throws Unsupported {
        blanks();
        if (isEndOfCommand()) {
            throw new Unsupported("export without a name");
        }
        while (!isEndOfCommand()) {
            String name = assignment();
            if (name != null) {
                String value = word(true);
                if (live) {
                    variables.export(name, value);
                }
            } else {
                String plain = argument();
                if (plain == null || !isName(plain)) {
                    throw new Unsupported("export " + plain);
                }
                if (live) {
                    variables.export(plain);
                }
            }
            blanks();
        }
        if (live) {
            status = true;
        }
    }

    private void run(List<String> words) throws Unsupported {
        String verb = words.isEmpty() ? "" : words.getFirst();
        switch (verb) {
            case ":", "true" -> status = true;
            case "false" -> status = false;
            case "unset" -> {
                for (String name : words.subList(1, words.size())) {
                    if (!isName(name)) {
                        throw new Unsupported("unset " + name);
                    }
                    variables.unset(name);
                }
                status = true;
            }
            case "test" -> status = test(words.subList(1, words.size()));
            case "[" -> {
                if (!words.getLast().equals("]")) {
                    throw new Unsupported("[ without ]");
                }
                status = test(words.subList(1, words.size() - 1));
            }
            default -> throw new Unsupported("command " + verb);
        }
    }

    private static boolean test(List<String> words) throws Unsupported {
        switch (words.size()) {
            case 0 -> {
                return false;
            }
            case 1 -> {
                return !words.getFirst().isEmpty();
            }
            case 2 -> {
                switch (words.getFirst()) {
                    case "-n" -> {
                        return !words.get(1).isEmpty();
                    }
                    case "-z" -> {
                        return words.get(1).isEmpty();
                    }
                    case "!" -> {
                        return words.get(1).isEmpty();
                    }
                    default -> throw new Unsupported("test " + words.getFirst());
                }
            }
            case 3 -> {
                switch (words.get(1)) {
                    case "=" -> {
                        return words.get(0).equals(words.get(2));
                    }
                    case "!=" -> {
                        return !words.get(0).equals(words.get(2));
                    }
                    default -> {
                        if (words.getFirst().equals("!")) {
                            return !test(words.subList(1, 3));
                        }
                        throw new Unsupported("test " + words.get(1));
                    }
                }
            }
            default -> throw new Unsupported("test with " + words.size() + " words");
        }
    }

    /// The name of an assignment that begins here, up to and with its `=`; `null` when none does.
    private @Nullable String assignment() {
        int end = at;
        while (end < script.length() && isNameCharacter(script.charAt(end))) {
            end++;
        }
        if (end == at
                || end >= script.length()
                || script.charAt(end) != '='
                || script.charAt(at) >= '0' && script.charAt(at) <= '9') {
            return null;
        }
        String name = script.substring(at, end);
        at = end + 1;
        return name;
    }

    /// One word as an argument; `null` when it is only an empty expansion, which leaves no word.
    private @Nullable String argument() throws Unsupported {
        int start = at;
        String value = word(false);
        if (value.isEmpty() && live) {
            for (int i = start; i < at; i++) {
                char c = script.charAt(i);
                if (c == '"' || c == '\'') {
                    return value;
                }
            }
            return null;
        }
        return value;
    }

    private String word(boolean assigned) throws Unsupported {
        StringBuilder value = new StringBuilder();
        int start = at;
        while (at < script.length()) {
            char c = current();
            if (isBlank(c) || c == '\n' || isOperator(c)) {
                break;
            }
            switch (c) {
                case '\'' -> singleQuoted(value);
                case '"' -> doubleQuoted(value);
                case '\\' -> backslash(value);
                case '$' -> {
                    int before = value.length();
                    dollar(value, false);
                    if (!assigned && live) {
                        refuseSplitting(value, before);
                    }
                }
                case '`' -> throw new Unsupported("command substitution");
                case '~' -> {
                    char previous = at == start ? ':' : script.charAt(at - 1);
                    if (previous == ':' || previous == '=') {
                        throw new Unsupported("tilde");
                    }
                    value.append(c);
                    at++;
                }
                case '*', '?', '{', '}' -> {
                    if (!assigned && live) {
                        throw new Unsupported("pattern");
                    }
                    value.append(c);
                    at++;
                }
                case '[' -> {
                    if (!assigned && at - start > 0) {
                        throw new Unsupported("pattern");
                    }
                    value.append(c);
                    at++;
                }
                default -> {
                    value.append(c);
                    at++;
                }
            }
        }
        return value.toString();
    }

    private static void refuseSplitting(StringBuilder value, int from) throws Unsupported {
        for (int i = from; i < value.length(); i++) {
            char c = value.charAt(i);
            if (isBlank(c) || c == '\n' || c == '*' || c == '?' || c == '[') {
                throw new Unsupported("a value that would be split");
            }
        }
    }

    private void singleQuoted(StringBuilder value) throws Unsupported {
        int end = script.indexOf('\'', at + 1);
        if (end < 0) {
            throw new Unsupported("open quote");
        }
        value.append(script, at + 1, end);
        at = end + 1;
    }

    private void doubleQuoted(StringBuilder value) throws Unsupported {
        at++;
        while (true) {
            if (at >= script.length()) {
                throw new Unsupported("open quote");
            }
            if (current() == '"') {
                at++;
                return;
            }
            quotedCharacter(value);
        }
    }

    /// One character, escape or expansion between double quotes.
    private void quotedCharacter(StringBuilder value) throws Unsupported {
        char c = current();
        switch (c) {
            case '\\' -> {
                char next = at + 1 < script.length() ? script.charAt(at + 1) : '\0';
                if (next == '\n') {
                    at += 2;
                } else if (next == '$' || next == '`' || next == '"' || next == '\\') {
                    value.append(next);
                    at += 2;
                } else {
                    value.append(c);
                    at++;
                }
            }
            case '$' -> dollar(value, true);
            case '`' -> throw new Unsupported("command substitution");
            default -> {
                value.append(c);
                at++;
            }
        }
    }

    private void backslash(StringBuilder value) throws Unsupported {
        if (at + 1 >= script.length()) {
            throw new Unsupported("backslash at the end");
        }
        char next = script.charAt(at + 1);
        if (next != '\n') {
            value.append(next);
        }
        at += 2;
    }

    private void dollar(StringBuilder value, boolean quoted) throws Unsupported {
        at++;
        char c = at < script.length() ? current() : '\0';
        if (c == '{') {
            at++;
            braced(value, quoted);
        } else if (isNameCharacter(c) && !(c >= '0' && c <= '9')) {
            int start = at;
            while (at < script.length() && isNameCharacter(current())) {
                at++;
            }
            String found = variables.get(script.substring(start, at));
            value.append(found == null ? "" : found);
        } else if (!live && isSpecial(c)) {
            at++;
        } else if (c == '\0' || isBlank(c) || c == '\n' || quoted && isPlainAfterDollar(c)) {
            value.append('$');
        } else {
            throw new Unsupported("$" + c);
        }
    }

    private static boolean isSpecial(char c) {
        return c >= '0' && c <= '9' || c == '@' || c == '*' || c == '#' || c == '?' || c == '$';
    }

    private static boolean isPlainAfterDollar(char c) {
        return c == '"' || c == '/' || c == ':' || c == '.' || c == ',' || c == '%' || c == '=';
    }

    private void braced(StringBuilder value, boolean quoted) throws Unsupported {
        int start = at;
        while (at < script.length() && isNameCharacter(current())) {
            at++;
        }
        String name = script.substring(start, at);
        if (!isName(name) || at >= script.length()) {
            throw new Unsupported("${" + name);
        }
        String found = variables.get(name);
        if (current() == '}') {
            at++;
            value.append(found == null ? "" : found);
            return;
        }
        boolean emptyCounts = current() == ':';
        if (emptyCounts) {
            at++;
        }
        char operator = at < script.length() ? current() : '\0';
        if (operator != '-' && operator != '+' && operator != '=') {
            throw new Unsupported("${" + name + operator);
        }
        at++;
        boolean isSet = found != null && !(emptyCounts && found.isEmpty());
        String other = bracedWord(quoted);
        if (operator == '+') {
            value.append(isSet ? other : "");
        } else if (isSet) {
            value.append(found);
        } else {
            if (operator == '=' && live) {
                variables.set(name, other);
            }
            value.append(other);
        }
    }

    /// The word of `${K:-word}`, up to and with the closing brace. Between double quotes, shells
    /// differ on single quotes in it.
    private String bracedWord(boolean quoted) throws Unsupported {
        StringBuilder value = new StringBuilder();
        while (true) {
            if (at >= script.length()) {
                throw new Unsupported("open brace");
            }
            char c = current();
            switch (c) {
                case '}' -> {
                    at++;
                    return value.toString();
                }
                case '"' -> doubleQuoted(value);
                case '\'' -> {
                    if (quoted) {
                        throw new Unsupported("quote in an expansion");
                    }
                    singleQuoted(value);
                }
                case '\\' -> {
                    if (quoted) {
                        quotedCharacter(value);
                    } else {
                        backslash(value);
                    }
                }
                case '$' -> dollar(value, quoted);
                case '`', '~', '{' -> throw new Unsupported("" + c);
                default -> {
                    value.append(c);
                    at++;
                }
            }
        }
    }

    private char current() {
        return script.charAt(at);
    }

    private boolean isEndOfCommand() {
        return at >= script.length() || current() == '\n' || isOperator(current());
    }

    /// The characters up to the next blank or operator, unexpanded.
    private String peekWord() {
        int end = at;
        while (end < script.length()
                && !isBlank(script.charAt(end))
                && script.charAt(end) != '\n'
                && !isOperator(script.charAt(end))) {
            end++;
        }
        return script.substring(at, end);
    }

    private void emptyLines() {
        while (at < script.length()) {
            blanks();
            if (at >= script.length() || current() != '\n') {
                return;
            }
            at++;
        }
    }

    /// Skips blanks, continued lines and a comment.
    private void blanks() {
        while (at < script.length()) {
            char c = current();
            if (isBlank(c)) {
                at++;
            } else if (script.startsWith("\\\n", at)) {
                at += 2;
            } else if (c == '#' && (at == 0 || !isWordCharacter(script.charAt(at - 1)))) {
                int end = script.indexOf('\n', at);
                at = end < 0 ? script.length() : end;
                return;
            } else {
                return;
            }
        }
    }

    private static boolean isWordCharacter(char c) {
        return !isBlank(c) && c != '\n' && !isOperator(c);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static boolean isOperator(char c) {
        return c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == '<' || c == '>';
    }

    private static boolean isNameCharacter(char c) {
        return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
