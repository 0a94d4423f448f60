// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.io.IOException;
import java.io.InputStream;
import org.amphora.image.Node;

/// Takes the contents of regular files while a layer is read, one file after the other: `begin`,
/// then `data` and `hole` until `size` bytes are complete, then `end`.
public interface ContentSink {

    /// Begins a file.
    ///
    /// @param size in bytes, holes included
    void begin(long size) throws IOException;

    /// Takes exactly `length` bytes from `in`, which has that many or throws.
    void data(InputStream in, long length) throws IOException;

    /// The next `length` bytes are zero.
    void hole(long length) throws IOException;

    /// The handle of the file that was begun.
    Node.Content end() throws IOException;
}
