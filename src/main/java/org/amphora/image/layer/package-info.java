// SPDX-License-Identifier: Apache-2.0
/// Tar layers and how they become one tree. {@link org.amphora.image.layer.TarReader} reads a
/// layer, {@link org.amphora.image.layer.Flattener} lays one over the other.
@NullMarked
package org.amphora.image.layer;

import org.jspecify.annotations.NullMarked;
