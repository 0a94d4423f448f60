// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.amphora.image.store.Cache;
import org.amphora.sharing.Limits;
import org.amphora.sharing.Places;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "quota",
        description = "Show what you may take of what users share, and what is taken now.")
final class QuotaCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON; what is not limited has no limit there.")
    private boolean json;

    @Override
    public void run() {
        Limits limits = Limits.of(System.getenv());
        Places places = new Places(limits, note -> {});
        long cache =
                Cache.of(System.getenv()).list().stream().mapToLong(Cache.Entry::sizeInBytes).sum();
        Places.Count pulls = places.count(Places.Kind.PULL);
        Places.Count builds = places.count(Places.Kind.BUILD);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            SequencedMap<String, Object> all = new LinkedHashMap<>();
            all.put("cache", row(cache, limits.cacheBytes()));
            all.put("pulls", row(pulls, limits.pulls(), limits.allPulls()));
            all.put("builds", row(builds, limits.builds(), limits.allBuilds()));
            out.println(JsonText.of(all));
        } else {
            out.printf("%-8s %10s of %-10s%n", "cache", bytes(cache), bytes(limits.cacheBytes()));
            print(out, "pulls", pulls, limits.pulls(), limits.allPulls());
            print(out, "builds", builds, limits.builds(), limits.allBuilds());
        }
        out.flush();
    }

    private static void print(PrintWriter out, String name, Places.Count now, long own, long all) {
        out.printf(
                "%-8s %10d of %-10s everybody %d of %s, %d waiting%n",
                name, now.own(), number(own), now.holding(), number(all), now.waiting());
    }

    private static SequencedMap<String, Object> row(Places.Count now, long own, long all) {
        SequencedMap<String, Object> row = row(now.own(), own);
        SequencedMap<String, Object> everybody = row(now.holding(), all);
        everybody.put("waiting", now.waiting());
        row.put("everybody", everybody);
        return row;
    }

    private static SequencedMap<String, Object> row(long used, long limit) {
        SequencedMap<String, Object> row = new LinkedHashMap<>();
        row.put("used", used);
        if (limit != Limits.UNLIMITED) {
            row.put("limit", limit);
        }
        return row;
    }

    private static String bytes(long count) {
        return count == Limits.UNLIMITED ? "unlimited" : TerminalProgress.bytes(count);
    }

    private static String number(long count) {
        return count == Limits.UNLIMITED ? "unlimited" : Long.toString(count);
    }
}
