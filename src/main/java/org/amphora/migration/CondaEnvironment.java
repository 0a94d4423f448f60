// SPDX-License-Identifier: Apache-2.0
package org.amphora.migration;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.amphora.catalog.VersionId;
import org.amphora.yaml.Finding;
import org.amphora.yaml.YamlMap;

/// A conda environment file becomes a version with a recipe that installs it.
final class CondaEnvironment {
    private static final String RECIPE =
            """
            Bootstrap: docker
            From: docker.io/mambaorg/micromamba:2.0.5

            %files
                environment.yml /opt/environment.yml

            %post
                export MAMBA_ROOT_PREFIX=/opt/conda
                micromamba install --yes --name base --file /opt/environment.yml
                micromamba clean --all --yes

            %environment
                export PATH=/opt/conda/bin:$PATH
            """;

    private static final Set<String> KEYS =
            Set.of("name", "channels", "dependencies", "variables", "prefix");

    private final Optional<VersionId> name;
    private final Findings found;

    CondaEnvironment(Optional<VersionId> name, Findings found) {
        this.name = name;
        this.found = found;
    }

    static boolean isEnvironment(String file) {
        return file.equals("environment.yml") || file.equals("environment.yaml");
    }

    void read(List<Path> files) {
        for (Path file : files) {
            String called = String.valueOf(file.getFileName());
            if (isEnvironment(called) || files.size() == 1) {
                read(file, called);
            }
        }
    }

    private void read(Path file, String called) {
        String text = Findings.text(file);
        List<Finding> mistakes = new ArrayList<>();
        YamlMap yaml = YamlMap.parse(called, text, mistakes);
        List<String> packages = yaml.scalars("dependencies");
        if (packages.isEmpty()) {
            yaml.note("dependencies", "it asks for no packages");
        }
        if (!mistakes.isEmpty()) {
            found.quarantine(called, text, called, mistakes.getFirst().toString());
            return;
        }
        Optional<VersionId> id = name.or(() -> id(yaml, packages));
        if (id.isEmpty()) {
            found.quarantine(
                    called, text, called, "its name is none for an application; --as NAME/VERSION");
            return;
        }
        Draft draft = new Draft(called, id.get());
        draft.describe("The conda environment " + id.get().app(), "");
        draft.environment(yaml.map("variables").texts());
        draft.recipe(
                id.get().app() + ".def",
                Map.of(id.get().app() + ".def", RECIPE, "environment.yml", text));
        List<String> open = packages.stream().filter(spec -> !spec.contains("=")).toList();
        if (!open.isEmpty()) {
            draft.note("not pinned, so that another build may differ: " + String.join(", ", open));
        }
        yaml.keys().stream()
                .filter(key -> !KEYS.contains(key))
                .forEach(key -> draft.note(key + " is not used"));
        draft.note("name its commands when it is built: amphora commands IMAGE");
        found.take(draft);
    }

    /// The version of the package that has the environment's name, else 1.0.
    private static Optional<VersionId> id(YamlMap yaml, List<String> packages) {
        String app = yaml.text("name").orElse("");
        String version =
                packages.stream()
                        .map(
                                spec ->
                                        spec.substring(
                                                spec.indexOf("::") < 0
                                                        ? 0
                                                        : spec.indexOf("::") + 2))
                        .map(spec -> spec.split("\\s*=+\\s*", -1))
                        .filter(parts -> parts.length > 1 && parts[0].equals(app))
                        .map(parts -> parts[1])
                        .findFirst()
                        .orElse("1.0");
        return VersionId.of(app, version);
    }
}
