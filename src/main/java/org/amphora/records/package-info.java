// SPDX-License-Identifier: Apache-2.0
/// What has happened at a site, in SQL: builds, checks, publications, deployments, launches, and
/// the audit chain. The door is {@link org.amphora.records.Records}.
@NullMarked
package org.amphora.records;

import org.jspecify.annotations.NullMarked;
