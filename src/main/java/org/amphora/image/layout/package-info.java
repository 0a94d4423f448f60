// SPDX-License-Identifier: Apache-2.0
/// OCI layouts and docker archives on disk: {@link org.amphora.image.layout.Layouts} opens them,
/// {@link org.amphora.image.layout.LayoutWriter} writes layouts.
@NullMarked
package org.amphora.image.layout;

import org.jspecify.annotations.NullMarked;
