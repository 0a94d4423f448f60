// SPDX-License-Identifier: Apache-2.0
/// Is this node ready for Amphora? The door is {@link org.amphora.doctor.Doctor}.
@NullMarked
package org.amphora.doctor;

import org.jspecify.annotations.NullMarked;
