// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.launch.EnvironmentScript.Unsupported;
import org.amphora.launch.EnvironmentScript.Variables;
import org.jspecify.annotations.Nullable;

/// What variables the application gets, as Apptainer's action script composes them
/// (`internal/pkg/util/fs/files/action_script.sh`): the image's scripts run first and see only the
/// image's variables, the caller's injected ones follow, and the rest of the caller's environment
/// fills what is still unset.
///
/// There are two ways with the same result. When all scripts are plain assignments, their outcome
/// goes into the plan: no shell is needed, and nothing is spent at launch. Otherwise the plan holds
/// the caller's variables back (`env-hold`) and a shell of the image runs {@link #wrapper}.
final class ContainerEnvironment {
    static final String DEFAULT_PATH =
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    static final String LIBRARIES = "/.singularity.d/libs";

    /// Apptainer searches its own helpers there too, and hands the whole on.
    private static final String USER_PATH_END =
            ":/bin:/usr/bin:/sbin:/usr/sbin:/usr/local/bin:/usr/local/sbin";

    private static final String[] DEFAULT_DIRECTORIES = {
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"
    };
    private static final String[] KEPT = {
        "TERM",
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "no_proxy",
        "NO_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "ftp_proxy",
        "FTP_PROXY"
    };
    // Shell functions that the caller exported would hide programs of the image.
    private static final String[] DROPPED = {
        "HOME",
        "PATH",
        "LD_LIBRARY_PATH",
        "AMPHORA_*",
        "AMPHORAENV_*",
        "APPTAINER_*",
        "APPTAINERENV_*",
        "SINGULARITY_*",
        "SINGULARITYENV_*",
        "BASH_FUNC_*"
    };
    private static final String PROMPT = "Amphora> ";
    private static final String ENVIRONMENT_FILE = "/.singularity.d/env/91-environment.sh";

    /// What the launch itself contributes.
    ///
    /// @param image absolute path of the image
    /// @param verb the action, as `exec`
    /// @param home the home directory in the container
    /// @param directory the working directory in the container
    /// @param bindDestinations of the user's binds
    /// @param app the SCIF application; empty without one
    /// @param libraries whether something was bound into {@link #LIBRARIES}
    record Setting(
            String image,
            String verb,
            String home,
            String directory,
            List<String> bindDestinations,
            String app,
            boolean libraries) {}

    private final Setting setting;
    private final ImageFacts facts;
    private final Caller caller;
    private final Messages messages;
    private final Map<String, String> injected;
    private final boolean clean;
    private final boolean literal;

    /// @param injected from {@link InjectedVariables}
    /// @param clean drops the caller's variables
    /// @param literal takes injected values as they are (`--no-eval`)
    ContainerEnvironment(
            Setting setting,
            ImageFacts facts,
            Caller caller,
            Messages messages,
            Map<String, String> injected,
            boolean clean,
            boolean literal) {
        this.setting = setting;
        this.facts = facts;
        this.caller = caller;
        this.messages = messages;
        this.injected = injected;
        this.clean = clean;
        this.literal = literal;
    }

    /// Adds the directives for the environment.
    ///
    /// @return the words that must stand before the command; empty when there are none
    List<String> addTo(LaunchPlan plan) {
        String shell = shell();
        Variables variables = null;
        if (setting.app().isEmpty() || shell == null) {
            try {
                variables = evaluate(shell == null);
            } catch (Unsupported e) {
                messages.verbose("the environment needs a shell: " + e.getMessage());
            }
        }
        addCallerRules(plan);
        if (variables != null || shell == null) {
            addVariables(plan, variables == null ? new Variables() : variables);
            return List.of();
        }
        return hold(plan, shell);
    }

    /// The same through the image's shell, whatever the scripts are.
    List<String> addThroughShell(LaunchPlan plan) {
        String shell = shell();
        if (shell == null) {
            throw new IllegalStateException("the image has no shell");
        }
        addCallerRules(plan);
        return hold(plan, shell);
    }

    private @Nullable String shell() {
        // Apptainer runs the scripts in a shell that knows bash's extensions.
        return facts.has(ImageFacts.BASH)
                ? ImageFacts.BASH
                : facts.has(ImageFacts.SHELL) ? ImageFacts.SHELL : null;
    }

