// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// How to talk to registries.
///
/// @param noHttps plain HTTP, for registries on the local network
/// @param authFile credentials in the form of Docker's `config.json`; goes before the usual places
/// @param environment where proxies, credentials and home are looked up
/// @param connectTimeout for one connection
/// @param readTimeout for silence in the middle of an answer
/// @param retryPause before the first repetition; doubled each time
public record RegistryOptions(
        boolean noHttps,
        Optional<Path> authFile,
        Map<String, String> environment,
        Duration connectTimeout,
        Duration readTimeout,
        Duration retryPause) {

    /// HTTPS, patient with slow registries.
    public static RegistryOptions of(Map<String, String> environment) {
        return new RegistryOptions(
                false,
                Optional.empty(),
                environment,
                Duration.ofSeconds(20),
                Duration.ofSeconds(60),
                Duration.ofMillis(500));
    }

    public RegistryOptions withNoHttps(boolean plain) {
        return new RegistryOptions(
                plain, authFile, environment, connectTimeout, readTimeout, retryPause);
    }

    public RegistryOptions withAuthFile(Optional<Path> file) {
        return new RegistryOptions(
                noHttps, file, environment, connectTimeout, readTimeout, retryPause);
    }
}
