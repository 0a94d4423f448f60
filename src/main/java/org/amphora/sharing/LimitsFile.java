// SPDX-License-Identifier: Apache-2.0
package org.amphora.sharing;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// Reads the site's limits. What is misspelt is an error, not a limit that nobody has.
final class LimitsFile {

    private static final Set<String> SECTIONS =
            Set.of("everyone", "groups", "users", "total", "places");
    private static final Set<String> KEYS = Set.of("cache", "pulls", "builds");

    private LimitsFile() {}

    /// Of the sections that name the user the nearest counts: the user's own, else the most
    /// generous of the groups, else everyone's.
    static Limits parse(
            Path file, String text, Supplier<String> user, Supplier<List<String>> groups) {
        Map<?, ?> sections = map(file, "the file", load(file, text));
        check(file, sections, SECTIONS);
        Map<?, ?> everyone = section(file, sections, "everyone");
        Map<?, ?> own = section(file, section(file, sections, "users", Set.of()), user.get(), KEYS);
        Map<?, ?> ofGroups = section(file, sections, "groups", Set.of());
        List<? extends Map<?, ?>> joined =
                groups.get().stream()
                        .filter(ofGroups::containsKey)
                        .map(group -> section(file, ofGroups, group, KEYS))
                        .toList();
        Map<?, ?> total = section(file, sections, "total");
        return new Limits(
                nearest(file, "cache", own, joined, everyone),
                nearest(file, "pulls", own, joined, everyone),
                nearest(file, "builds", own, joined, everyone),
                number(file, "pulls", total.get("pulls")),
                number(file, "builds", total.get("builds")),
                Path.of(Objects.toString(sections.get("places"), Limits.PLACES.toString())));
    }

    private static long nearest(
            Path file,
            String key,
            Map<?, ?> own,
            List<? extends Map<?, ?>> groups,
            Map<?, ?> everyone) {
        if (own.containsKey(key)) {
            return number(file, key, own.get(key));
        }
        return groups.stream()
                .filter(group -> group.containsKey(key))
                .mapToLong(group -> number(file, key, group.get(key)))
                .max()
                .orElseGet(() -> number(file, key, everyone.get(key)));
    }

    private static Object load(Path file, String text) {
        try {
            Object loaded =
                    new Load(LoadSettings.builder().setLabel(file.toString()).build())
                            .loadFromString(text);
            return loaded == null ? Map.of() : loaded;
        } catch (YamlEngineException e) {
            throw broken(file, String.valueOf(e.getMessage()).replace('\n', ' '));
        }
    }

    private static Map<?, ?> section(Path file, Map<?, ?> from, String name) {
        return section(file, from, name, KEYS);
    }

    /// @param keys that may stand in it; any when empty
    private static Map<?, ?> section(Path file, Map<?, ?> from, String name, Set<String> keys) {
        Object value = from.get(name);
        Map<?, ?> section = value == null ? Map.of() : map(file, name, value);
        if (!keys.isEmpty()) {
            check(file, section, keys);
        }
        return section;
    }

    private static Map<?, ?> map(Path file, String name, Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw broken(file, name + " is no mapping: " + value);
    }

    private static void check(Path file, Map<?, ?> section, Set<String> known) {
        for (Object key : section.keySet()) {
            if (!known.contains(Objects.toString(key))) {
                throw broken(file, "there is no key " + key);
            }
        }
    }

    /// A number, for bytes with `K`, `M`, `G` or `T`, or `unlimited`.
    private static long number(Path file, String key, @Nullable Object value) {
        String text = Objects.toString(value, "unlimited").toUpperCase(Locale.ROOT);
        if (text.equals("UNLIMITED")) {
            return Limits.UNLIMITED;
        }
        int unit = "KMGT".indexOf(text.charAt(text.length() - 1));
        try {
            long number = Long.parseLong(unit < 0 ? text : text.substring(0, text.length() - 1));
            if (number >= 0 && (unit < 0 || key.equals("cache"))) {
                return number << 10 * (unit + 1);
            }
        } catch (NumberFormatException e) {
            throw broken(file, key + " is no number: " + value);
        }
        throw broken(file, key + " is no number: " + value);
    }

    static Problem broken(Path file, String why) {
        return new Problem(
                "cannot read the site's limits",
                file + ": " + why,
                "docs/jobs.md, \"What users share\", shows what may stand there");
    }
}
