// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.time.Instant;

/// One change of the catalog: a commit.
public record Revision(String commit, Instant time, String author, String subject, String reason) {}
