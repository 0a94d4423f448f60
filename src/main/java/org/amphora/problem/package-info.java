// SPDX-License-Identifier: Apache-2.0
/// What went wrong, why, and what to try: the one failure type for people,
/// {@link org.amphora.problem.Problem}.
@NullMarked
package org.amphora.problem;

import org.jspecify.annotations.NullMarked;
