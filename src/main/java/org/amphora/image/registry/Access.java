// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.amphora.image.Reference;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Requests to one repository with what it takes to be let in: nothing, Basic, or a Bearer token of
/// the server that the registry names (distribution `docs/content/spec/auth/token.md` and
/// `oauth.md`). Thread-safe.
final class Access {

    private static final int LONGEST_TOKEN = 1 << 20;

    private final Http http;
    private final Reference.Registry reference;
    private final Credentials credentials;
    private final RegistryOptions options;
    private boolean hasLooked;
    private Optional<Login> login = Optional.empty();
    private volatile String authorization = "";

    Access(Http http, Reference.Registry reference, RegistryOptions options) {
        this.http = http;
        this.reference = reference;
        this.options = options;
        this.credentials = new Credentials(options);
    }

    /// Sends a GET; asks for a token, or a new one, when the registry wants it.
    ///
    /// @throws Problem when there is no answer, or the registry does not let us in
    Http.Response get(URI address, Map<String, String> headers) {
        String used = authorization;
        Http.Response response = http.get(address, with(headers, used));
        if (response.status() != 401) {
            return requireAllowed(response);
        }
        response.close();
        renew(response, used);
        return requireAllowed(http.get(address, with(headers, authorization)));
    }

    private static Map<String, String> with(Map<String, String> headers, String authorization) {
        if (authorization.isEmpty()) {
            return headers;
        }
        Map<String, String> all = new HashMap<>(headers);
        all.put("Authorization", authorization);
        return all;
    }

    /// Of several threads that were refused with the same token one gets the new one.
    private synchronized void renew(Http.Response refused, String used) {
        if (!used.equals(authorization)) {
            return;
        }
        for (String header : refused.headers("WWW-Authenticate")) {
            for (Challenge challenge : Challenge.parse(header)) {
                if (challenge.scheme().equals("bearer")) {
                    authorization = "Bearer " + token(challenge);
                    return;
                }
                if (challenge.scheme().equals("basic")) {
                    Login basic = login().orElseThrow(() -> refused(refused, 401));
                    if (basic.isIdentityToken() || basic.basic().equals(used)) {
                        throw refused(refused, 401);
                    }
                    authorization = basic.basic();
                    return;
                }
            }
        }
        throw refused(refused, 401);
    }

    private String token(Challenge challenge) {
        URI realm = realm(challenge);
        String service = challenge.parameters().getOrDefault("service", "");
        String scope =
                challenge
                        .parameters()
                        .getOrDefault("scope", "repository:" + reference.repository() + ":pull");
        Optional<Login> who = login();
        Http.Response response;
        if (who.isPresent() && who.get().isIdentityToken()) {
            String form =
                    "grant_type=refresh_token&client_id=amphora&service="
                            + encode(service)
                            + "&scope="
                            + encode(scope)
                            + "&refresh_token="
                            + encode(who.get().secret());
            response = http.post(realm, Map.of(), form);
        } else {
            String query =
                    (realm.getRawQuery() == null ? "?" : "&")
                            + (service.isEmpty() ? "" : "service=" + encode(service) + "&")
                            + "scope="
                            + encode(scope);
            Map<String, String> headers = new HashMap<>();
            who.ifPresent(l -> headers.put("Authorization", l.basic()));
            response = http.get(URI.create(realm + query), headers);
        }
        try (response) {
            if (response.status() / 100 != 2) {
                throw refused(response, response.status());
            }
            JsonNode answer = JsonMapper.builder().build().readTree(response.read(LONGEST_TOKEN));
            String token = answer.path("token").asString("");
            token = token.isEmpty() ? answer.path("access_token").asString("") : token;
            if (!token.isEmpty() && token.chars().allMatch(c -> c > ' ' && c < 127)) {
                return token;
            }
            throw noToken(realm, "its answer has no token", null);
        } catch (JacksonException e) {
            throw noToken(realm, "its answer is not JSON", e);
        } catch (IOException e) {
            throw noToken(realm, String.valueOf(e.getMessage()), e);
        }
    }

    private URI realm(Challenge challenge) {
        String text = challenge.parameters().getOrDefault("realm", "");
        URI realm;
        try {
            realm = URI.create(text);
        } catch (IllegalArgumentException e) {
            throw nonsense("its token server is '" + text + "'");
        }
        String scheme = realm.getScheme() == null ? "" : realm.getScheme();
        if (realm.getHost() == null || !scheme.equals("https") && !scheme.equals("http")) {
            throw nonsense("its token server is '" + text + "'");
        }
        if (scheme.equals("http") && !options.noHttps()) {
            throw nonsense(
                    "its token server "
                            + realm.getAuthority()
                            + " would get the credentials"
                            + " unencrypted");
        }
        return realm;
    }

    private synchronized Optional<Login> login() {
        if (!hasLooked) {
            hasLooked = true;
            login = credentials.find(reference.host(), reference.repository());
        }
        return login;
    }

    private Http.Response requireAllowed(Http.Response response) {
        if (response.status() == 401 || response.status() == 403) {
            // A store of blobs behind a redirect refuses for reasons of its own.
            throw refused(response, response.status());
        }
        return response;
    }

    private Problem refused(Http.Response response, int status) {
        String said = RegistryErrors.of(response);
        Optional<Login> who = login();
        String where = response.address().getAuthority();
        StringBuilder why = new StringBuilder(where + " answered " + status);
        why.append(said.isEmpty() ? "" : " (" + said + ")");
        why.append(
                who.map(l -> " to the credentials " + (l.isIdentityToken() ? "" : "of user ") + l)
                        .orElse(" and there are no credentials for " + reference.host()));
        for (String note : credentials.notes()) {
            why.append("; ").append(note);
        }
        String fix =
                who.isPresent()
                        ? "check user name, password and the right to read this repository"
                        : "check the name; for a private repository set DOCKER_USERNAME and"
                                + " DOCKER_PASSWORD or log in with docker, podman or apptainer";
        return new Problem(
                "registry " + reference.host() + " does not give " + reference,
                why.toString(),
                fix);
    }

    private Problem nonsense(String why) {
        return new Problem(
                "cannot log in to registry " + reference.host(),
                why,
                "ask who runs the registry, or add --no-https if it has plain HTTP on purpose");
    }

    private Problem noToken(URI realm, String why, @Nullable Exception e) {
        return new Problem(
                "cannot get a token for " + reference,
                "token server " + realm.getAuthority() + ": " + why,
                "try again later, or ask who runs the registry",
                e);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
