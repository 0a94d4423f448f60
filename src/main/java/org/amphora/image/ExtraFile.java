// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

/// A file that is laid over the tree of an image.
///
/// @param path from the root, without a leading slash
/// @param onlyIfMissing what the tree has at this path stays, whatever it is
public record ExtraFile(String path, Kind kind, boolean onlyIfMissing) {

    /// What is made.
    public sealed interface Kind {}

    /// A directory; one that exists keeps its attributes and entries.
    public record Directory(int mode) implements Kind {}

    /// A text file in UTF-8.
    public record Text(int mode, String content) implements Kind {}

    /// A symbolic link.
    public record Symlink(String target) implements Kind {}

    /// A directory that is made where nothing is.
    public static ExtraFile directory(String path, int mode) {
        return new ExtraFile(path, new Directory(mode), true);
    }

    /// A file that replaces what is there.
    public static ExtraFile text(String path, int mode, String content) {
        return new ExtraFile(path, new Text(mode, content), false);
    }

    /// A symbolic link that is made where nothing is.
    public static ExtraFile symlink(String path, String target) {
        return new ExtraFile(path, new Symlink(target), true);
    }
}
