// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.Lab;
import org.amphora.catalog.Site;
import org.amphora.process.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which commands leave a record when a site is around the working directory.
class SiteRecordsIT {

    @Test
    void beginsWithTheFirstCheckOrBuildInAFreshSite(@TempDir Path folder) throws Exception {
        Site site = Site.init(folder.resolve("site"));
        Path tree = folder.resolve("tree");
        Files.createDirectories(tree.resolve("bin"));
        amphora(site, "build", "x.sif", tree.toString());
        amphora(site, "check", "x.sif");
        assertThat(amphora(site, "audit", "show").lines().map(SiteRecordsIT::action))
                .containsExactly("build", "check");
    }

    private static String action(String line) {
        return line.strip().split(" +")[3];
    }

    private static String amphora(Site site, String... words) {
        List<String> line = new ArrayList<>(List.of(Lab.amphora().toString()));
        line.addAll(List.of(words));
        return Command.of(line).in(site.root()).run().output();
    }
}
