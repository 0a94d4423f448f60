// SPDX-License-Identifier: Apache-2.0
package org.amphora.cdi;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.amphora.elf.Version;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.json.JsonMapper;

/// Reads descriptions of the Container Device Interface. Loaded, with its two parsers, on nodes
/// that have such files only.
final class CdiReader {
    private static final Set<String> VERSIONS =
            Set.of("0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0");

    /// Fields with the version that brought them (SPEC.md, released versions).
    private static final Map<String, String> SPECIFICATION =
            Map.of(
                    "cdiVersion", "0.3.0",
                    "kind", "0.3.0",
                    "annotations", "0.6.0",
                    "devices", "0.3.0",
                    "containerEdits", "0.3.0");

    private static final Map<String, String> DEVICE =
            Map.of("name", "0.3.0", "annotations", "0.6.0", "containerEdits", "0.3.0");

    private static final Map<String, String> EDITS =
            Map.of(
                    "env", "0.3.0",
                    "deviceNodes", "0.3.0",
                    "mounts", "0.3.0",
                    "hooks", "0.3.0",
                    "intelRdt", "0.7.0",
                    "additionalGids", "0.7.0",
                    "netDevices", "1.1.0");

    private static final Map<String, String> NODE =
            Map.of(
                    "path", "0.3.0",
                    "hostPath", "0.5.0",
                    "type", "0.3.0",
                    "major", "0.3.0",
                    "minor", "0.3.0",
                    "fileMode", "0.3.0",
                    "permissions", "0.3.0",
                    "uid", "0.3.0",
                    "gid", "0.3.0");

    private static final Map<String, String> MOUNT =
            Map.of(
                    "hostPath", "0.3.0",
                    "containerPath", "0.3.0",
                    "options", "0.3.0",
                    "type", "0.4.0");

    private static final Map<String, String> HOOK =
            Map.of(
                    "hookName", "0.3.0",
                    "path", "0.3.0",
                    "args", "0.3.0",
                    "env", "0.3.0",
                    "timeout", "0.3.0");

