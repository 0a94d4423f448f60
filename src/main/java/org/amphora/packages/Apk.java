// SPDX-License-Identifier: Apache-2.0
package org.amphora.packages;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.amphora.image.tree.ImageTree;

/// Alpine's records: the installed database, lines of a letter and a value (apk(5)), and
/// `/etc/apk/world`, what somebody asked for.
final class Apk {
    private Apk() {}

    static List<PackagedCommand> commands(ImageTree tree) {
        Set<String> world = new HashSet<>();
        for (String word : PackagedCommands.text(tree, "/etc/apk/world").split("\\s+")) {
            // name, name=1.2, name>1, name@repository
            world.add(word.split("[=<>~@]", 2)[0]);
        }
        // Part of every image.
        world.remove("alpine-baselayout");
        world.remove("busybox");
        List<PackagedCommand> commands = new ArrayList<>();
        String name = "";
        String version = "";
        String directory = "";
        for (String line : PackagedCommands.text(tree, "/lib/apk/db/installed").split("\n", -1)) {
            String value = line.length() > 2 ? line.substring(2) : "";
            switch (line.isEmpty() ? ' ' : line.charAt(0)) {
                case 'P' -> name = value;
                case 'V' -> version = value;
                case 'F' -> directory = "/" + value;
                case 'R' -> {
                    String path = directory + "/" + value;
                    PackagedCommand found =
                            new PackagedCommand(
                                    value, path, name, version, "apk", world.contains(name));
                    PackagedCommands.name(tree, path).ifPresent(command -> commands.add(found));
                }
                default -> {}
            }
        }
        return commands;
    }
}