    private void addCallerRules(LaunchPlan plan) {
        if (clean) {
            plan.add("env-keep", KEPT);
            plan.add("env-set", "LANG", "C");
        } else {
            plan.add("env-drop", DROPPED);
        }
        for (Map.Entry<String, String> variable : ownVariables().entrySet()) {
            plan.add("env-set", variable.getKey(), variable.getValue());
        }
    }

    /// Variables that say what the container is; an image that sets one of them wins.
    private Map<String, String> ownVariables() {
        Map<String, String> own = new LinkedHashMap<>();
        String binds = String.join(",", setting.bindDestinations());
        for (String prefix : new String[] {"APPTAINER_", "SINGULARITY_"}) {
            own.put(prefix + "BIND", binds);
            own.put(prefix + "ENVIRONMENT", ENVIRONMENT_FILE);
        }
        own.put("AMPHORA_COMMAND", setting.verb());
        own.put("APPTAINER_COMMAND", setting.verb());
        own.put("APPTAINER_APPNAME", setting.app());
        if (!setting.app().isEmpty()) {
            own.put("SINGULARITY_APPNAME", setting.app());
        }
        if (literal) {
            own.put("APPTAINER_NO_EVAL", "1");
            own.put("SINGULARITY_NO_EVAL", "1");
        }
        String path = caller.environment().get("PATH");
        if (path != null && !clean) {
            own.put("USER_PATH", path + USER_PATH_END);
        }
        return own;
    }

    /// Variables that the image's scripts see and may not change.
    private Map<String, String> visibleVariables() {
        Map<String, String> visible = new LinkedHashMap<>();
        String name = setting.image().substring(setting.image().lastIndexOf('/') + 1);
        for (String prefix : new String[] {"AMPHORA_", "APPTAINER_", "SINGULARITY_"}) {
            visible.put(prefix + "CONTAINER", setting.image());
            visible.put(prefix + "NAME", name);
        }
        return visible;
    }

    private Variables evaluate(boolean skipping) throws Unsupported {
        Variables variables = new Variables();
        variables.inherit("HOME", setting.home());
        variables.inherit("PWD", setting.directory());
        for (Map.Entry<String, String> variable : visibleVariables().entrySet()) {
            variables.fix(variable.getKey(), variable.getValue());
        }
        boolean done = false;
        for (ImageFacts.Script script : facts.scripts()) {
            String name = script.name();
            if (name.equals("99-runtimevars.sh")) {
                continue;
            }
            if (name.equals("90-environment.sh") && variables.get("PATH") == null) {
                completePath(variables);
            }
            Variables before = skipping ? variables.copy() : variables;
            try {
                EnvironmentScript.run(script.text(), variables);
            } catch (Unsupported e) {
                if (!skipping) {
                    throw e;
                }
                variables = before;
                messages.warning(
                        name
                                + " of the image is left out: it needs a shell ("
                                + e.getMessage()
                                + "), the image has none");
            }
            if (isDockerScript(name)) {
                completePath(variables);
            }
            if (name.equals("99-base.sh")) {
                inject(variables, skipping);
                done = true;
            }
        }
        if (!done) {
            inject(variables, skipping);
        }
        if (variables.get("PATH") == null) {
            completePath(variables);
        }
        userPath(variables, skipping);
        String libraryPath = variables.get("LD_LIBRARY_PATH");
        if (setting.libraries() && (libraryPath == null || !libraryPath.contains(LIBRARIES))) {
            variables.export("LD_LIBRARY_PATH", joined(libraryPath, LIBRARIES));
        }
        return variables;
    }

    private static boolean isDockerScript(String name) {
        return name.equals("10-docker2singularity.sh") || name.equals("10-docker.sh");
    }

    private static void completePath(Variables variables) throws Unsupported {
        String path = variables.get("PATH");
        StringBuilder complete = new StringBuilder(path == null ? "" : path);
        for (String directory : DEFAULT_DIRECTORIES) {
            if (!(":" + complete + ":").contains(":" + directory + ":")) {
                complete.append(complete.isEmpty() ? "" : ":").append(directory);
            }
        }
        variables.export("PATH", complete.toString());
    }

