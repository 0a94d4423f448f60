// SPDX-License-Identifier: Apache-2.0
/// The door to images: opens any reference, converts, caches.
@NullMarked
package org.amphora.image.store;

import org.jspecify.annotations.NullMarked;
