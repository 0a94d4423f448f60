// SPDX-License-Identifier: Apache-2.0
package org.amphora.modulefile;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Channels;

/// What the module of one version says and does, in no tool's language.
///
/// @param directory with its commands
/// @param status what it is on the cluster
/// @param advice which version to use in its place
record Module(
        AppVersion app,
        String directory,
        Channels.Status status,
        Optional<Channels.Deprecation> deprecation,
        Optional<String> withdrawal,
        Optional<String> advice) {

    /// Command names of applications that bring many: `module help` stays readable.
    private static final int COMMANDS_AT_MOST = 40;

    static Module of(AppVersion app, String directory, Channels channels) {
        String version = app.id().version();
        return new Module(
                app,
                directory,
                channels.status(version),
                Optional.ofNullable(channels.deprecated().get(version)),
                Optional.ofNullable(channels.withdrawn().get(version)),
                channels.stable()
                        .filter(stable -> !stable.equals(version))
                        .map(stable -> "use " + app.id().app() + "/" + stable));
    }

    /// Whether listings leave it out.
    boolean isHidden() {
        return status == Channels.Status.NEW || status == Channels.Status.CANDIDATE;
    }

    String help() {
        List<String> lines = new ArrayList<>();
        AppVersion.About about = app.about();
        lines.add(app.id().app() + " " + app.id().version() + " - " + about.summary());
        lines.add("");
        lines.add("channel   " + status);
        lines.add("commands  " + commands());
        about.homepage().ifPresent(text -> lines.add("homepage  " + text));
        about.licence().ifPresent(text -> lines.add("licence   " + text));
        about.cite().ifPresent(text -> lines.add("cite      " + text));
        app.image().ifPresent(digest -> lines.add("image     " + digest));
        if (!app.runs().isEmpty()) {
            lines.add("only for  " + String.join(", ", app.runs()));
        }
        if (!app.maintainers().isEmpty()) {
            lines.add("contact   " + String.join(", ", app.maintainers()));
        }
        return String.join("\n", lines);
    }

    List<String> whatis() {
        List<String> lines = new ArrayList<>();
        AppVersion.About about = app.about();
        lines.add("Name: " + app.id().app());
        lines.add("Version: " + app.id().version());
        lines.add("Description: " + about.summary());
        about.homepage().ifPresent(text -> lines.add("URL: " + text));
        if (!about.keywords().isEmpty()) {
            lines.add("Keywords: " + String.join(", ", about.keywords()));
        }
        return lines;
    }

    /// What a user reads who loads a version that is deprecated.
    String warning() {
        String message = deprecation.map(Channels.Deprecation::message).orElse("");
        String until =
                deprecation
                        .flatMap(Channels.Deprecation::after)
                        .map(day -> " and refused from " + day + " on")
                        .orElse("");
        return app.id() + " is deprecated" + until + suffix(message);
    }

    /// What a user reads who loads a version that is past its last day.
    String expiry() {
        return app.id()
                + " is deprecated and no longer offered"
                + suffix(deprecation.map(Channels.Deprecation::message).orElse(""));
    }

    /// What a user reads who loads a version that is withdrawn.
    String refusal() {
        return app.id() + " is withdrawn" + suffix(withdrawal.orElse(""));
    }

    /// What a user reads who is in none of the groups.
    String exclusion() {
        String contact =
                app.maintainers().isEmpty()
                        ? "the administrators"
                        : String.join(", ", app.maintainers());
        return app.id()
                + " is only for members of "
                + String.join(", ", app.runs())
                + "; ask "
                + contact;
    }

    private String suffix(String message) {
        String text = message.isBlank() ? "" : ": " + message;
        return text + advice.map(use -> "; " + use).orElse("");
    }

    private String commands() {
        List<String> names = app.commands().stream().map(command -> command.name()).toList();
        return names.size() <= COMMANDS_AT_MOST
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, COMMANDS_AT_MOST))
                        + " and "
                        + (names.size() - COMMANDS_AT_MOST)
                        + " more";
    }
}
