// SPDX-License-Identifier: Apache-2.0
package org.amphora.migration;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.amphora.catalog.ExposedCommand;
import org.amphora.catalog.VersionId;
import org.amphora.yaml.Finding;
import org.amphora.yaml.YamlMap;
import org.jspecify.annotations.Nullable;

/// Entries of a registry of shpc 0.1.32, `container.yaml` (`shpc/main/schemas.py`). Their commands
/// are shell text there: those that need a shell are put aside, and so is what a template makes.
final class ShpcEntries {
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final Pattern PLAIN_COMMAND = Pattern.compile("[A-Za-z0-9_./=:,@%+ -]+");
    private static final List<String> TEMPLATES = List.of("singularity_scripts", "docker_scripts");
    private static final List<String> ALIAS_TEMPLATES =
            List.of("singularity_script", "docker_script");
    private static final List<String> ALIAS_OPTIONS =
            List.of("singularity_options", "docker_options");

    private final Path source;
    private final boolean allTags;
    private final Findings found;

    ShpcEntries(Path source, boolean allTags, Findings found) {
        this.source = source;
        this.allTags = allTags;
        this.found = found;
    }

    void read(List<Path> files) {
        files.stream()
                .filter(file -> file.endsWith("container.yaml"))
                .forEach(file -> new Entry(file).read());
    }

    /// One file.
    private final class Entry {
        private final Path file;
        private final String name;
        private final String text;
        private final List<Finding> mistakes = new ArrayList<>();

        Entry(Path file) {
            this.file = file;
            this.text = Findings.text(file);
            Path relative = source.relativize(file);
            this.name =
                    relative.getNameCount() > 1
                            ? relative.toString()
                            : parent() + "/container.yaml";
        }

        private String parent() {
            return String.valueOf(Optional.ofNullable(file.getParent()).orElse(file).getFileName());
        }

        void read() {
            YamlMap yaml = YamlMap.parse(name, text, mistakes);
            Map<String, String> tags = new TreeMap<>(yaml.map("tags").texts());
            Map<String, String> latest = yaml.map("latest").texts();
            Map<String, String> overrides = yaml.map("overrides").texts();
            for (String key :
                    List.of("maintainer", "filter", "test", "features", "env", "aliases")) {
                yaml.has(key);
            }
            Optional<String> reason = refusal(yaml);
            if (reason.isPresent()) {
                aside(name, reason.get());
                return;
            }
            Map<String, String> wanted = allTags || latest.isEmpty() ? tags : latest;
            wanted.forEach((tag, digest) -> version(yaml, tag, digest, overrides.get(tag)));
            if (wanted.size() < tags.size()) {
                found.leave(
                        name,
                        (tags.size() - wanted.size()) + " older tags; --all-tags takes them too");
            }
        }

        private Optional<String> refusal(YamlMap yaml) {
            for (String key : TEMPLATES) {
                if (yaml.has(key)) {
                    return Optional.of(key + " are templates that make scripts");
                }
            }
            if (yaml.has("gh") || yaml.has("path") || yaml.has("oras")) {
                return Optional.of(
                        "its image is no OCI image; fetch the SIF file and amphora app add it");
            }
            if (yaml.text("docker").isEmpty()) {
                mistakes.add(new Finding(name, 1, "docker: is missing"));
            }
            return mistakes.stream().findFirst().map(Finding::toString);
        }

        private void version(YamlMap yaml, String tag, String digest, @Nullable String override) {
            String subject = name + " " + tag;
            String app = parent();
            if (tag.equals("latest") || !VersionId.isVersion(tag)) {
                aside(subject, "the tag is no version");
                return;
            }
            if (!DIGEST.matcher(digest).matches()) {
                aside(subject, "the digest is none: " + shortened(digest));
                return;
            }
            if (!VersionId.isName(app)) {
                aside(subject, "\"" + app + "\" is no name for an application");
                return;
            }
            Draft draft = new Draft(subject, new VersionId(app, tag));
            draft.describe(yaml.text("description").orElse(app), yaml.text("url").orElse(""));
            draft.from("docker://" + yaml.text("docker").orElseThrow() + "@" + digest);
            fill(draft, yaml);
            if (override != null) {
                Path other = file.resolveSibling(override);
                if (!Files.isRegularFile(other) || !other.normalize().startsWith(source)) {
                    aside(subject, "the file of its overrides is missing: " + override);
                    return;
                }
                fill(draft, YamlMap.parse(override, Findings.text(other), mistakes));
            }
            if (draft.hasCommands()) {
                found.take(draft);
            } else {
                aside(subject, "no command is left that can be taken");
            }
        }

        private void fill(Draft draft, YamlMap yaml) {
            draft.environment(yaml.map("env").texts());
            if (yaml.map("features").text("gpu").filter("true"::equals).isPresent()) {
                draft.needsGpu();
            }
            if (yaml.isMap("aliases")) {
                yaml.map("aliases").texts().forEach((name, command) -> alias(draft, name, command));
            }
            for (YamlMap alias : yaml.maps("aliases")) {
                String called = alias.text("name").orElse("");
                if (ALIAS_TEMPLATES.stream().anyMatch(alias::has)) {
                    aside(draft.subject() + " " + called, "a template makes the script");
                } else if (ALIAS_OPTIONS.stream().anyMatch(alias::has)) {
                    aside(draft.subject() + " " + called, "it needs options of the runtime");
                } else {
                    alias(draft, called, alias.text("command").orElse(""));
                }
            }
        }

        private void alias(Draft draft, String called, String command) {
            String subject = draft.subject() + " " + called;
            if (!ExposedCommand.isName(called)) {
                aside(subject, "\"" + called + "\" is no name of a command");
            } else if (!PLAIN_COMMAND.matcher(command).matches()) {
                aside(subject, "it needs a shell: " + shortened(command));
            } else {
                draft.command(called, List.of(command.strip().split(" +")));
            }
        }

        private void aside(String subject, String reason) {
            found.quarantine(name, text, subject, reason);
        }

        private static String shortened(String text) {
            return text.length() > 60 ? text.substring(0, 60) + "…" : text;
        }
    }
}
