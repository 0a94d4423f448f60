// SPDX-License-Identifier: Apache-2.0
/// What is in an image, as far as it decides whether the image runs on a node: {@link
/// org.amphora.contents.Contents}.
@NullMarked
package org.amphora.contents;

import org.jspecify.annotations.NullMarked;
