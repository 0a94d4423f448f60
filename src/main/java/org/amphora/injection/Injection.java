// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.contents.Contents;
import org.amphora.host.Host;

/// What a launch adds to a plan so that an image runs well on a node. A value: nothing has been
/// done, and the same node, image and request give the same.
///
/// @param binds read-only files and directories of the node, in the order in which they are put
/// @param copies of files of the image that are to lie over them, changed
/// @param links into the image: target and path
/// @param directories of the node that the application writes to, at the same path inside
/// @param devices paths that are the same inside; needed where the container's `/dev` is small
/// @param unset patterns of variables that must not reach the application, as `env-drop` takes them
/// @param set variables
/// @param notes what was decided and why, a sentence each
/// @param warnings what the caller asked for and does not get, a sentence each
public record Injection(
        List<Bind> binds,
        List<Copy> copies,
        List<Link> links,
        List<String> directories,
        List<String> devices,
        List<String> unset,
        Map<String, String> set,
        List<String> notes,
        List<String> warnings) {

    /// Where libraries go that the image's linker shall find: the container's `LD_LIBRARY_PATH`
    /// names it.
    public static final String LIBRARIES = "/.singularity.d/libs";

    /// A file or directory of the node and its place in the container.
    public record Bind(String source, String destination) {}

    /// A file of the image that needs a change of a few bytes.
    ///
    /// @param remedy which: {@link Remedy#ABI_NOTE} or {@link Remedy#EXEC_STACK}
    public record Copy(String path, Remedy remedy) {}

    /// A symbolic link to make in the container.
    public record Link(String target, String path) {}

    public Injection {
        copies = List.copyOf(copies);
        links = List.copyOf(links);
        directories = List.copyOf(directories);
        binds = List.copyOf(binds);
        devices = List.copyOf(devices);
        unset = List.copyOf(unset);
        set = Collections.unmodifiableMap(new LinkedHashMap<>(set));
        notes = List.copyOf(notes);
        warnings = List.copyOf(warnings);
    }

    /// Decides.
    ///
    /// @throws org.amphora.problem.Problem when what was asked for by name cannot work, with the
    ///     file, symbol or version that forbids it
    public static Injection of(Host host, Contents image, InjectionRequest request) {
        Collected all = new Collected();
        switch (request.mpi()) {
            case NONE -> {}
            case BIND -> new MpiBind(host, image, request, all).decide();
            case HYBRID -> MpiHybrid.decide(image, request, all);
            case AUTO -> {
                if (request.isRank()) {
                    MpiHybrid.decide(image, request, all);
                }
            }
        }
        for (GpuVendor vendor : GpuVendor.values()) {
            if (request.gpus().contains(vendor)) {
                switch (vendor) {
                    case NVIDIA -> NvidiaDriver.decide(host, image, request, all);
                    case AMD -> OtherGpus.amd(host, all);
                    case INTEL -> OtherGpus.intel(host, all);
                }
            }
        }
        if (request.mpi() != InjectionRequest.MpiModel.BIND) {
            new FabricSets(host, image, request, all).decide();
        }
        OddBinaries.decide(host, image, request, all);
        Surroundings.decide(host, image, request, all);
        return new Injection(
                all.binds(),
                all.copies,
                all.links,
                all.directories,
                all.devices,
                all.unset,
                all.set,
                all.notes,
                all.warnings);
    }

    /// What the parts have decided so far. A destination is taken once: the first one wins.
    static final class Collected {
        private final Map<String, String> sources = new LinkedHashMap<>();
        final List<Copy> copies = new ArrayList<>();
        final List<Link> links = new ArrayList<>();
        final List<String> directories = new ArrayList<>();
        final List<String> devices = new ArrayList<>();
        final List<String> unset = new ArrayList<>();
        final Map<String, String> set = new LinkedHashMap<>();
        final List<String> notes = new ArrayList<>();
        final List<String> warnings = new ArrayList<>();

        void bind(String source, String destination) {
            sources.putIfAbsent(destination, source);
        }

        /// Puts a library where the linker looks before it looks into the image.
        void library(String source, String name) {
            String place = LIBRARIES + "/" + name;
            if (links.stream().noneMatch(link -> link.path().equals(place))) {
                bind(source, place);
            }
        }

        /// Lets a library of the image stand there instead; before {@link #library} of that name.
        void ownLibrary(String path, String name) {
            links.add(new Link(path, LIBRARIES + "/" + name));
        }

        /// Says what was mended and why, or why not.
        void note(Remedy remedy, String sentence) {
            String note = remedy.word() + ": " + sentence;
            if (!notes.contains(note)) {
                notes.add(note);
            }
        }

        /// Says why something was not mended.
        void refuse(Remedy remedy, String sentence) {
            notes.add("no " + remedy.word() + ": " + sentence);
        }

        void device(String path) {
            if (!devices.contains(path)) {
                devices.add(path);
            }
        }

        private List<Bind> binds() {
            List<Bind> binds = new ArrayList<>();
            sources.forEach((destination, source) -> binds.add(new Bind(source, destination)));
            return binds;
        }
    }
}
