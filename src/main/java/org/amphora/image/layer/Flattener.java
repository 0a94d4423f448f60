// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.amphora.image.Attributes;
import org.amphora.image.Node;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Lays the entries of layers over each other, lowest first, as if each were extracted in turn
/// into an empty directory (image-spec v1.1.1 `layer.md#applying-changesets`); where the
/// specification is silent, as umoci 0.4.7 `oci/layer/tar_extract.go` does it. Symbolic links in
/// parent paths are followed inside the tree, never out of it. Not thread-safe.
///
/// An entry that cannot be applied is a `Problem` that names layer and entry.
public final class Flattener {

    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final int MAX_SYMLINKS = 255;
    private static final int MAX_NAME = 255;
    private static final int MAX_PATH = 4096;

    private final boolean whiteouts;
    private final Node.Directory root = new Node.Directory(Attributes.IMPLIED_DIRECTORY);
    private String layer = "";
    private int layers;
    private int devices;
    private String firstDevice = "";

    /// Names that the current layer made or went through. A whiteout removes what is below its own
    /// layer only, wherever it stands among the entries. In the lowest layer everything is its
    /// own, so nothing is noted.
    private final IdentityHashMap<Node.Directory, Set<String>> touched = new IdentityHashMap<>();

    private Node.@Nullable Directory lastTouched;

    /// Begins with an empty tree.
    ///
    /// @param whiteouts false for a plain tree, in which `.wh.x` is a name like others
    public Flattener(boolean whiteouts) {
        this.whiteouts = whiteouts;
    }

    /// The tree so far; it grows with every entry.
    public Node.Directory root() {
        return root;
    }

    /// How many device entries were left out.
    public int devices() {
        return devices;
    }

    /// The first of them, for a note to the user; empty when there was none.
    public String firstDevice() {
        return firstDevice;
    }

    /// Begins the next layer above.
    ///
    /// @param name how messages call it
    public void begin(String name) {
        layer = name;
        layers++;
        touched.clear();
        lastTouched = null;
    }

    public void apply(LayerEntry entry) {
        List<String> path = clean(entry, entry.name());
        if (path.isEmpty()) {
            if (!(entry instanceof LayerEntry.Directory directory)) {
                throw problem(entry, "it would replace the root directory by something else");
            }
            root.attributes(directory.attributes());
            return;
        }
        String name = path.removeLast();
        Place parent = resolve(entry, path);
        if (whiteouts && name.startsWith(WHITEOUT)) {
            whiteout(entry, parent, name);
            return;
        }
        Node.Directory directory = parent.make(entry);
        Node existing = directory.child(name);
        switch (entry) {
            case LayerEntry.Directory d -> {
                if (existing instanceof Node.Directory kept) {
                    kept.attributes(d.attributes());
                } else {
                    directory.put(name, new Node.Directory(d.attributes()));
                }
            }
            case LayerEntry.Regular r ->
                    directory.put(name, new Node.Regular(r.attributes(), r.content()));
            case LayerEntry.Symlink s -> {
                if (s.target().isEmpty() || s.target().length() >= MAX_PATH) {
                    throw problem(entry, "its target has " + s.target().length() + " bytes");
                }
                directory.put(name, new Node.Symlink(s.attributes(), s.target()));
            }
            case LayerEntry.HardLink h -> directory.put(name, linked(h));
            case LayerEntry.Fifo f -> directory.put(name, new Node.Fifo(f.attributes()));
            case LayerEntry.Device d -> {
                directory.remove(name);
                firstDevice = devices++ == 0 ? ByteNames.show(d.name()) : firstDevice;
            }
        }
        touch(parent, directory, name);
    }

    private Node linked(LayerEntry.HardLink link) {
        List<String> path = clean(link, link.target());
        if (path.isEmpty()) {
            throw problem(link, "it is a hard link to the root directory");
        }
        String name = path.removeLast();
        Node target = resolve(link, path).child(name);
        if (target == null) {
            throw problem(
                    link,
                    "it is a hard link to "
                            + ByteNames.show(link.target())
                            + ", which does not exist");
        }
        if (target instanceof Node.Directory) {
            throw problem(
                    link, "it is a hard link to the directory " + ByteNames.show(link.target()));
        }
        return target;
    }

