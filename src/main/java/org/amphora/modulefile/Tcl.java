// SPDX-License-Identifier: Apache-2.0
package org.amphora.modulefile;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.catalog.Channels;

/// Modulefiles in Tcl, for Environment Modules 4.6 and later.
final class Tcl {
    private static final String COOKIE = "#%Module";
    private static final String NOTE =
            "# Written by amphora deploy from the site's catalog; changes here are lost.";

    private Tcl() {}

    static String modulefile(Module module) {
        List<String> lines = new ArrayList<>(List.of(COOKIE, NOTE));
        lines.add("proc ModulesHelp { } {");
        lines.add("    puts stderr " + string(module.help()));
        lines.add("}");
        module.whatis().forEach(line -> lines.add("module-whatis " + string(line)));
        restrictions(module, lines);
        // Without it two versions would be loaded at once.
        lines.add("conflict " + string(module.app().id().app()));
        for (String other : module.app().conflicts()) {
            lines.add("conflict " + string(other));
        }
        lines.add("prepend-path PATH " + string(module.directory()));
        for (Map.Entry<String, String> variable : module.app().environment().entrySet()) {
            lines.add("setenv " + string(variable.getKey()) + " " + string(variable.getValue()));
        }
        return String.join("\n", lines) + "\n";
    }

    /// `.modulerc` of one application. Lmod, should somebody point it here, knows only a part of
    /// it.
    static String versions(List<Module> modules, Channels channels) {
        List<String> lines = new ArrayList<>(List.of(COOKIE, NOTE));
        lines.add("if {[info exists ModuleTool] && $ModuleTool eq {Modules}} {");
        for (Module module : modules) {
            versions(module, channels).forEach(line -> lines.add("    " + line));
        }
        lines.add("}");
        return String.join("\n", lines) + "\n";
    }

    private static List<String> versions(Module module, Channels channels) {
        List<String> lines = new ArrayList<>();
        String name = string(module.app().id().toString());
        String version = module.app().id().version();
        if (channels.stable().filter(version::equals).isPresent()) {
            lines.add("module-version " + name + " default stable");
        }
        if (channels.candidate().filter(version::equals).isPresent()) {
            lines.add("module-version " + name + " candidate");
        }
        if (module.isHidden() || module.withdrawal().isPresent()) {
            lines.add("module-hide " + name);
        }
        if (module.withdrawal().isPresent()) {
            lines.add("module-forbid --message " + string(module.refusal()) + " " + name);
        } else if (module.deprecation().isPresent()) {
            lines.add("module-tag deprecated " + name);
            module.deprecation()
                    .flatMap(Channels.Deprecation::after)
                    .ifPresent(day -> lines.add(forbidAfter(day, module)));
        }
        return lines;
    }

    private static String forbidAfter(LocalDate day, Module module) {
        return "module-forbid --after "
                + day
                + " --message "
                + string(module.expiry())
                + " "
                + string(module.app().id().toString());
    }

    private static void restrictions(Module module, List<String> lines) {
        if (module.deprecation().isPresent() && module.withdrawal().isEmpty()) {
            lines.add("if {[module-info mode load]} {");
            lines.add("    puts stderr " + string(module.warning()));
            lines.add("}");
        }
        if (!module.app().runs().isEmpty()) {
            List<String> tests =
                    module.app().runs().stream()
                            .map(group -> "![module-info usergroups " + string(group) + "]")
                            .toList();
            lines.add("if {[module-info mode load] && " + String.join(" && ", tests) + "} {");
            lines.add("    puts stderr " + string(module.exclusion()));
            lines.add("    break");
            lines.add("}");
        }
    }

    /// A Tcl word between double quotes (Tcl(n), rules 4 and 7 to 9).
    static String string(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\', '$', '[', ']', '{', '}' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                default -> out.append(c < ' ' ? ' ' : c);
            }
        }
        return out.append('"').toString();
    }
}
