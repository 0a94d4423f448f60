// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.amphora.problem.Problem;

/// A new site: the files of `resources/…/catalog/site`, in a git repository.
final class SiteTemplate {
    private static final List<String> FILES =
            List.of(
                    "README.md",
                    "channels.yaml",
                    "policy.yaml",
                    "clusters/local.yaml",
                    "apps/README.md",
                    "app.schema.json",
                    "policy.schema.json",
                    "gitignore");

    private final Path root;

    SiteTemplate(Path root) {
        this.root = root;
    }

    void write() {
        requireEmpty();
        for (String name : FILES) {
            Site.write(
                    root.resolve(name.equals("gitignore") ? ".gitignore" : name), resource(name));
        }
        Git git = new Git(root, true);
        String what = "cannot make the site " + root;
        git.run(what, "apt-get install git", "init", "-q", "-b", "main");
        git.commit("Begin the site", "", List.of("."));
    }

    /// The commented `app.yaml` that people start from.
    static String app(String name) {
        return resource("app.yaml").replace("@NAME@", name);
    }

    private void requireEmpty() {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> content = Files.list(root)) {
            Path first = content.findFirst().orElse(null);
            if (first != null) {
                throw new Problem(
                        "cannot make a site in " + root,
                        "the directory has something in it: " + first.getFileName(),
                        "name a new directory");
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot make a site in " + root,
                    String.valueOf(e.getMessage()),
                    "name a directory",
                    e);
        }
    }

    static String resource(String name) {
        try (InputStream in = SiteTemplate.class.getResourceAsStream("site/" + name)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("cannot read the resource " + name, e);
        }
    }
}
