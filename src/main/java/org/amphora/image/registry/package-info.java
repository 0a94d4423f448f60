// SPDX-License-Identifier: Apache-2.0
/// A client of OCI registries (distribution-spec v1.1.1) that reads:
/// {@link org.amphora.image.registry.Registry}.
@NullMarked
package org.amphora.image.registry;

import org.jspecify.annotations.NullMarked;
