// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.nio.file.Path;
import java.util.List;

/// Turns what the person typed into something on disk. The work behind it (downloads, conversion,
/// unpacking) needs another JVM profile than planning, so the launch path only knows this door;
/// results are cached, so that a second call is quick.
public interface ImageProvider {

    /// A SIF file for a reference such as `docker://debian:12`.
    ///
    /// @param options the options of the command line that concern fetching, as `--no-https` or
    ///     `--authfile=FILE`
    Path provide(String reference, List<String> options);

    /// An unpacked tree of a SIF or SquashFS file, for nodes without FUSE.
    Path provideTree(Path image);
}
