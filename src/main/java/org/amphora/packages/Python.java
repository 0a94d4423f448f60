// SPDX-License-Identifier: Apache-2.0
package org.amphora.packages;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.amphora.image.tree.ImageTree;

/// What pip and its kin record beside each distribution (PyPA specifications: entry points, RECORD,
/// and the REQUESTED file of PEP 376).
final class Python {
    private static final List<String> LIBRARIES =
            List.of("/usr/lib", "/usr/local/lib", "/opt/venv/lib", "/venv/lib", "/opt/conda/lib");

    private Python() {}

    static List<PackagedCommand> commands(ImageTree tree) {
        List<PackagedCommand> commands = new ArrayList<>();
        for (String library : LIBRARIES) {
            for (String python : tree.names(library)) {
                if (python.startsWith("python")) {
                    for (String kind : List.of("site-packages", "dist-packages")) {
                        String directory = library + "/" + python + "/" + kind;
                        for (String name : tree.names(directory)) {
                            if (name.endsWith(".dist-info")) {
                                add(tree, library, directory + "/" + name, commands);
                            }
                        }
                    }
                }
            }
        }
        return commands;
    }

    private static void add(
            ImageTree tree, String library, String record, List<PackagedCommand> commands) {
        String prefix = library.substring(0, library.lastIndexOf('/'));
        Set<String> bin = Set.of(prefix + "/bin");
        String metadata = PackagedCommands.text(tree, record + "/METADATA");
        boolean wanted = tree.find(record + "/REQUESTED").isPresent();
        for (String command : scripts(PackagedCommands.text(tree, record + "/entry_points.txt"))) {
            String path = prefix + "/bin/" + command;
            PackagedCommands.name(tree, path, bin)
                    .ifPresent(
                            found ->
                                    commands.add(
                                            new PackagedCommand(
                                                    found,
                                                    path,
                                                    field(metadata, "Name: "),
                                                    field(metadata, "Version: "),
                                                    "python",
                                                    wanted)));
        }
    }

    /// Names in the section `[console_scripts]`.
    static List<String> scripts(String entryPoints) {
        List<String> names = new ArrayList<>();
        boolean inside = false;
        for (String line : entryPoints.split("\n", -1)) {
            int equals = line.indexOf('=');
            if (line.startsWith("[")) {
                inside = line.strip().equals("[console_scripts]");
            } else if (inside && equals > 0) {
                names.add(line.substring(0, equals).strip());
            }
        }
        return names;
    }

    private static String field(String metadata, String name) {
        return metadata.lines()
                .takeWhile(line -> !line.isEmpty())
                .filter(line -> line.startsWith(name))
                .findFirst()
                .map(line -> line.substring(name.length()).strip())
                .orElse("");
    }
}
