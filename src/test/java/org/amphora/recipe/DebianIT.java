// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Installs Debian from the archive of this machine's apt: a minute each.
class DebianIT {

    @TempDir Path folder;

    /// cron's scripts make a group and change owners, which is where root without rights fails.
    @ParameterizedTest
    @ValueSource(strings = {"alice", "bob"})
    void installsPackagesAsAnOrdinaryUser(String name) throws IOException {
        Needs.program("mmdebstrap");
        Builder builder = new Builder(folder);
        String user = Builder.user(name);
        Needs.that(
                !AptSources.ofThisMachine().linesFor("trixie").isEmpty(),
                "debian",
                "apt of this machine knows no Debian archive");
        Path recipe =
                builder.write(
                        "cron.def",
                        """
                        Bootstrap: debootstrap
                        OSVersion: trixie
                        %post
                            export DEBIAN_FRONTEND=noninteractive
                            apt-get update -q
                            apt-get install -qy --no-install-recommends cron
                            dpkg --audit
                        %test
                            grep -q ^crontab: /etc/group && test -x /usr/bin/crontab
                        """);
        Path image = builder.home(user).resolve("cron.sif");

        Command.Result result = builder.build(user, recipe, image).run();

        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(image).exists();
    }
}
