// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.Optional;

/// What `/etc/os-release` says (os-release(5)).
///
/// @param id `debian`, `rocky`
/// @param versionId `12`, `9.4`; empty for a rolling one
/// @param like the ids of those it is made from, between spaces
/// @param name for people
public record Distribution(String id, Optional<String> versionId, String like, String name) {}
