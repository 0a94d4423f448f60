// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.amphora.elf.ElfPatch;
import org.amphora.image.Digest;
import org.amphora.image.store.Cache;
import org.amphora.image.store.Remembered;
import org.amphora.image.tree.ImageTree;
import org.amphora.injection.Injection;
import org.amphora.injection.Remedy;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;
import org.jspecify.annotations.Nullable;

/// Files of an image with a few bytes changed, kept in the cache for as long as the image stays
/// what it is. The same file needs at most two changes, made together.
final class ChangedCopies {
    private static final int LARGEST = 1 << 30;

    private ChangedCopies() {}

    /// Makes the copies that are not there yet.
    ///
    /// @return where they lie, by their paths in the image
    /// @throws Problem when the cache cannot be written
    static Map<String, Path> of(Path image, List<Injection.Copy> copies, Path cache) {
        Map<String, Set<Remedy>> changes = new LinkedHashMap<>();
        for (Injection.Copy copy : copies) {
            changes.computeIfAbsent(copy.path(), _ -> new TreeSet<>()).add(copy.remedy());
        }
        Map<String, Path> places = new LinkedHashMap<>();
        for (Map.Entry<String, Set<Remedy>> change : changes.entrySet()) {
            String path = change.getKey();
            Path read = Files.isDirectory(image) ? image.resolve(path.substring(1)) : image;
            byte[] identity = Remembered.identity(path + change.getValue(), read);
            try {
                places.put(
                        path,
                        Cache.at(cache)
                                .getOrMake(
                                        Cache.Kind.COPY,
                                        name(identity),
                                        Progress.NONE,
                                        to -> write(to, changed(image, path, change.getValue()))));
            } catch (Problem e) {
                throw new Problem(
                        "cannot keep a changed copy of " + path + " of " + image,
                        e.why(),
                        e.fix()
                                + "; or leave it: --fix=no-"
                                + change.getValue().iterator().next().word(),
                        e);
            }
        }
        return places;
    }

    private static Digest name(byte @Nullable [] identity) {
        if (identity == null) {
            throw new IllegalArgumentException("the image is gone");
        }
        return Digest.of(identity);
    }

    private static byte[] changed(Path image, String path, Set<Remedy> remedies)
            throws IOException {
        byte[] file;
        try (ImageTree tree = ImageTree.open(image)) {
            file = tree.read(path, LARGEST).orElseThrow(() -> new IOException("it is gone"));
        }
        if (remedies.contains(Remedy.ABI_NOTE)) {
            file = ElfPatch.withoutKernelFloor(file);
        }
        if (remedies.contains(Remedy.EXEC_STACK)) {
            file = ElfPatch.withoutExecutableStack(file);
        }
        return file;
    }

    private static void write(Path place, byte[] content) throws IOException {
        Files.write(place, content);
        if (!place.toFile().setExecutable(true, false)
                || !place.toFile().setReadable(true, false)) {
            throw new IOException("its mode cannot be changed");
        }
    }
}
