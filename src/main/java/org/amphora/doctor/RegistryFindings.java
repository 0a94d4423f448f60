// SPDX-License-Identifier: Apache-2.0
package org.amphora.doctor;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.amphora.image.registry.Registry;
import org.amphora.image.registry.RegistryOptions;
import org.amphora.problem.Problem;

/// Whether a registry answers.
final class RegistryFindings {

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private RegistryFindings() {}

    static Finding of(String registry, boolean noHttps, Map<String, String> environment) {
        RegistryOptions options =
                new RegistryOptions(
                        noHttps,
                        Optional.empty(),
                        environment,
                        PATIENCE,
                        PATIENCE,
                        Duration.ofMillis(1));
        // Neither of the two timeouts covers the resolver of names.
        return CompletableFuture.supplyAsync(
                        () -> ask(registry, options), Thread::startVirtualThread)
                .completeOnTimeout(
                        unreachable(registry, "no answer in time"),
                        3 * PATIENCE.toSeconds(),
                        TimeUnit.SECONDS)
                .join();
    }

    private static Finding ask(String registry, RegistryOptions options) {
        try {
            int status = Registry.status(registry, options);
            return status == 200 || status == 401
                    ? Finding.ok("registry", registry + " answers")
                    : Finding.bad(
                            "registry",
                            registry + " answers with HTTP status " + status,
                            "name the registry itself: HOST or HOST:PORT");
        } catch (Problem problem) {
            return Finding.bad("registry", problem.what() + ": " + problem.why(), problem.fix());
        } catch (IOException | CompletionException e) {
            return unreachable(registry, String.valueOf(e.getMessage()));
        }
    }

    private static Finding unreachable(String registry, String why) {
        return Finding.bad(
                "registry",
                registry + " cannot be reached: " + why,
                "look at name, network and proxy (https_proxy); --no-https for a plain registry");
    }
}
