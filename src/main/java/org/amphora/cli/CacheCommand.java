// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.amphora.image.Reference;
import org.amphora.image.store.Cache;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(name = "cache", description = "Show, fill and clean the cache of converted images.")
final class CacheCommand {

    @Spec private CommandSpec spec;
    @ParentCommand private Commands parent;

    @Command(name = "list", description = "List what is kept.")
    void list(
            @Option(
                            names = {"-j", "--json"},
                            description = "As JSON.")
                    boolean json) {
        List<Cache.Entry> entries =
                Cache.of(System.getenv()).list().stream()
                        .sorted(Comparator.comparing(Cache.Entry::lastUsed))
                        .toList();
        if (json) {
            out().println(JsonText.of(entries.stream().map(CacheCommand::row).toList()));
        } else {
            entries.forEach(entry -> out().println(line(entry)));
            long total = entries.stream().mapToLong(Cache.Entry::sizeInBytes).sum();
            out().printf("%d entries, %s%n", entries.size(), TerminalProgress.bytes(total));
        }
        out().flush();
    }

    @Command(name = "clean", description = "Remove what was not used for a while.")
    void clean(
            @Option(
                            names = {"-D", "--days"},
                            defaultValue = "0",
                            description = "Only what was not used for so many days.")
                    int days,
            @Option(
                            names = {"-T", "--type"},
                            split = ",",
                            description = "Only these: ${COMPLETION-CANDIDATES}.")
                    List<Cache.Kind> kinds,
            @Option(
                            names = {"-f", "--force"},
                            description = "Accepted; there is no question asked.")
                    boolean force) {
        Set<Cache.Kind> wanted =
                kinds == null ? EnumSet.allOf(Cache.Kind.class) : EnumSet.copyOf(kinds);
        List<Cache.Entry> removed = Cache.of(System.getenv()).clean(wanted, Duration.ofDays(days));
        long total = removed.stream().mapToLong(Cache.Entry::sizeInBytes).sum();
        parent.terminal()
                .info(removed.size() + " entries removed, " + TerminalProgress.bytes(total));
    }

    @Command(name = "add", description = "Convert an image into the cache and print its path.")
    void add(
            @Mixin Fetching fetching,
            @Parameters(paramLabel = "REFERENCE", description = "docker://… and others.")
                    String reference) {
        Path image =
                fetching.store(parent.terminal())
                        .sif(Reference.parse(reference), fetching.options());
        out().println(image);
        out().flush();
    }

    @Command(name = "unpack", description = "Unpack an image into the cache and print its path.")
    void unpack(
            @Mixin Fetching fetching,
            @Parameters(paramLabel = "IMAGE", description = "A SIF or SquashFS file.") Path image) {
        out().println(fetching.store(parent.terminal()).tree(image));
        out().flush();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private static java.util.SequencedMap<String, Object> row(Cache.Entry entry) {
        var row = new java.util.LinkedHashMap<String, Object>();
        row.put("type", entry.kind().toString());
        row.put("digest", entry.digest().toString());
        row.put("size", entry.sizeInBytes());
        row.put("lastUsed", entry.lastUsed().toString());
        row.put("path", entry.path().toString());
        return row;
    }

    private static String line(Cache.Entry entry) {
        return String.format(
                "%-6s %s %8s  %s",
                entry.kind(),
                entry.digest().shortHex(),
                TerminalProgress.bytes(entry.sizeInBytes()),
                entry.lastUsed().truncatedTo(java.time.temporal.ChronoUnit.SECONDS));
    }
}