    private void whiteout(LayerEntry entry, Place parent, String name) {
        if (!(parent.node() instanceof Node.Directory directory) || layers == 1) {
            return;
        }
        if (name.equals(OPAQUE)) {
            for (String child : List.copyOf(directory.children().keySet())) {
                removeUntouched(directory, child);
            }
            return;
        }
        String hidden = name.substring(WHITEOUT.length());
        if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
            throw problem(entry, "it is a whiteout without a name");
        }
        removeUntouched(directory, hidden);
    }

    private void removeUntouched(Node.Directory parent, String name) {
        Node node = parent.child(name);
        if (!touched.getOrDefault(parent, Set.of()).contains(name)) {
            parent.remove(name);
        } else if (node instanceof Node.Directory directory) {
            for (String child : List.copyOf(directory.children().keySet())) {
                removeUntouched(directory, child);
            }
        }
    }

    private void touch(Place parent, Node.Directory directory, String name) {
        if (layers == 1) {
            return;
        }
        if (directory != lastTouched) {
            for (int i = 0; i < parent.names.size(); i++) {
                if (parent.nodes.get(i) instanceof Node.Directory above) {
                    touchedIn(above).add(parent.names.get(i));
                }
            }
            lastTouched = directory;
        }
        touchedIn(directory).add(name);
    }

    private Set<String> touchedIn(Node.Directory directory) {
        return touched.computeIfAbsent(directory, d -> new HashSet<>());
    }

    /// Splits a name and takes `.` and `..` out by their text, before any link is followed.
    private List<String> clean(LayerEntry entry, String name) {
        if (name.length() >= MAX_PATH) {
            throw problem(entry, "its name has " + name.length() + " bytes");
        }
        var path = new ArrayList<String>();
        int at = 0;
        while (at < name.length()) {
            int slash = name.indexOf('/', at);
            int end = slash < 0 ? name.length() : slash;
            String part = name.substring(at, end);
            if (part.equals("..")) {
                if (path.isEmpty()) {
                    throw problem(entry, ByteNames.show(name) + " leads out of the image's tree");
                }
                path.removeLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                if (part.length() > MAX_NAME) {
                    throw problem(entry, "a part of its name has " + part.length() + " bytes");
                }
                path.add(part);
            }
            at = end + 1;
        }
        return path;
    }

    /// Walks to a directory, following links; what does not exist is kept as names. A `..` in a
    /// link's target cannot climb above the root.
    private Place resolve(LayerEntry entry, List<String> path) {
        var place = new Place();
        List<String> left = path.reversed();
        var todo = new ArrayList<>(left);
        int links = 0;
        while (!todo.isEmpty()) {
            String part = todo.removeLast();
            if (part.equals("..")) {
                place.up();
                continue;
            }
            Node node = place.child(part);
            if (node instanceof Node.Symlink link) {
                if (++links > MAX_SYMLINKS) {
                    throw problem(entry, "too many symbolic links lead to it");
                }
                if (link.target().startsWith("/")) {
                    place = new Place();
                }
                push(todo, link.target());
            } else {
                place.down(part, node);
            }
        }
        if (place.length() >= MAX_PATH) {
            throw problem(entry, "its path is longer than " + MAX_PATH + " bytes");
        }
        return place;
    }

    private static void push(List<String> todo, String target) {
        int end = target.length();
        while (end > 0) {
            int slash = target.lastIndexOf('/', end - 1);
            String part = target.substring(slash + 1, end);
            if (!part.isEmpty() && !part.equals(".")) {
                todo.add(part);
            }
            end = slash;
        }
    }

    private Problem problem(LayerEntry entry, String why) {
        return new Problem(
                "cannot apply " + layer,
                "entry " + ByteNames.show(entry.name()) + ": " + why,
                "build the image again, or get it from another source");
    }

    /// A directory found by its path, or the place where it would be.
    private final class Place {
        private final List<String> names = new ArrayList<>();

        /// The node above each name, then the place itself; null from where nothing exists.
        private final List<@Nullable Node> nodes = new ArrayList<>(List.of(root));

        @Nullable Node node() {
            return nodes.getLast();
        }

        @Nullable Node child(String name) {
            return node() instanceof Node.Directory directory ? directory.child(name) : null;
        }

        void down(String name, @Nullable Node node) {
            names.add(name);
            nodes.add(node);
        }

        void up() {
            if (!names.isEmpty()) {
                names.removeLast();
                nodes.removeLast();
            }
        }

        int length() {
            int length = 0;
            for (String name : names) {
                length += name.length() + 1;
            }
            return length;
        }

        /// The directory itself; the parts that are missing are made.
        Node.Directory make(LayerEntry entry) {
            for (int i = 0; i < names.size(); i++) {
                if (!(nodes.get(i) instanceof Node.Directory above)) {
                    throw new IllegalStateException("no directory above " + names.get(i));
                }
                Node node = above.child(names.get(i));
                if (node == null) {
                    node = new Node.Directory(Attributes.IMPLIED_DIRECTORY);
                    above.put(names.get(i), node);
                }
                if (!(node instanceof Node.Directory)) {
                    throw problem(
                            entry, ByteNames.show(names.get(i)) + " above it is not a directory");
                }
                nodes.set(i + 1, node);
            }
            return (Node.Directory) java.util.Objects.requireNonNull(node());
        }
    }
}
