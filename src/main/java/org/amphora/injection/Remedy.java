// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.Locale;

/// What a launch mends by itself, each on its own (`--fix`).
public enum Remedy {
    /// The verbs libraries of the node, with their drivers, for an image that cannot reach its
    /// adapter.
    VERBS,
    /// The node's UCX for one without modules for InfiniBand.
    UCX,
    /// The node's libfabric for one that does not know Slingshot.
    LIBFABRIC,
    /// The node's glibc under libraries of the node that need a newer one than the image has.
    GLIBC,
    /// A copy without kernel note of libraries that ask for a newer kernel.
    ABI_NOTE,
    /// A copy that wants no executable stack of libraries that do.
    EXEC_STACK,
    /// A language that the image has.
    LOCALE,
    /// A directory for temporary files from which libraries can be loaded.
    TMPDIR;

    /// As users write it: `abi-note`.
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
