// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.amphora.image.store.Inspection.Section;
import org.amphora.problem.Problem;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What `inspect` shows of an image (apptainer `pkg/inspect/inspect.go`). Texts have no line ends
/// at their end.
///
/// @param environment the scripts that image and user wrote, by path
/// @param labels empty when there is no label file
record InspectData(
        SortedMap<String, String> environment,
        Optional<SortedMap<String, String>> labels,
        Optional<String> runscript,
        Optional<String> test,
        Optional<String> helpfile,
        Optional<String> deffile,
        Optional<String> startscript) {

    private static final String BASE = ".singularity.d/";
    private static final String SCRIPTS = BASE + "env";
    private static final int MAXIMUM_TEXT = 16 << 20;

    static InspectData of(TextTree tree) {
        SortedMap<String, String> environment = new TreeMap<>();
        for (String name : tree.names(SCRIPTS)) {
            if (isOfImage(name)) {
                text(tree, "env/" + name)
                        .ifPresent(text -> environment.put("/" + SCRIPTS + "/" + name, text));
            }
        }
        return new InspectData(
                environment,
                text(tree, "labels.json").map(Labels::parse),
                text(tree, "runscript"),
                text(tree, "test"),
                text(tree, "runscript.help"),
                text(tree, "Singularity"),
                text(tree, "startscript"));
    }

    /// The reverse of `compactJson`.
    static InspectData parse(String json) {
        JsonNode attributes;
        try {
            attributes = new JsonMapper().readTree(json).path("data").path("attributes");
        } catch (JacksonException e) {
            throw new Problem(
                    "cannot inspect the image",
                    "its inspect-metadata.json is no JSON: " + e.getOriginalMessage(),
                    "build the image again",
                    e);
        }
        SortedMap<String, String> environment = new TreeMap<>();
        for (var script : attributes.path("environment").properties()) {
            environment.put(script.getKey(), script.getValue().asString(""));
        }
        return new InspectData(
                environment,
                Optional.of(Labels.parse(attributes.path("labels").toString())),
                attribute(attributes, "runscript"),
                attribute(attributes, "test"),
                attribute(attributes, "helpfile"),
                attribute(attributes, "deffile"),
                attribute(attributes, "startscript"));
    }

    /// The text that people see: the sections in Apptainer's order, each with a line end.
    String text(Set<Section> sections) {
        StringBuilder out = new StringBuilder();
        if (sections.contains(Section.DEFINITION)) {
            deffile.ifPresent(text -> out.append(text).append('\n'));
        }
        if (sections.contains(Section.RUNSCRIPT)) {
            runscript.ifPresent(text -> out.append(text).append('\n'));
        }
        if (sections.contains(Section.STARTSCRIPT)) {
            startscript.ifPresent(text -> out.append(text).append('\n'));
        }
        if (sections.contains(Section.TEST)) {
            test.ifPresent(text -> out.append(text).append('\n'));
        }
        if (sections.contains(Section.HELP)) {
            helpfile.ifPresent(text -> out.append(text).append('\n'));
        }
        if (sections.contains(Section.ENVIRONMENT)) {
            environment.forEach(
                    (path, text) ->
                            out.append("=== ")
                                    .append(path)
                                    .append(" ===\n")
                                    .append(text)
                                    .append("\n\n"));
        }
        if (sections.contains(Section.LABELS)) {
            labels.ifPresent(
                    map ->
                            map.forEach(
                                    (key, value) ->
                                            out.append(key)
                                                    .append(": ")
                                                    .append(value)
                                                    .append('\n')));
        }
        return out.toString();
    }

    String indentedJson(Set<Section> sections) {
        return GoJson.indented(json(sections)) + "\n";
    }

    String compactJson() {
        return GoJson.compact(json(Set.of(Section.values())));
    }

    private Map<String, Object> json(Set<Section> sections) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        if (sections.contains(Section.ENVIRONMENT) && !environment.isEmpty()) {
            attributes.put("environment", environment);
        }
        if (sections.contains(Section.LABELS)) {
            labels.filter(map -> !map.isEmpty()).ifPresent(map -> attributes.put("labels", map));
        }
        put(attributes, "runscript", runscript, sections.contains(Section.RUNSCRIPT));
        put(attributes, "test", test, sections.contains(Section.TEST));
        put(attributes, "helpfile", helpfile, sections.contains(Section.HELP));
        put(attributes, "deffile", deffile, sections.contains(Section.DEFINITION));
        put(attributes, "startscript", startscript, sections.contains(Section.STARTSCRIPT));
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("data", Map.of("attributes", attributes));
        root.put("type", "container");
        return root;
    }

    private static Optional<String> attribute(JsonNode attributes, String name) {
        return attributes.path(name).isString()
                ? Optional.of(attributes.path(name).stringValue())
                : Optional.empty();
    }

    private static void put(
            Map<String, Object> attributes, String key, Optional<String> text, boolean wanted) {
        if (wanted) {
            text.filter(t -> !t.isEmpty()).ifPresent(t -> attributes.put(key, t));
        }
    }

    /// Not the base scripts that every image has.
    private static boolean isOfImage(String name) {
        return name.startsWith("10-docker") && name.endsWith(".sh")
                || name.startsWith("9") && name.endsWith("-environment.sh");
    }

    private static Optional<String> text(TextTree tree, String name) {
        return tree.text(BASE + name, MAXIMUM_TEXT).map(InspectData::withoutFinalLineEnds);
    }

    private static String withoutFinalLineEnds(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == '\n') {
            end--;
        }
        return text.substring(0, end);
    }
}
