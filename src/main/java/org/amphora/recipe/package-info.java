// SPDX-License-Identifier: Apache-2.0
/// Definition files, Apptainer's format, become images: {@code Build}.
@NullMarked
package org.amphora.recipe;

import org.jspecify.annotations.NullMarked;
