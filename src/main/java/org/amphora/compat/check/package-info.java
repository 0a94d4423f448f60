// SPDX-License-Identifier: Apache-2.0
/// The checks, a file each and named by their identifiers; {@link
/// org.amphora.compat.check.Catalogue} lists them. Adding one is one file and one line there.
@NullMarked
package org.amphora.compat.check;

import org.jspecify.annotations.NullMarked;
