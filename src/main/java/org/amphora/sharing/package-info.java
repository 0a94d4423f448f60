// SPDX-License-Identifier: Apache-2.0
/// What the users of a machine or cluster share, and how much of it each may take. The door is
/// {@link org.amphora.sharing.Places}, the line in which pulls and builds wait; {@link
/// org.amphora.sharing.Limits} is what the site says.
@NullMarked
package org.amphora.sharing;

import org.jspecify.annotations.NullMarked;
