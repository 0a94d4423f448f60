// SPDX-License-Identifier: Apache-2.0
/// Which package of an image brings which command, as the package managers' own records say:
/// {@link org.amphora.packages.PackagedCommands} is the door.
@NullMarked
package org.amphora.packages;

import org.jspecify.annotations.NullMarked;
