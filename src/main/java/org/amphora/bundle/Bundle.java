// SPDX-License-Identifier: Apache-2.0
package org.amphora.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.amphora.launch.LaunchPlan;
import org.amphora.problem.Problem;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A directory with a `config.json` (runtime-spec v1.2.0, `bundle.md`, `config.md`). What the
/// starter gives to every container anyway (no new privileges, no set-uid, no devices) is not read,
/// nor what belongs to the resource manager (cgroups, rlimits, CPU affinity).
///
/// @param root absolute
/// @param uid of the process inside; 0 makes the caller root of the container
/// @param umask octal
/// @param namespaces those that it has of its own, as `linux.namespaces` calls them
/// @param devices paths of device files beside the default ones
record Bundle(
        Path directory,
        Path root,
        boolean readOnly,
        List<String> arguments,
        List<String> environment,
        String workingDirectory,
        boolean terminal,
        long uid,
        Optional<String> umask,
        Optional<String> hostname,
        Set<String> namespaces,
        List<BundleMount> mounts,
        List<String> devices,
        Map<String, String> annotations) {

    /// The namespaces that the starter makes, in its own words.
    private static final Map<String, String> UNSHARED =
            Map.of("pid", "pid", "ipc", "ipc", "uts", "uts", "network", "net");

    Bundle {
        arguments = List.copyOf(arguments);
        environment = List.copyOf(environment);
        namespaces = Set.copyOf(namespaces);
        mounts = List.copyOf(mounts);
        devices = List.copyOf(devices);
        annotations = Map.copyOf(annotations);
    }

    /// @throws Problem when there is none, or when it asks for what cannot be done
    static Bundle read(Path directory) {
        Path absolute = directory.toAbsolutePath();
        Path file = absolute.resolve("config.json");
        try {
            return parse(absolute, JsonMapper.builder().build().readTree(Files.readAllBytes(file)));
        } catch (IOException | JacksonException e) {
            throw new Problem(
                    "cannot read bundle " + directory,
                    file + ": " + e.getMessage(),
                    "make one: umoci unpack --rootless --image LAYOUT:TAG DIR",
                    e);
        }
    }

    static Bundle parse(Path directory, JsonNode config) {
        JsonNode process = config.path("process");
        refuse(directory, config);
        return new Bundle(
                directory,
                directory.resolve(config.path("root").path("path").asString("")).normalize(),
                config.path("root").path("readonly").asBoolean(false),
                texts(process.path("args")),
                texts(process.path("env")),
                process.path("cwd").asString("/"),
                process.path("terminal").asBoolean(false),
                process.path("user").path("uid").asLong(0),
                process.path("user").path("umask").isNumber()
                        ? Optional.of(
                                Integer.toOctalString(process.path("user").path("umask").asInt()))
                        : Optional.empty(),
                Optional.of(config.path("hostname").asString("")).filter(name -> !name.isEmpty()),
                namespaces(config),
                config.path("mounts").valueStream().map(BundleMount::parse).toList(),
                config.path("linux")
                        .path("devices")
                        .valueStream()
                        .map(device -> device.path("path").asString(""))
                        .toList(),
                annotations(config.path("annotations")));
    }

    /// What would silently be missing.
    private static void refuse(Path directory, JsonNode config) {
        String why = "";
        if (!config.path("ociVersion").asString("").startsWith("1.")) {
            why = "its ociVersion is " + config.path("ociVersion") + ", not 1.x";
        } else if (config.path("root").path("path").asString("").isEmpty()) {
            why = "it has no root.path";
        } else if (texts(config.path("process").path("args")).isEmpty()) {
            why = "it has no process.args";
        } else if (!config.path("process").path("cwd").asString("/").startsWith("/")) {
            why = "its process.cwd is no absolute path";
        }
        for (JsonNode hooks : config.path("hooks").values()) {
            why = hooks.isEmpty() ? why : "it has hooks, and nobody here runs them";
        }
        for (JsonNode namespace : config.path("linux").path("namespaces").values()) {
            why = namespace.has("path") ? "it enters a namespace by its path" : why;
        }
        if (!why.isEmpty()) {
            throw new Problem(
                    "cannot start bundle " + directory,
                    why,
                    "change " + directory.resolve("config.json"));
        }
    }

    private static Set<String> namespaces(JsonNode config) {
        Set<String> kinds = new TreeSet<>();
        for (JsonNode namespace : config.path("linux").path("namespaces").values()) {
            kinds.add(namespace.path("type").asString(""));
        }
        return kinds;
    }

    static List<String> texts(JsonNode array) {
        return array.valueStream().map(text -> text.asString("")).toList();
    }

    private static Map<String, String> annotations(JsonNode node) {
        Map<String, String> annotations = new LinkedHashMap<>();
        node.forEachEntry((name, value) -> annotations.put(name, value.asString("")));
        return annotations;
    }

    /// What the starter is to do.
    LaunchPlan plan() {
        LaunchPlan plan = new LaunchPlan();
        plan.add("directory", LaunchPlan.raw(root.toString()));
        if (!readOnly) {
            plan.add("writable");
        }
        plan.add("identity", uid == 0 ? "root" : "caller");
        new TreeSet<>(namespaces)
                .forEach(
                        kind -> {
                            if (UNSHARED.containsKey(kind)) {
                                plan.add("unshare", UNSHARED.get(kind));
                            }
                        });
        if (namespaces.contains("uts")) {
            hostname.ifPresent(name -> plan.add("hostname", LaunchPlan.raw(name)));
        }
        for (BundleMount mount : mounts) {
            mount.addTo(plan, this);
        }
        for (String device : devices) {
            plan.add("bind", LaunchPlan.raw(device), LaunchPlan.raw(device), "rw,dev,optional");
        }
        plan.add("env-drop", "*");
        for (String variable : environment) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                plan.add(
                        "env-set",
                        LaunchPlan.raw(variable.substring(0, equals)),
                        LaunchPlan.raw(variable.substring(equals + 1)));
            }
        }
        plan.add("cwd", LaunchPlan.raw(workingDirectory), "-");
        umask.ifPresent(mode -> plan.add("umask", mode));
        List<String> command = new ArrayList<>();
        arguments.forEach(argument -> command.add(LaunchPlan.raw(argument)));
        return plan.exec(command);
    }
}
