// SPDX-License-Identifier: Apache-2.0

/// Descriptions of devices for containers (Container Device Interface), as values. The door is
/// {@link org.amphora.cdi.CdiSpecification}.
@NullMarked
package org.amphora.cdi;

import org.jspecify.annotations.NullMarked;