    private void inject(Variables variables, boolean skipping) throws Unsupported {
        for (Map.Entry<String, String> variable : injected.entrySet()) {
            String name = variable.getKey();
            if (isPathRule(name)) {
                continue;
            }
            String value = evaluated(name, variable.getValue(), variables, skipping);
            variables.export(
                    name, name.equals("LD_LIBRARY_PATH") ? joined(value, LIBRARIES) : value);
        }
    }

    private String evaluated(String name, String value, Variables variables, boolean skipping)
            throws Unsupported {
        if (literal) {
            return value;
        }
        try {
            return EnvironmentScript.expand(value, variables);
        } catch (Unsupported e) {
            if (!skipping) {
                throw e;
            }
            messages.warning(
                    name + " is taken literally: the image has no shell to evaluate its value");
            return value;
        }
    }

    private void userPath(Variables variables, boolean skipping) throws Unsupported {
        String prepended = injected.get("PREPEND_PATH");
        String appended = injected.get("APPEND_PATH");
        String replaced = injected.get("PATH");
        String path = String.valueOf(variables.get("PATH"));
        if (prepended != null && !prepended.isEmpty()) {
            path = evaluated("PREPEND_PATH", prepended, variables, skipping) + ":" + path;
        }
        if (appended != null && !appended.isEmpty()) {
            path = path + ":" + evaluated("APPEND_PATH", appended, variables, skipping);
        }
        if (replaced != null && !replaced.isEmpty()) {
            path = evaluated("PATH", replaced, variables, skipping);
        }
        variables.export("PATH", path);
    }

    private static boolean isPathRule(String name) {
        return name.equals("PATH") || name.equals("PREPEND_PATH") || name.equals("APPEND_PATH");
    }

    private static String joined(@Nullable String first, String last) {
        return first == null || first.isEmpty() ? last : first + ":" + last;
    }

    private void addVariables(LaunchPlan plan, Variables variables) {
        Map<String, String> exported = variables.exported();
        String prompt = exported.get("PS1");
        if (prompt == null || prompt.isEmpty()) {
            prompt = PROMPT;
            exported.put("PS1", prompt);
        }
        String promptCommand = exported.get("PROMPT_COMMAND");
        if (promptCommand == null && !clean) {
            promptCommand = caller.environment().get("PROMPT_COMMAND");
        }
        // bash reads its start files after it got PS1; this sets it once more.
        exported.put(
                "PROMPT_COMMAND",
                promptCommand == null || promptCommand.isEmpty()
                        ? "PS1=\"" + prompt + "\"; unset PROMPT_COMMAND"
                        : promptCommand
                                + "; PROMPT_COMMAND=\"${PROMPT_COMMAND%%; PROMPT_COMMAND=*}\"; PS1=\""
                                + prompt
                                + "\"");
        for (Map.Entry<String, String> variable : exported.entrySet()) {
            String name = variable.getKey();
            if (variable.getValue().isEmpty() && caller.environment().containsKey(name)) {
                // As Apptainer: what the image empties, the application does not get at all.
                plan.add("env-drop", name);
            } else {
                plan.add("env-set", name, variable.getValue());
            }
        }
    }

    private List<String> hold(LaunchPlan plan, String shell) {
        plan.add("env-set", "PATH", DEFAULT_PATH);
        plan.add("env-hold");
        plan.add("env-set", "HOME", setting.home());
        for (Map.Entry<String, String> variable : visibleVariables().entrySet()) {
            plan.add("env-set", variable.getKey(), variable.getValue());
        }
        if (!setting.app().isEmpty()) {
            plan.add("env-set", "APPTAINER_APPNAME", setting.app());
            plan.add("env-set", "SINGULARITY_APPNAME", setting.app());
        }
        return List.of(shell, "-c", wrapper(), "amphora");
    }

