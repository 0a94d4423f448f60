// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.amphora.elf.Version;

/// The versions of installed packages, for libraries that do not tell their own: of Debian's
/// `dpkg` and Alpine's `apk`, whose databases are texts.
final class Packages {
    private final Map<String, String> versions = new HashMap<>();

    Packages(Survey survey) {
        survey.text("/var/lib/dpkg/status").ifPresent(text -> read(text, "Package: ", "Version: "));
        survey.text("/lib/apk/db/installed").ifPresent(text -> read(text, "P:", "V:"));
    }

    /// The version of the first package whose name begins so; without epoch and Debian revision.
    Optional<Version> version(String prefix) {
        return versions.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .map(entry -> entry.getValue().substring(entry.getValue().indexOf(':') + 1))
                .flatMap(text -> Version.leading(text).stream())
                .max(Version::compareTo);
    }

    private void read(String text, String nameWord, String versionWord) {
        String name = "";
        for (String line : text.lines().toList()) {
            if (line.startsWith(nameWord)) {
                name = line.substring(nameWord.length());
            } else if (line.startsWith(versionWord)) {
                versions.put(name, line.substring(versionWord.length()));
            }
        }
    }
}
