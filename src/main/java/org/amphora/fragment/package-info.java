// SPDX-License-Identifier: Apache-2.0
/// What a node keeps for its launches until it boots again, and whether it still holds. The door is
/// {@link org.amphora.fragment.Fragment}.
@NullMarked
package org.amphora.fragment;

import org.jspecify.annotations.NullMarked;
