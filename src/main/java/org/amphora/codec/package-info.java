// SPDX-License-Identifier: Apache-2.0
/// Computation over bytes that C libraries do faster, with the JDK's own where a machine does not
/// have them: {@link org.amphora.codec.Inflation} and {@link org.amphora.codec.Sha256}. {@link
/// org.amphora.codec.Zstd} and {@link org.amphora.codec.ZstdStream} use the library that we ship.
@NullMarked
package org.amphora.codec;

import org.jspecify.annotations.NullMarked;
