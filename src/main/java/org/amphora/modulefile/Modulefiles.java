// SPDX-License-Identifier: Apache-2.0
package org.amphora.modulefile;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Channels;

/// The modulefiles of one application: one directory that Lmod and Environment Modules both read,
/// with two files for each version and two that say which is the default, which are hidden and
/// which are refused. Lmod takes `1.20.lua` before `1.20` and `.modulerc.lua` before what
/// `.modulerc` says; Environment Modules ignores files that do not begin with its cookie.
public final class Modulefiles {

    private Modulefiles() {}

    /// Texts by file name.
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
            files.put(version + ".lua", Lmod.modulefile(module));
            files.put(version, Tcl.modulefile(module));
        }
        files.put(".modulerc.lua", Lmod.versions(modules, channels));
        files.put(".modulerc", Tcl.versions(modules, channels));
        return files;
    }
}