    /// The script that the image's shell runs before the command: POSIX, because it may be dash or
    /// busybox.
    private String wrapper() {
        StringBuilder script = new StringBuilder(2048);
        script.append(
                """
                unset PATH
                amphora_path() {
                  for AMPHORA_DIR in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
                    case ":${PATH-}:" in
                    *":$AMPHORA_DIR:"*) ;;
                    *) PATH="${PATH:+$PATH:}$AMPHORA_DIR" ;;
                    esac
                  done
                  export PATH
                }
                amphora_inject() {
                  AMPHORA_INJECTED=1
                """);
        for (Map.Entry<String, String> variable : injected.entrySet()) {
            String name = variable.getKey();
            if (!isPathRule(name)) {
                script.append("  export ").append(name).append('=').append(quoted(variable));
                if (name.equals("LD_LIBRARY_PATH")) {
                    script.append(":").append(LIBRARIES);
                }
                script.append('\n');
            }
        }
        script.append(
                """
                }
                AMPHORA_INJECTED=
                for AMPHORA_SCRIPT in /.singularity.d/env/*.sh; do
                  [ -f "$AMPHORA_SCRIPT" ] || continue
                  case "$AMPHORA_SCRIPT" in
                  */99-runtimevars.sh) continue ;;
                  */90-environment.sh) [ -n "${PATH+x}" ] || amphora_path ;;
                  esac
                  . "$AMPHORA_SCRIPT"
                  case "$AMPHORA_SCRIPT" in
                  */10-docker2singularity.sh|*/10-docker.sh) amphora_path ;;
                  */99-base.sh) amphora_inject ;;
                  esac
                done
                [ -n "$AMPHORA_INJECTED" ] || amphora_inject
                [ -n "${PATH+x}" ] || amphora_path
                """);
        pathRule(script, "PREPEND_PATH", "PATH=", ":\"$PATH\"");
        pathRule(script, "APPEND_PATH", "PATH=\"$PATH\":", "");
        pathRule(script, "PATH", "PATH=", "");
        if (setting.libraries()) {
            script.append(
                    """
                    case "${LD_LIBRARY_PATH-}" in
                    */.singularity.d/libs*) ;;
                    *) LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/.singularity.d/libs" ;;
                    esac
                    export LD_LIBRARY_PATH
                    """);
        }
        script.append(
                """
                export PATH
                unset IFS
                for AMPHORA_KEY in ${AMPHORA_HELD-}; do
                  eval "if [ -z \\"\\${$AMPHORA_KEY+x}\\" ]; then export $AMPHORA_KEY=\\"\\$AMPHORA_HELD_$AMPHORA_KEY\\"; elif [ -z \\"\\$$AMPHORA_KEY\\" ]; then unset $AMPHORA_KEY; fi; unset AMPHORA_HELD_$AMPHORA_KEY"
                done
                [ -n "${PS1-}" ] || PS1="Amphora> "
                if [ -z "${PROMPT_COMMAND-}" ]; then
                  PROMPT_COMMAND="PS1=\\"$PS1\\"; unset PROMPT_COMMAND"
                else
                  PROMPT_COMMAND="$PROMPT_COMMAND; PROMPT_COMMAND=\\"\\${PROMPT_COMMAND%%; PROMPT_COMMAND=*}\\"; PS1=\\"$PS1\\""
                fi
                export PS1 PROMPT_COMMAND
                unset AMPHORA_HELD AMPHORA_KEY AMPHORA_SCRIPT AMPHORA_DIR AMPHORA_INJECTED
                if ! command -v "$1" >/dev/null 2>&1; then
                  echo "error: cannot run $1" >&2
                  echo "why:   $1: executable file not found in \\$PATH of the image ($PATH)" >&2
                  echo "fix:   name a program that the image has" >&2
                  exit 255
                fi
                exec "$@"
                """);
        return script.toString();
    }

    private void pathRule(StringBuilder script, String name, String before, String after) {
        String value = injected.get(name);
        if (value != null && !value.isEmpty()) {
            script.append(before).append(quoted(Map.entry(name, value))).append(after).append('\n');
        }
    }

    private String quoted(Map.Entry<String, String> variable) {
        StringBuilder quoted = new StringBuilder();
        String value = variable.getValue();
        char quote = literal ? '\'' : '"';
        quoted.append(quote);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\'' && literal) {
                quoted.append("'\\''");
            } else if (c == '"' && !literal && !isEscaped(value, i)) {
                quoted.append("\\\"");
            } else {
                quoted.append(c);
            }
        }
        // A last backslash would swallow the quote.
        if (!literal && isEscaped(value, value.length())) {
            quoted.append('\\');
        }
        return quoted.append(quote).toString();
    }

    /// Whether an odd number of backslashes stands before a position.
    private static boolean isEscaped(String value, int at) {
        int backslashes = 0;
        while (at - backslashes > 0 && value.charAt(at - backslashes - 1) == '\\') {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }
}
