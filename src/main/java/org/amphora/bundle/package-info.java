// SPDX-License-Identifier: Apache-2.0
/// OCI bundles under somebody else's command, such as Slurm's `--container`. The door is {@link
/// org.amphora.bundle.Containers}; what a bundle asks for becomes a launch plan in {@link
/// org.amphora.bundle.Bundle}.
@NullMarked
package org.amphora.bundle;

import org.jspecify.annotations.NullMarked;
