// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.updates.Outdated;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "outdated",
        description = "Say which of the modules that are loaded here have a newer stable version.")
final class OutdatedCommand implements Runnable {

    @Spec private CommandSpec spec;
    @Mixin private SiteOption site;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Override
    public void run() {
        String loaded = System.getenv().getOrDefault("LOADEDMODULES", "");
        print(spec.commandLine().getOut(), Outdated.loaded(loaded, site.site().overview()), json);
    }

    static void print(PrintWriter out, List<Outdated> outdated, boolean json) {
        if (json) {
            out.println(JsonText.of(outdated.stream().map(OutdatedCommand::row).toList()));
        } else {
            outdated.forEach(
                    old ->
                            out.printf(
                                    "%-32s %-20s %s%n",
                                    old.id(),
                                    old.newest(),
                                    Plural.of(old.newer(), "newer version")));
        }
        out.flush();
    }

    private static Map<String, Object> row(Outdated old) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("app", old.id().app());
        row.put("version", old.id().version());
        row.put("newest", old.newest());
        row.put("newer", old.newer());
        return row;
    }
}
