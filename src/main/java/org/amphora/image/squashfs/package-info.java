// SPDX-License-Identifier: Apache-2.0
/// The SquashFS 4.0 format. {@link org.amphora.image.squashfs.Superblock} has what reader and
/// writer share.
@NullMarked
package org.amphora.image.squashfs;

import org.jspecify.annotations.NullMarked;