    private static final Pattern KIND =
            Pattern.compile("[A-Za-z][\\w.-]*[A-Za-z0-9]/[A-Za-z]([\\w.-]*[A-Za-z0-9])?");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([\\w.:-]*[A-Za-z0-9])?");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_]\\w*=[^\\p{Cntrl}]*");

    /// The rules need four levels; parsers call themselves for each.
    private static final int DEPTH = 16;

    private static final int SHOWN = 60;

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private CdiReader() {}

    static CdiSpecification read(String path, String text) {
        Object root = path.endsWith(".json") ? json(text) : yaml(text);
        return specification(Table.of(root, "the file"));
    }

    private static @Nullable Object json(String text) {
        try {
            return JSON.readValue(text, Object.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("no JSON: " + firstLine(e.getOriginalMessage()), e);
        }
    }

    private static @Nullable Object yaml(String text) {
        LoadSettings settings = LoadSettings.builder().build();
        try {
            int depth = 0;
            for (Event event : new Parse(settings).parseString(text)) {
                depth += event instanceof CollectionStartEvent ? 1 : 0;
                depth -= event instanceof CollectionEndEvent ? 1 : 0;
                if (depth > DEPTH) {
                    throw new IllegalArgumentException("it is nested too deeply");
                }
            }
            return new Load(settings).loadFromString(text);
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException("no YAML: " + firstLine(e.getMessage()), e);
        }
    }

    private static String shown(String text) {
        return text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
    }

    private static String firstLine(@Nullable String message) {
        return String.valueOf(message).lines().findFirst().orElse("");
    }

    private static CdiSpecification specification(Table table) {
        String version = table.text("cdiVersion");
        if (!VERSIONS.contains(version)) {
            throw new IllegalArgumentException("cdiVersion " + shown(version) + " is unknown");
        }
        Rules rules = new Rules(Version.parse(version));
        rules.check(table, SPECIFICATION);
        String kind = table.text("kind");
        if (!KIND.matcher(kind).matches()) {
            throw new IllegalArgumentException("kind is no VENDOR/CLASS: " + shown(kind));
        }
        List<CdiSpecification.Device> devices = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Table device : table.tables("devices")) {
            rules.check(device, DEVICE);
            String name = device.text("name");
            if (!NAME.matcher(name).matches() || !names.add(name)) {
                throw new IllegalArgumentException(
                        device.where + " has a name that is invalid or taken: " + shown(name));
            }
            devices.add(
                    new CdiSpecification.Device(name, rules.edits(device.table("containerEdits"))));
        }
        if (devices.isEmpty()) {
            throw new IllegalArgumentException("it has no devices");
        }
        return new CdiSpecification(
                version,
                kind,
                devices,
                table.has("containerEdits")
                        ? rules.edits(table.table("containerEdits"))
                        : new CdiSpecification.Edits(List.of(), List.of(), List.of(), List.of()));
    }

    /// What a version of the rules allows.
    private record Rules(Version version) {

        void check(Table table, Map<String, String> fields) {
            for (Object field : table.values.keySet()) {
                String since = fields.get(String.valueOf(field));
                if (since == null) {
                    throw new IllegalArgumentException(
                            table.where
                                    + " has the field "
                                    + shown(String.valueOf(field))
                                    + ", which the Container Device Interface does not know");
                }
                if (!version.isAtLeast(Version.parse(since))) {
                    throw new IllegalArgumentException(
                            table.where
                                    + " has the field "
                                    + field
                                    + ", which came with cdiVersion "
                                    + since
                                    + ", not "
                                    + version);
                }
            }
        }

        CdiSpecification.Edits edits(Table table) {
            check(table, EDITS);
            List<String> environment = table.texts("env");
            for (String variable : environment) {
                if (!VARIABLE.matcher(variable).matches()) {
                    throw new IllegalArgumentException(
                            table.where + " has no NAME=VALUE: " + shown(variable));
                }
            }
            List<CdiSpecification.Node> nodes = new ArrayList<>();
            for (Table node : table.tables("deviceNodes")) {
                check(node, NODE);
                String path = node.path("path");
                nodes.add(
                        new CdiSpecification.Node(
                                path, node.has("hostPath") ? node.path("hostPath") : path));
            }
            List<CdiSpecification.Mount> mounts = new ArrayList<>();
            for (Table mount : table.tables("mounts")) {
                check(mount, MOUNT);
                mounts.add(
                        new CdiSpecification.Mount(
                                mount.path("hostPath"), mount.path("containerPath")));
            }
            List<CdiSpecification.Hook> hooks = new ArrayList<>();
            for (Table hook : table.tables("hooks")) {
                check(hook, HOOK);
                hooks.add(new CdiSpecification.Hook(hook.path("path"), hook.texts("args")));
            }
            return new CdiSpecification.Edits(environment, nodes, mounts, hooks);
        }
    }

    /// A mapping of the file, and where it stands.
    private record Table(Map<?, ?> values, String where) {

        static Table of(@Nullable Object value, String where) {
            if (value instanceof Map<?, ?> values) {
                return new Table(values, where);
            }
            throw new IllegalArgumentException(where + " must be a mapping");
        }

        boolean has(String field) {
            return values.get(field) != null;
        }

        Table table(String field) {
            return of(values.get(field), field + " of " + where);
        }

        String text(String field) {
            if (values.get(field) instanceof String text) {
                return text;
            }
            throw new IllegalArgumentException(field + " of " + where + " must be a text");
        }

        /// An absolute path that leads nowhere else than it says.
        String path(String field) {
            String path = text(field);
            boolean odd =
                    !path.startsWith("/")
                            || (path + "/").contains("/../")
                            || path.chars().anyMatch(Character::isISOControl);
            if (odd) {
                throw new IllegalArgumentException(
                        field + " of " + where + " is no absolute path: " + shown(path));
            }
            return path;
        }

        List<String> texts(String field) {
            List<String> texts = new ArrayList<>();
            for (Object value : list(field)) {
                if (!(value instanceof String text)) {
                    throw new IllegalArgumentException(
                            field + " of " + where + " must be a list of texts");
                }
                texts.add(text);
            }
            return texts;
        }

        List<Table> tables(String field) {
            List<Table> tables = new ArrayList<>();
            for (Object value : list(field)) {
                tables.add(of(value, field + "[" + tables.size() + "] of " + where));
            }
            return tables;
        }

        private List<?> list(String field) {
            Object value = values.get(field);
            if (value == null) {
                return List.of();
            }
            if (value instanceof List<?> list && list.stream().allMatch(Objects::nonNull)) {
                return list;
            }
            throw new IllegalArgumentException(field + " of " + where + " must be a list");
        }
    }
}
