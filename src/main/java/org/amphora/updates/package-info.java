// SPDX-License-Identifier: Apache-2.0
/// What is newer than what a site, or somebody's shell, has.
/// {@link org.amphora.updates.Outdated} is the door.
@NullMarked
package org.amphora.updates;

import org.jspecify.annotations.NullMarked;
