// SPDX-License-Identifier: Apache-2.0
/// Runs a command, {@link org.amphora.process.Command}: arguments, environment, timeout, captured
/// output.
@NullMarked
package org.amphora.process;

import org.jspecify.annotations.NullMarked;
