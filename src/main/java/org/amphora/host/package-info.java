// SPDX-License-Identifier: Apache-2.0
/// One node's facts: kernel, libc, processor, namespaces, file systems, GPUs, MPI, fabrics, limits,
/// resource manager. The door is {@link org.amphora.host.Host}.
///
/// Every probe is a function of a root path, so that a captured tree serves in tests and in support
/// requests. The records and the probes use no library; JSON lives in one class.
@NullMarked
package org.amphora.host;

import org.jspecify.annotations.NullMarked;
