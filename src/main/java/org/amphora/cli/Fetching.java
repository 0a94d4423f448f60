// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.amphora.image.Platform;
import org.amphora.image.store.ImageStore;
import org.amphora.image.store.SourceOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of every command that may fetch an image, and what they make.
final class Fetching {

    @Option(
            names = {"--no-https", "--nohttps"},
            description = "Talk to the registry without TLS.")
    boolean noHttps;

    @Option(
            names = "--authfile",
            paramLabel = "FILE",
            description = "Credentials, as Docker's config.json.")
    @Nullable Path authFile;

    @Option(
            names = "--arch",
            paramLabel = "ARCH",
            description = "The processor, as OCI names it (amd64, arm64).")
    @Nullable String architecture;

    @Option(names = "--docker-username", paramLabel = "USER", description = "Registry user name.")
    @Nullable String user;

    @Option(names = "--docker-password", paramLabel = "TEXT", description = "Registry password.")
    @Nullable String password;

    @Option(names = "--tmpdir", paramLabel = "DIR", description = "For temporary files.")
    @Nullable String temporary;

    @Option(
            names = "--disable-cache",
            description = "Use a cache of its own, which is removed at the end.")
    boolean withoutCache;

    /// The caller's environment with what these options change in it.
    Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(System.getenv());
        setIfGiven(environment, "DOCKER_USERNAME", user);
        setIfGiven(environment, "DOCKER_PASSWORD", password);
        setIfGiven(environment, "AMPHORA_TMPDIR", temporary);
        return environment;
    }

    SourceOptions options() {
        return SourceOptions.of(environment())
                .withNoHttps(noHttps || isSet("NO_HTTPS") || isSet("NOHTTPS"))
                .withAuthFile(Optional.ofNullable(authFile))
                .withPlatform(
                        architecture == null ? Platform.current() : Platform.linux(architecture));
    }

    ImageStore store(Terminal terminal) {
        return new ImageStore(environment(), terminal.progress(), terminal::info);
    }

    private static void setIfGiven(
            Map<String, String> environment, String name, @Nullable String value) {
        if (value != null) {
            environment.put(name, value);
        }
    }

    private static boolean isSet(String name) {
        for (String prefix : new String[] {"AMPHORA_", "APPTAINER_", "SINGULARITY_"}) {
            String value = System.getenv(prefix + name);
            if (value != null && (value.equals("1") || value.equalsIgnoreCase("true"))) {
                return true;
            }
        }
        return false;
    }
}
