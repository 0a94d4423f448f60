// SPDX-License-Identifier: Apache-2.0
/// Brings a cluster to what the catalog says: images, commands, modulefiles.
/// {@link org.amphora.deployment.Deployment} is the door.
@NullMarked
package org.amphora.deployment;

import org.jspecify.annotations.NullMarked;
