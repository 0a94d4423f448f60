// SPDX-License-Identifier: Apache-2.0
/// What a laboratory has already, as versions of a site: entries of other registries, image files
/// with modulefiles, conda environments, recipes. {@link org.amphora.migration.Migration} is the
/// door.
@NullMarked
package org.amphora.migration;

import org.jspecify.annotations.NullMarked;
