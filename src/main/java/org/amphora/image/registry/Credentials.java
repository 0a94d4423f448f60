// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Finds the credentials for a registry where Docker, Podman and Apptainer keep them
/// (`containers-auth.json(5)`, docker `config.json`).
final class Credentials {

    private static final Duration HELPER_TIMEOUT = Duration.ofSeconds(30);

    private final RegistryOptions options;
    private final List<String> notes = new ArrayList<>();

    Credentials(RegistryOptions options) {
        this.options = options;
    }

    /// The credentials for a registry and repository, from the first place that has some.
    ///
    /// @throws Problem when the authentication file that was asked for cannot be read
    Optional<Login> find(String host, String repository) {
        if (options.authFile().isPresent()) {
            return inFile(options.authFile().get(), host, repository, true);
        }
        Optional<Login> login = inEnvironment();
        if (login.isPresent()) {
            return login;
        }
        for (Path file : files()) {
            login = inFile(file, host, repository, false);
            if (login.isPresent()) {
                return login;
            }
        }
        return Optional.empty();
    }

    /// What went wrong in places that were passed over, e.g. a missing helper; may be empty.
    List<String> notes() {
        return List.copyOf(notes);
    }

    private Optional<Login> inEnvironment() {
        for (String prefix : new String[] {"APPTAINER_", "SINGULARITY_", ""}) {
            String user = variable(prefix + "DOCKER_USERNAME");
            String password = variable(prefix + "DOCKER_PASSWORD");
            if (!user.isEmpty() && !password.isEmpty()) {
                return Optional.of(new Login(user, password, prefix + "DOCKER_USERNAME"));
            }
        }
        return Optional.empty();
    }

    private Set<Path> files() {
        Set<Path> files = new LinkedHashSet<>();
        String home = variable("HOME");
        if (!variable("DOCKER_CONFIG").isEmpty()) {
            files.add(Path.of(variable("DOCKER_CONFIG"), "config.json"));
        }
        if (!variable("REGISTRY_AUTH_FILE").isEmpty()) {
            files.add(Path.of(variable("REGISTRY_AUTH_FILE")));
        }
        if (!home.isEmpty()) {
            files.add(Path.of(home, ".apptainer", "docker-config.json"));
        }
        if (!variable("XDG_RUNTIME_DIR").isEmpty()) {
            files.add(Path.of(variable("XDG_RUNTIME_DIR"), "containers", "auth.json"));
        }
        if (!home.isEmpty()) {
            files.add(Path.of(home, ".docker", "config.json"));
            files.add(Path.of(home, ".singularity", "docker-config.json"));
        }
        return files;
    }

    private Optional<Login> inFile(
            Path file, String host, String repository, boolean mustBeReadable) {
        try {
            JsonNode config = json(Files.readAllBytes(file));
            return inConfig(config, file, host, repository);
        } catch (NoSuchFileException e) {
            if (mustBeReadable) {
                throw unreadable(file, "there is no such file", e);
            }
            return Optional.empty();
        } catch (IOException | JacksonException e) {
            if (mustBeReadable) {
                throw unreadable(file, String.valueOf(e.getMessage()), e);
            }
            notes.add(file + " cannot be read");
            return Optional.empty();
        }
    }

    private Optional<Login> inConfig(JsonNode config, Path file, String host, String repository) {
        for (String name : names(host, repository)) {
            String helper = config.path("credHelpers").path(name).asString("");
            if (!helper.isEmpty()) {
                return fromHelper(helper, name);
            }
            for (var entry : config.path("auths").properties()) {
                if (bare(entry.getKey()).equals(name)) {
                    Optional<Login> login = inEntry(entry.getValue(), file);
                    if (login.isPresent()) {
                        return login;
                    }
                }
            }
        }
        String store = config.path("credsStore").asString("");
        return store.isEmpty() ? Optional.empty() : fromHelper(store, key(host));
    }

    private Optional<Login> inEntry(JsonNode entry, Path file) {
        String token = entry.path("identitytoken").asString("");
        if (!token.isEmpty()) {
            return Optional.of(new Login("", token, file.toString()));
        }
        String auth = entry.path("auth").asString("");
        try {
            String pair =
                    new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            if (colon > 0) {
                String secret = pair.substring(colon + 1).replace("\0", "");
                return Optional.of(new Login(pair.substring(0, colon), secret, file.toString()));
            }
        } catch (IllegalArgumentException e) {
            notes.add("'auth' in " + file + " is not base64");
        }
        return Optional.empty();
    }

    private Optional<Login> fromHelper(String helper, String server) {
        String program = "docker-credential-" + helper;
        try {
            Command.Result result =
                    Command.of(program, "get")
                            .withInput(new Command.Input.Text(server))
                            .within(HELPER_TIMEOUT)
                            .run();
            if (!result.isSuccess()) {
                if (!result.output().contains("credentials not found")) {
                    notes.add(program + " ended with status " + result.status());
                }
                return Optional.empty();
            }
            JsonNode answer = json(result.output().getBytes(StandardCharsets.UTF_8));
            String user = answer.path("Username").asString("");
            String secret = answer.path("Secret").asString("");
            return secret.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Login(user.equals("<token>") ? "" : user, secret, program));
        } catch (Problem e) {
            notes.add(e.why());
        } catch (JacksonException e) {
            notes.add(program + " answered with something that is not JSON");
        }
        return Optional.empty();
    }

    /// Only who has credentials pays for the library.
    private static JsonNode json(byte[] text) {
        return JsonMapper.builder().build().readTree(text);
    }

    /// Under which names a registry may stand, the most particular first: containers-auth.json(5)
    /// knows `host/namespace`.
    private static List<String> names(String host, String repository) {
        List<String> names = new ArrayList<>();
        for (String path = repository; !path.isEmpty(); ) {
            names.add(host + "/" + path);
            int slash = path.lastIndexOf('/');
            path = slash < 0 ? "" : path.substring(0, slash);
        }
        names.add(host);
        if (host.equals("docker.io")) {
            names.add("index.docker.io");
            names.add("registry-1.docker.io");
        }
        return names;
    }

    private static String key(String host) {
        return host.equals("docker.io") ? "https://index.docker.io/v1/" : host;
    }

    /// Without the scheme and API version that old Docker versions wrote.
    private static String bare(String key) {
        String bare = key;
        for (String prefix : new String[] {"https://", "http://"}) {
            if (bare.startsWith(prefix)) {
                bare = bare.substring(prefix.length());
            }
        }
        for (String suffix : new String[] {"/", "/v1", "/v2"}) {
            if (bare.endsWith(suffix)) {
                bare = bare.substring(0, bare.length() - suffix.length());
            }
        }
        return bare;
    }

    private String variable(String name) {
        return options.environment().getOrDefault(name, "");
    }

    private static Problem unreadable(Path file, String why, Exception e) {
        return new Problem(
                "cannot read credentials from " + file, why, "check the path after --authfile", e);
    }
}
