// SPDX-License-Identifier: Apache-2.0
/// How long work tells that it goes on: {@link org.amphora.progress.Progress}.
@NullMarked
package org.amphora.progress;

import org.jspecify.annotations.NullMarked;
