// SPDX-License-Identifier: Apache-2.0
/// The command line: {@link org.amphora.cli.Main} wires everything, one class per command; nobody
/// depends on it.
@NullMarked
package org.amphora.cli;

import org.jspecify.annotations.NullMarked;
