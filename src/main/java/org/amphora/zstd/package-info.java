// SPDX-License-Identifier: Apache-2.0
/// The zstd library, bound directly: {@link org.amphora.zstd.Zstd} for blocks, {@link
/// org.amphora.zstd.ZstdStream} for streams.
@NullMarked
package org.amphora.zstd;

import org.jspecify.annotations.NullMarked;
