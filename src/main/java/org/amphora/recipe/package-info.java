// SPDX-License-Identifier: Apache-2.0
/// Definition files, Apptainer's format, become images: {@link org.amphora.recipe.Build}.
@NullMarked
package org.amphora.recipe;

import org.jspecify.annotations.NullMarked;
