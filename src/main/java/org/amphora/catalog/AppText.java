// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The text of an `app.yaml`: what {@link SiteReader} reads back as the same version.
final class AppText {

    private final List<String> lines = new ArrayList<>();

    private AppText() {}

    static String of(AppVersion app) {
        AppText text = new AppText();
        text.lines.add("# yaml-language-server: $schema=../../../app.schema.json");
        text.write(app);
        return String.join("\n", text.lines) + "\n";
    }

    private void write(AppVersion app) {
        AppVersion.About about = app.about();
        text("summary", Optional.of(about.summary()));
        text("homepage", about.homepage());
        text("licence", about.licence());
        text("cite", about.cite());
        list("keywords", about.keywords());
        list("maintainers", app.maintainers());
        if (app.image().isPresent() || app.from().isPresent()) {
            lines.add("image:");
            app.image().ifPresent(digest -> lines.add("  digest: " + digest));
            app.from().ifPresent(from -> lines.add("  from: " + quoted(from)));
        }
        text("recipe", app.recipe());
        if (!app.commands().isEmpty()) {
            lines.add("commands:");
            app.commands().forEach(c -> lines.add("  " + quoted(c.name()) + ": " + flow(c.argv())));
        }
        map("environment", app.environment());
        map("resources", app.needs().resources());
        flag("gpu", app.needs().gpu());
        flag("mpi", app.needs().mpi());
        list("tests", app.tests());
        list("clusters", app.clusters());
        list("conflicts", app.conflicts());
        list("runs", app.runs());
    }

    private void text(String key, Optional<String> value) {
        value.ifPresent(text -> lines.add(key + ": " + quoted(text)));
    }

    private void flag(String key, boolean value) {
        if (value) {
            lines.add(key + ": true");
        }
    }

    private void list(String key, List<String> items) {
        if (!items.isEmpty()) {
            lines.add(key + ": " + flow(items));
        }
    }

    private void map(String key, Map<String, String> map) {
        if (!map.isEmpty()) {
            lines.add(key + ":");
            map.forEach((name, value) -> lines.add("  " + quoted(name) + ": " + quoted(value)));
        }
    }

    private static String flow(List<String> items) {
        return "[" + String.join(", ", items.stream().map(AppText::quoted).toList()) + "]";
    }

    private static String quoted(String text) {
        return ChannelsFile.quoted(text);
    }
}
