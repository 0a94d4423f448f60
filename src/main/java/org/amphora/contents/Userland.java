// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.elf.Version;

/// What else of an image meets the node: users, locales, languages, mount points.
///
/// @param users numbers in `/etc/passwd`
/// @param nameServices the line `passwd:` of `/etc/nsswitch.conf` without its word
/// @param locales as `locale -a` names them: `C.utf8`, `fr_FR.utf8`
/// @param timeZones whether there is a `/usr/share/zoneinfo`
/// @param languages interpreters that load packages from the user's home
/// @param mountPoints of the usual places those that are directories in the image
/// @param shell `/bin/sh`, and what it is after links; empty when there is none
/// @param remoteShell whether there is an `ssh`
public record Userland(
        Set<Long> users,
        Optional<String> nameServices,
        Set<String> locales,
        boolean timeZones,
        List<Language> languages,
        Set<String> mountPoints,
        Optional<String> shell,
        boolean remoteShell) {

    public Userland {
        users = Ordered.copy(users);
        locales = Ordered.copy(locales);
        languages = List.copyOf(languages);
        mountPoints = Ordered.copy(mountPoints);
    }

    /// An interpreter.
    ///
    /// @param name `python`, `perl`, `r`, `julia`
    /// @param path of it
    /// @param homeDirectory where it looks below the home directory: `.local/lib/python3.11`
    public record Language(String name, String path, Version version, String homeDirectory) {}
}
