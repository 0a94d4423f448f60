// SPDX-License-Identifier: Apache-2.0

/// What of a node goes into a container besides the caller's own files: the driver of its GPUs, its
/// MPI, and the environment that makes both work with what the image has. The door is {@link
/// org.amphora.injection.Injection}.
@NullMarked
package org.amphora.injection;

import org.jspecify.annotations.NullMarked;
