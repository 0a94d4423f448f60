// SPDX-License-Identifier: Apache-2.0
/// The site's catalog: a git repository of applications, versions and channels, policy and
/// clusters. {@link org.amphora.catalog.Site} is the door, {@link org.amphora.catalog.Catalog}
/// what one commit says.
@NullMarked
package org.amphora.catalog;

import org.jspecify.annotations.NullMarked;
