// SPDX-License-Identifier: Apache-2.0
/// The files of an image on disk, looked at without mounting it: {@link
/// org.amphora.image.tree.ImageTree}.
@NullMarked
package org.amphora.image.tree;

import org.jspecify.annotations.NullMarked;
