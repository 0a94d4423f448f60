// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// The variables that the caller wants set in the container, above what the image sets:
/// `--env` before `--env-file` (the last file wins) before `AMPHORAENV_K`, `APPTAINERENV_K` and
/// `SINGULARITYENV_K`. Values are not yet evaluated.
final class InjectedVariables {
    private static final String[] PREFIXES = {"AMPHORAENV_", "APPTAINERENV_", "SINGULARITYENV_"};

    private InjectedVariables() {}

    static Map<String, String> of(LaunchArguments arguments, Caller caller, Messages messages) {
        Map<String, String> injected = new LinkedHashMap<>();
        for (String value : arguments.values(LaunchOption.ENV)) {
            addPairs(injected, value, messages);
        }
        List<String> files = arguments.values(LaunchOption.ENV_FILE);
        for (int i = files.size() - 1; i >= 0; i--) {
            for (Map.Entry<String, String> variable : file(files.get(i), caller).entrySet()) {
                add(injected, variable.getKey(), variable.getValue(), messages, false);
            }
        }
        for (String prefix : PREFIXES) {
            for (Map.Entry<String, String> variable : caller.environment().entrySet()) {
                if (variable.getKey().startsWith(prefix)) {
                    String name = variable.getKey().substring(prefix.length());
                    add(injected, name, variable.getValue(), messages, false);
                }
            }
        }
        return injected;
    }

    /// Reads a value of `--env` as spf13/pflag reads `stringToString`: one pair, or, with several
    /// equals signs, a CSV line of pairs. A part without an equals sign belongs to the value before
    /// it.
    private static void addPairs(Map<String, String> injected, String value, Messages messages) {
        int first = value.indexOf('=');
        if (first < 0) {
            throw new UsageError("--env " + Bytes.text(value) + " is no NAME=VALUE", "--env A=1");
        }
        List<String> pairs = new ArrayList<>();
        if (value.indexOf('=', first + 1) < 0) {
            pairs.add(value);
        } else {
            for (String field : Bind.csv(value)) {
                if (field.indexOf('=') < 0 && !pairs.isEmpty()) {
                    pairs.set(pairs.size() - 1, pairs.getLast() + "," + field);
                } else {
                    pairs.add(field);
                }
            }
        }
        for (String pair : pairs) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                add(
                        injected,
                        pair.substring(0, equals),
                        pair.substring(equals + 1),
                        messages,
                        true);
            } else {
                messages.warning("--env " + pair + " has no name and is ignored");
            }
        }
    }

    private static void add(
            Map<String, String> injected,
            String name,
            String value,
            Messages messages,
            boolean replaces) {
        switch (name) {
            case "HOME",
                    "APPTAINER_SHELL",
                    "APPTAINER_APPNAME",
                    "SINGULARITY_SHELL",
                    "SINGULARITY_APPNAME" -> {
                messages.warning("the variable " + name + " cannot be overridden");
                return;
            }
            default -> {}
        }
        if (!EnvironmentScript.isName(name)) {
            return;
        }
        if (replaces || !injected.containsKey(name)) {
            injected.put(name, value);
        }
    }

    /// The variables that a file of shell assignments sets, the caller's being visible.
    private static Map<String, String> file(String name, Caller caller) {
        String path = Bytes.text(Bind.absolute(name, caller.directory()));
        String text;
        try (FileInputStream in = new FileInputStream(path)) {
            text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new Problem(
                    "cannot read the environment file " + path,
                    String.valueOf(e.getMessage()),
                    "name a readable file with --env-file",
                    e);
        }
        EnvironmentScript.Variables variables = new EnvironmentScript.Variables();
        for (Map.Entry<String, String> variable : caller.environment().entrySet()) {
            variables.inherit(variable.getKey(), variable.getValue());
        }
        try {
            EnvironmentScript.run(text, variables);
            return variables.assigned();
        } catch (EnvironmentScript.Unsupported e) {
            return byShell(path, caller);
        }
    }

    private static Map<String, String> byShell(String path, Caller caller) {
        Command.Result result =
                Command.of("/bin/sh", "-c", "set -a; . \"$0\"; exec env -0", path)
                        .run()
                        .orProblem(
                                "cannot evaluate the environment file " + path,
                                "try it: sh -c 'set -a; . " + path + "'");
        Map<String, String> changed = new LinkedHashMap<>();
        String output = Bytes.raw(result.output());
        int start = 0;
        for (int end = output.indexOf('\0'); end >= 0; end = output.indexOf('\0', start)) {
            String entry = output.substring(start, end);
            start = end + 1;
            int equals = entry.indexOf('=');
            if (equals > 0) {
                String key = entry.substring(0, equals);
                String value = entry.substring(equals + 1);
                boolean own = key.equals("_") || key.equals("SHLVL") || key.equals("PWD");
                if (!own && !value.equals(caller.environment().get(key))) {
                    changed.put(key, value);
                }
            }
        }
        return changed;
    }
}
