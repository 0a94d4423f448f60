// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// Credentials for one registry.
///
/// @param user empty when the secret is an identity token (a refresh token of OAuth 2)
/// @param source where they were found, for messages
record Login(String user, String secret, String source) {

    boolean isIdentityToken() {
        return user.isEmpty();
    }

    /// The value of an `Authorization` header.
    String basic() {
        byte[] pair = (user + ":" + secret).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }

    /// Without the secret.
    @Override
    public String toString() {
        return user + " of " + source;
    }
}
