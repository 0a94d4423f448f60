// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.amphora.catalog.ChannelChanges;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;

/// A process of its own that deploys a site, or promotes a version of it first.
final class DeployProgram {
    private DeployProgram() {}

    /// @param arguments the site, the starter, and a version to promote if any
    public static void main(String[] arguments) {
        Site site = Site.at(Path.of(arguments[0]));
        if (arguments.length > 2) {
            new ChannelChanges(site).promote(VersionId.parse(arguments[2]), Optional.empty(), "");
        }
        Deployment.Setting setting =
                new Deployment.Setting(
                        Optional.empty(), Path.of(arguments[1]), new NoMaking(), Clock.systemUTC());
        try (Deployment deployment = Deployment.open(site, setting)) {
            var _ = deployment.apply();
        }
    }
}
