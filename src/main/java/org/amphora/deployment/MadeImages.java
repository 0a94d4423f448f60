// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Site;
import org.amphora.image.Digest;
import org.amphora.image.Platform;
import org.amphora.problem.Problem;

/// Images whose digest the catalog does not say: made from a recipe, or from a reference that names
/// its content by digest. What was made is remembered by what it was made from, so that the same
/// recipe with the same files beside it is built once.
final class MadeImages {
    private static final String HEADER = "amphora-made 1";
    private static final String WORK = ".build-";

    private final Site site;
    private final String commit;
    private final ImagePool pool;
    private final Making making;
    private final Path memory;

    MadeImages(Site site, String commit, ImagePool pool, Making making) {
        this.site = site;
        this.commit = commit;
        this.pool = pool;
        this.making = making;
        this.memory = site.own().resolve("made");
    }

    /// Whether the version says how its image is made.
    static boolean isMakeable(AppVersion app) {
        return app.recipe().isPresent()
                || app.from().filter(from -> from.contains("@sha256:")).isPresent();
    }

    /// The same version with the image that was made for it, when it was and the pool still has it.
    AppVersion known(AppVersion app) {
        if (app.image().isPresent() || !isMakeable(app)) {
            return app;
        }
        return remembered(key(app))
                .filter(digest -> pool.find(digest).isPresent())
                .map(app::withImage)
                .orElse(app);
    }

    /// The same version with its image, made now unless it was before.
    ///
    /// @throws Problem when it cannot be made; it names the log of a build
    AppVersion made(AppVersion app) {
        String key = key(app);
        Path lock = memory.resolve(".lock");
        try {
            Files.createDirectories(memory);
            try (FileChannel channel =
                    FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                // Another cluster's deployment may be making the same.
                var _ = channel.lock();
                sweep();
                AppVersion known = known(app);
                return known.image().isPresent() ? known : app.withImage(make(app, key));
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot make the image of " + app.id(),
                    String.valueOf(e),
                    "check the rights and the space of " + memory,
                    e);
        }
    }

    /// Removes what a build left that was killed.
    private void sweep() {
        Tree.names(memory).stream()
                .filter(name -> name.startsWith(WORK))
                .forEach(name -> Tree.delete(memory.resolve(name)));
    }

    private Digest make(AppVersion app, String key) throws IOException {
        Digest digest =
                app.recipe().isPresent()
                        ? built(app, app.recipe().get(), key)
                        : pool.add(making.fetch(app.from().orElseThrow()));
        Path note = memory.resolve(key);
        Path temporary = memory.resolve("." + key);
        Files.writeString(
                temporary,
                String.join("\n", HEADER, digest.toString(), app.id().toString(), commit, ""));
        Files.move(temporary, note, StandardCopyOption.ATOMIC_MOVE);
        return digest;
    }

    private Digest built(AppVersion app, String recipe, String key) throws IOException {
        Path log = log(app, key);
        Files.createDirectories(log.getParent());
        Files.deleteIfExists(log);
        Path work = Files.createTempDirectory(memory, WORK);
        try {
            Path files = Files.createDirectory(work.resolve("files"));
            site.export(commit, app.id(), files);
            Path output = work.resolve("image.sif");
            making.build(files, files.resolve(recipe), output, log);
            return pool.add(output);
        } catch (Problem e) {
            throw new Problem(
                    "cannot build " + app.id() + " from " + recipe,
                    e.why(),
                    "read " + log + "; then correct the recipe and commit it",
                    e);
        } finally {
            Tree.delete(work);
        }
    }

    private Path log(AppVersion app, String key) {
        return site.own()
                .resolve("logs")
                .resolve(
                        app.id().app()
                                + "-"
                                + app.id().version()
                                + "-"
                                + key.substring(0, 12)
                                + ".log");
    }

    /// A name for what the image is made from: the recipe and the files beside it as git has them,
    /// without `app.yaml`, or the reference; and the processor it is for.
    private String key(AppVersion app) {
        StringBuilder inputs = new StringBuilder(Platform.current().toString()).append('\n');
        app.recipe()
                .ifPresentOrElse(
                        recipe -> {
                            inputs.append(recipe).append('\n');
                            site.files(commit, app.id()).entrySet().stream()
                                    .filter(file -> !file.getKey().equals("app.yaml"))
                                    .forEach(file -> inputs.append(file).append('\n'));
                        },
                        () -> inputs.append(app.from().orElseThrow()));
        return Digest.of(inputs.toString()).hex();
    }

    private Optional<Digest> remembered(String key) {
        try {
            String[] lines = Files.readString(memory.resolve(key)).split("\n", -1);
            return lines[0].equals(HEADER) ? Optional.of(Digest.parse(lines[1])) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new Problem(
                    "cannot read what was built", e.toString(), "check the rights of " + memory, e);
        }
    }
}
