// SPDX-License-Identifier: Apache-2.0
/// Does an image fit a node: {@link org.amphora.compat.Compatibility}. What an error log means:
/// {@link org.amphora.compat.Explanation}.
@NullMarked
package org.amphora.compat;

import org.jspecify.annotations.NullMarked;
