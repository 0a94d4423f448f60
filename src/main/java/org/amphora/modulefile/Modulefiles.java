// SPDX-License-Identifier: Apache-2.0
package org.amphora.modulefile;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Channels;

/// The modulefiles of one application: a directory for each tool, with a file for each version and
/// one that says which is the default, which are hidden and which are refused. One directory could
/// serve both, but Lmod would interpret each `.modulerc`, and `module avail` took four times as
/// long.
public final class Modulefiles {

    /// The names of the tools' directories: Lmod, and Environment Modules.
    public static final List<String> TOOLS = List.of("lmod", "tcl");

    private Modulefiles() {}

    /// Texts by path below a directory that has one subdirectory for each of {@link #TOOLS}.
    ///
    /// @param versions of one application, those that a cluster has
    /// @param channels where its channels point there
    /// @param directory where the commands of a version lie
    public static SortedMap<String, String> of(
            List<AppVersion> versions, Channels channels, Function<AppVersion, String> directory) {
        List<Module> modules =
                versions.stream()
                        .map(app -> Module.of(app, directory.apply(app), channels))
                        .toList();
        SortedMap<String, String> files = new TreeMap<>();
        for (Module module : modules) {
            String version = module.app().id().version();
            files.put("lmod/" + version + ".lua", Lmod.modulefile(module));
            files.put("tcl/" + version, Tcl.modulefile(module));
        }
        files.put("lmod/.modulerc.lua", Lmod.versions(modules, channels));
        files.put("tcl/.modulerc", Tcl.versions(modules, channels));
        return files;
    }
}
