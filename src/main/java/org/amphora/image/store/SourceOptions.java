// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.amphora.image.Platform;

/// How sources are opened.
///
/// @param noHttps plain HTTP for registries
/// @param authFile where the credentials for registries are, in the form of Docker's `config.json`
/// @param platform which image of an index is wanted
/// @param environment where caches, proxies, credentials and temporary directories are looked up
public record SourceOptions(
        boolean noHttps,
        Optional<Path> authFile,
        Platform platform,
        Map<String, String> environment) {

    public SourceOptions {
        environment = Map.copyOf(environment);
    }

    /// HTTPS, this machine's platform.
    public static SourceOptions of(Map<String, String> environment) {
        return new SourceOptions(false, Optional.empty(), Platform.current(), environment);
    }

    public SourceOptions withNoHttps(boolean plain) {
        return new SourceOptions(plain, authFile, platform, environment);
    }

    public SourceOptions withAuthFile(Optional<Path> file) {
        return new SourceOptions(noHttps, file, platform, environment);
    }

    public SourceOptions withPlatform(Platform wanted) {
        return new SourceOptions(noHttps, authFile, wanted, environment);
    }
}
