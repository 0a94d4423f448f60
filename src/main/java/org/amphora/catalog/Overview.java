// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What listings and searches need of a catalog: one entry for each application. It is kept beside
/// the repository, so that a search need not read thousands of files; of what is kept, a search
/// takes apart only the lines that have its words.
public final class Overview {
    private static final String HEADER = "amphora-overview 1";
    private static final int NO_HIT = 5;
    private static final int FIELDS = 9;

    private final String commit;

    /// A line for each entry, by name.
    private final List<String> lines;

    /// One application.
    ///
    /// @param identity of its directory in git
    /// @param versions in the order in which module tools sort them
    /// @param summary of the stable version, else of the newest, as keywords and commands
    public record Entry(
            String name,
            String identity,
            Optional<String> stable,
            Optional<String> candidate,
            List<String> versions,
            String summary,
            List<String> keywords,
            List<String> commands) {

        public Entry {
            versions = List.copyOf(versions);
            keywords = List.copyOf(keywords);
            commands = List.copyOf(commands);
        }

        static Entry of(Catalog catalog, String app, String identity) {
            AppVersion face = catalog.face(app);
            Channels channels = catalog.channels(app);
            return new Entry(
                    app,
                    identity,
                    channels.stable(),
                    channels.candidate(),
                    catalog.versions(app).stream().map(version -> version.id().version()).toList(),
                    face.about().summary(),
                    face.about().keywords(),
                    face.commands().stream().map(ExposedCommand::name).toList());
        }

        /// The reverse of {@link #text}.
        private static Entry parse(String line) {
            String[] fields = line.split("\t", -1);
            return new Entry(
                    fields[0],
                    fields[1],
                    Optional.of(fields[2]).filter(version -> !version.isEmpty()),
                    Optional.of(fields[3]).filter(version -> !version.isEmpty()),
                    items(fields[4], " "),
                    fields[5],
                    items(fields[6], "\u001f"),
                    items(fields[7], " "));
        }

        /// A line of fields that each end with a tab.
        private String text() {
            return String.join(
                    "\t",
                    name,
                    identity,
                    stable.orElse(""),
                    candidate.orElse(""),
                    String.join(" ", versions),
                    plain(summary),
                    plain(String.join("\u001f", keywords)),
                    String.join(" ", commands),
                    "");
        }

        /// 0 for the best, {@link #NO_HIT} for none.
        private int rank(String word) {
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.equals(word)) {
                return 0;
            } else if (lower.startsWith(word)) {
                return 1;
            } else if (lower.contains(word) || commands.stream().anyMatch(word::equalsIgnoreCase)) {
                return 2;
            } else if (keywords.stream().anyMatch(word::equalsIgnoreCase)) {
                return 3;
            }
            return summary.toLowerCase(Locale.ROOT).contains(word) ? 4 : NO_HIT;
        }
    }

    private Overview(String commit, List<String> lines) {
        this.commit = commit;
        this.lines = lines;
    }

    /// @param entries by name
    static Overview of(String commit, List<Entry> entries) {
        return new Overview(commit, entries.stream().map(Entry::text).toList());
    }

    /// What the entries were read from.
    String commit() {
        return commit;
    }

    /// All applications, by name.
    public List<Entry> entries() {
        return lines.stream().map(Entry::parse).toList();
    }

    /// Applications whose name, commands, keywords or summary contain all words, the best first: by
    /// name, then by command, then by what is said of them.
    public List<Entry> search(List<String> words) {
        record Hit(Entry entry, int rank) {}
        List<String> lower = words.stream().map(word -> word.toLowerCase(Locale.ROOT)).toList();
        List<Hit> hits = new ArrayList<>();
        for (String line : lines) {
            String all = line.toLowerCase(Locale.ROOT);
            if (!lower.stream().allMatch(all::contains)) {
                continue;
            }
            Entry entry = Entry.parse(line);
            int rank = lower.stream().mapToInt(entry::rank).max().orElse(NO_HIT);
            if (rank < NO_HIT) {
                hits.add(new Hit(entry, rank));
            }
        }
        hits.sort(Comparator.comparingInt(Hit::rank));
        return hits.stream().map(Hit::entry).toList();
    }

    /// The entry of an application; empty when there is none of that name.
    public Optional<Entry> entry(String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name + "\t"))
                .findFirst()
                .map(Entry::parse);
    }

    Map<String, Entry> byName() {
        Map<String, Entry> map = new TreeMap<>();
        entries().forEach(entry -> map.put(entry.name(), entry));
        return map;
    }

    /// As lines of fields between tabs; the reverse of {@link #parse}.
    String text() {
        StringBuilder text = new StringBuilder(HEADER + "\t" + commit + "\n");
        lines.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    /// The overview of a text; without entries, of no commit, when the text is damaged.
    static Overview parse(String text) {
        String[] lines = text.split("\n", -1);
        Overview nothing = new Overview("", List.of());
        if (!lines[0].startsWith(HEADER + "\t") || !lines[lines.length - 1].isEmpty()) {
            return nothing;
        }
        List<String> entries = List.of(lines).subList(1, lines.length - 1);
        return entries.stream().allMatch(Overview::isWhole)
                ? new Overview(lines[0].substring(HEADER.length() + 1), entries)
                : nothing;
    }

    private static boolean isWhole(String line) {
        int tabs = 0;
        for (int at = line.indexOf('\t'); at >= 0; at = line.indexOf('\t', at + 1)) {
            tabs++;
        }
        return tabs == FIELDS - 1;
    }

    private static List<String> items(String field, String separator) {
        return field.isEmpty() ? List.of() : List.of(field.split(separator));
    }

    private static String plain(String text) {
        return text.replace('\t', ' ').replace('\n', ' ');
    }
}
