// SPDX-License-Identifier: Apache-2.0
package org.amphora.yaml;

import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/// A mapping of a YAML file that is read key by key. What does not fit is noted with its line and
/// read as absent, so that one pass finds all that is wrong.
///
/// Scalars are taken as they are written: `1.20` stays `1.20` and is no number.
public final class YamlMap {
    private static final int NEAR = 2;

    private final String file;
    private final List<Finding> findings;
    private final int line;
    private final SequencedMap<String, NodeTuple> entries = new LinkedHashMap<>();
    private final Set<String> known = new HashSet<>();

    private YamlMap(String file, MappingNode node, List<Finding> findings) {
        this.file = file;
        this.findings = findings;
        this.line = lineOf(node);
        for (NodeTuple entry : node.getValue()) {
            if (!(entry.getKeyNode() instanceof ScalarNode key)) {
                note(lineOf(entry.getKeyNode()), "a key must be a plain text");
            } else if (entries.putIfAbsent(key.getValue(), entry) != null) {
                note(lineOf(key), "the key " + key.getValue() + " stands here twice");
            } else if (entry.getValueNode().getAnchor().isPresent()) {
                note(
                        lineOf(key),
                        "anchors are not taken: write out what " + key.getValue() + " is");
            }
        }
    }

    /// Reads the mapping that a file consists of; an empty file is an empty mapping.
    public static YamlMap parse(String file, String text, List<Finding> findings) {
        MappingNode nothing =
                new MappingNode(
                        org.snakeyaml.engine.v2.nodes.Tag.MAP,
                        List.of(),
                        org.snakeyaml.engine.v2.common.FlowStyle.BLOCK);
        try {
            LoadSettings settings = LoadSettings.builder().setLabel(file).build();
            Node node = new Compose(settings).composeString(text).orElse(nothing);
            if (node instanceof MappingNode mapping) {
                return new YamlMap(file, mapping, findings);
            }
            if (!(node instanceof ScalarNode scalar) || !scalar.getValue().isEmpty()) {
                findings.add(new Finding(file, lineOf(node), "the file must be a mapping"));
            }
        } catch (MarkedYamlEngineException e) {
            int at = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
            findings.add(new Finding(file, at, "no YAML: " + e.getProblem()));
        } catch (YamlEngineException e) {
            findings.add(new Finding(file, 1, "no YAML: " + firstLine(e.getMessage())));
        }
        return new YamlMap(file, nothing, findings);
    }

    /// In the order of the file.
    public Set<String> keys() {
        return entries.sequencedKeySet();
    }

    /// Whether the key is there, whatever its value.
    public boolean has(String key) {
        return entries.containsKey(key);
    }

    /// The line of a key; that of the mapping when it is absent.
    public int line(String key) {
        NodeTuple entry = entries.get(key);
        return entry == null ? line : lineOf(entry.getKeyNode());
    }

    /// Notes something that is wrong about a key.
    public void note(String key, String message) {
        note(line(key), message);
    }

    /// A text; empty when it is absent or null.
    public Optional<String> text(String key) {
        Node node = value(key);
        if (node == null || isNull(node)) {
            return Optional.empty();
        }
        if (node instanceof ScalarNode scalar) {
            return Optional.of(scalar.getValue());
        }
        note(lineOf(node), key + " must be a text");
        return Optional.empty();
    }

    /// A text that must be there; what is missing is noted and read as empty.
    public String required(String key) {
        Optional<String> text = text(key).filter(value -> !value.isBlank());
        if (text.isEmpty()) {
            note(key, key + " is missing");
        }
        return text.orElse("");
    }

    public boolean flag(String key) {
        Optional<String> text = text(key);
        if (text.isPresent() && !text.get().equals("true") && !text.get().equals("false")) {
            note(key, key + " must be true or false, not " + text.get());
        }
        return text.filter("true"::equals).isPresent();
    }

