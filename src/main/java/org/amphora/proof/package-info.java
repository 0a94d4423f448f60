// SPDX-License-Identifier: Apache-2.0
/// What MPI really made of a running parallel program, seen from outside; the door is
/// {@link org.amphora.proof.Proof}.
@NullMarked
package org.amphora.proof;

import org.jspecify.annotations.NullMarked;
