// SPDX-License-Identifier: Apache-2.0
/// A job in, its id and state out, under every resource manager. The door is
/// {@link org.amphora.cluster.Cluster}; how a manager writes and speaks is a {@link
/// org.amphora.cluster.Dialect}.
@NullMarked
package org.amphora.cluster;

import org.jspecify.annotations.NullMarked;