    public Optional<LocalDate> date(String key) {
        return text(key)
                .flatMap(
                        text -> {
                            try {
                                return Optional.of(LocalDate.parse(text));
                            } catch (DateTimeParseException e) {
                                note(key, key + " must be a date as 2027-01-31, not " + text);
                                return Optional.empty();
                            }
                        });
    }

    public int number(String key, int otherwise) {
        return text(key)
                .map(
                        text -> {
                            try {
                                return Integer.parseUnsignedInt(text);
                            } catch (NumberFormatException e) {
                                note(key, key + " must be a whole number, not " + text);
                                return otherwise;
                            }
                        })
                .orElse(otherwise);
    }

    /// The texts of a sequence; a single text counts as a sequence of one.
    public List<String> list(String key) {
        List<String> list = new ArrayList<>();
        Node node = value(key);
        if (node instanceof SequenceNode sequence) {
            for (Node item : sequence.getValue()) {
                if (item instanceof ScalarNode scalar) {
                    list.add(scalar.getValue());
                } else {
                    note(lineOf(item), key + " must be a list of texts");
                }
            }
        } else if (node instanceof ScalarNode scalar && !isNull(node)) {
            list.add(scalar.getValue());
        } else if (node != null && !isNull(node)) {
            note(lineOf(node), key + " must be a list of texts");
        }
        return list;
    }

    /// The texts of a sequence; what else it has is left to {@link #maps}.
    public List<String> scalars(String key) {
        List<String> texts = new ArrayList<>();
        if (value(key) instanceof SequenceNode sequence) {
            for (Node item : sequence.getValue()) {
                if (item instanceof ScalarNode scalar) {
                    texts.add(scalar.getValue());
                }
            }
        }
        return texts;
    }

    /// The mappings of a sequence; what else it has is left to {@link #scalars}.
    public List<YamlMap> maps(String key) {
        List<YamlMap> maps = new ArrayList<>();
        if (value(key) instanceof SequenceNode sequence) {
            for (Node item : sequence.getValue()) {
                if (item instanceof MappingNode mapping) {
                    maps.add(new YamlMap(file, mapping, findings));
                }
            }
        }
        return maps;
    }

    /// A mapping below; an empty one when it is absent.
    public YamlMap map(String key) {
        Node node = value(key);
        if (node instanceof MappingNode mapping) {
            return new YamlMap(file, mapping, findings);
        }
        if (node != null && !isNull(node)) {
            note(lineOf(node), key + " must be a mapping");
        }
        return parse(file, "", findings);
    }

    public boolean isMap(String key) {
        NodeTuple entry = entries.get(key);
        return entry != null && entry.getValueNode() instanceof MappingNode;
    }

    public boolean isList(String key) {
        NodeTuple entry = entries.get(key);
        return entry != null && entry.getValueNode() instanceof SequenceNode;
    }

    /// All entries as texts.
    public SequencedMap<String, String> texts() {
        SequencedMap<String, String> texts = new LinkedHashMap<>();
        for (String key : keys()) {
            text(key).ifPresent(text -> texts.put(key, text));
        }
        return texts;
    }

    /// Notes the keys that nobody asked for.
    public void refuseOthers() {
        for (Map.Entry<String, NodeTuple> entry : entries.entrySet()) {
            String key = entry.getKey();
            if (!known.contains(key)) {
                String near =
                        known.stream()
                                .filter(other -> distance(key, other) <= NEAR)
                                .findFirst()
                                .map(other -> "; did you mean " + other + "?")
                                .orElse("");
                note(key, "there is no key " + key + near);
            }
        }
    }

    private @Nullable Node value(String key) {
        known.add(key);
        NodeTuple entry = entries.get(key);
        return entry == null ? null : entry.getValueNode();
    }

    private void note(int at, String message) {
        findings.add(new Finding(file, at, message));
    }

    private static boolean isNull(Node node) {
        return node instanceof ScalarNode scalar
                && scalar.isPlain()
                && (scalar.getValue().isEmpty() || scalar.getValue().equals("null"));
    }

    private static int lineOf(Node node) {
        return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "it cannot be read" : message.lines().findFirst().orElse("");
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
