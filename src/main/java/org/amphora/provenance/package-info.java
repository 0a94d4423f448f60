// SPDX-License-Identifier: Apache-2.0
/// How results came about, in a form that others read: {@link org.amphora.provenance.RunCrate}.
@NullMarked
package org.amphora.provenance;

import org.jspecify.annotations.NullMarked;
