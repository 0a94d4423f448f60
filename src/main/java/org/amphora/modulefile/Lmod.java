// SPDX-License-Identifier: Apache-2.0
package org.amphora.modulefile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.catalog.Channels;
import org.amphora.catalog.ExposedCommand;

/// Modulefiles in Lua, for Lmod 8 and later.
final class Lmod {
    private Lmod() {}

    static String modulefile(Module module) {
        List<String> lines = new ArrayList<>();
        lines.add("-- Written by amphora deploy from the site's catalog; changes here are lost.");
        lines.add("help(" + longString(module.help()) + ")");
        module.whatis().forEach(line -> lines.add("whatis(" + string(line) + ")"));
        restrictions(module, lines);
        for (String other : module.app().conflicts()) {
            lines.add("conflict(" + string(other) + ")");
        }
        lines.add("prepend_path(\"PATH\", " + string(module.directory()) + ")");
        for (Map.Entry<String, String> variable : module.app().environment().entrySet()) {
            lines.add(
                    "setenv("
                            + string(variable.getKey())
                            + ", "
                            + string(variable.getValue())
                            + ")");
        }
        extensions(module, lines);
        return String.join("\n", lines) + "\n";
    }

    /// `.modulerc.lua` of one application.
    static String versions(List<Module> modules, Channels channels) {
        List<String> lines = new ArrayList<>();
        lines.add("-- Written by amphora deploy from the site's catalog; changes here are lost.");
        for (Module module : modules) {
            String name = string(module.app().id().toString());
            String version = module.app().id().version();
            if (channels.stable().filter(version::equals).isPresent()) {
                lines.add("module_version(" + name + ", \"default\")");
                lines.add("module_version(" + name + ", \"stable\")");
            }
            if (channels.candidate().filter(version::equals).isPresent()) {
                lines.add("module_version(" + name + ", \"candidate\")");
            }
            // Before 8.7.52 Lmod cannot forbid: the modulefile itself refuses.
            if (module.isHidden() || module.status() == Channels.Status.WITHDRAWN) {
                lines.add("hide_version(" + name + ")");
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private static void restrictions(Module module, List<String> lines) {
        if (module.withdrawal().isPresent()) {
            onLoad(lines, "", "LmodError(" + string(module.refusal()) + ")");
            return;
        }
        module.deprecation()
                .ifPresent(
                        how -> {
                            how.after()
                                    .ifPresent(
                                            day ->
                                                    onLoad(
                                                            lines,
                                                            " and os.date(\"%Y-%m-%d\") >= \""
                                                                    + day
                                                                    + "\"",
                                                            "LmodError("
                                                                    + string(module.expiry())
                                                                    + ")"));
                            onLoad(lines, "", "LmodMessage(" + string(module.warning()) + ")");
                        });
        if (!module.app().runs().isEmpty()) {
            String groups =
                    String.join(", ", module.app().runs().stream().map(Lmod::string).toList());
            onLoad(
                    lines,
                    " and not userInGroups(" + groups + ")",
                    "LmodError(" + string(module.exclusion()) + ")");
        }
    }

    private static void onLoad(List<String> lines, String condition, String action) {
        lines.add("if mode() == \"load\"" + condition + " then");
        lines.add("   " + action);
        lines.add("end");
    }

    /// `module spider COMMAND` then names the module.
    private static void extensions(Module module, List<String> lines) {
        List<String> others = new ArrayList<>();
        for (ExposedCommand command : module.app().commands()) {
            if (!command.name().equals(module.app().id().app())) {
                others.add(command.name() + "/" + module.app().id().version());
            }
        }
        if (!others.isEmpty()) {
            lines.add("extensions(" + string(String.join(",", others)) + ")");
        }
    }

    /// A Lua string between double quotes (Lua 5.1 manual, 2.1).
    static String string(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                default -> out.append(c < ' ' ? ' ' : c);
            }
        }
        return out.append('"').toString();
    }

    /// A Lua string between long brackets, of a level that the text does not close.
    private static String longString(String text) {
        String level = "=";
        while (text.contains("]" + level + "]") || text.endsWith("]" + level)) {
            level += "=";
        }
        return "[" + level + "[" + text.replace("\r", "") + "]" + level + "]";
    }
}
