// SPDX-License-Identifier: Apache-2.0
/// The nouns of an image: {@link org.amphora.image.Reference}, digest, descriptor, manifest,
/// config, platform, file tree. No I/O.
@NullMarked
package org.amphora.image;

import org.jspecify.annotations.NullMarked;
