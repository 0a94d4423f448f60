// SPDX-License-Identifier: Apache-2.0
/// Modulefiles of Lmod and Environment Modules for catalog entries, both from one source:
/// {@link org.amphora.modulefile.Modulefiles} is the door.
@NullMarked
package org.amphora.modulefile;

import org.jspecify.annotations.NullMarked;
