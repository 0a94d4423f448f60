// SPDX-License-Identifier: Apache-2.0
/// Runs a command: arguments, environment, timeout, captured output.
@NullMarked
package org.amphora.process;

import org.jspecify.annotations.NullMarked;
