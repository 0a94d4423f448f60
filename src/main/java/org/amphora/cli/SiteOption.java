// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import org.amphora.catalog.Site;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Where the site is, for every command that works on it.
final class SiteOption {

    @Option(
            names = "--site",
            paramLabel = "DIR",
            description = "The site's directory; AMPHORA_SITE, else the one around this directory.")
    private @Nullable Path directory;

    Site site() {
        return directory == null
                ? Site.find(System.getenv(), Path.of(""))
                : Site.find(java.util.Map.of("AMPHORA_SITE", directory.toString()), Path.of(""));
    }
}
