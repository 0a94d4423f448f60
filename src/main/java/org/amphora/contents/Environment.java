// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The variables that an image sets.
///
/// @param variables of the OCI configuration, and those that scripts set to a plain text
/// @param scripts below `/.singularity.d/env` that the image itself brought
public record Environment(Map<String, String> variables, List<Script> scripts) {

    public Environment {
        variables = Ordered.copy(variables);
        scripts = List.copyOf(scripts);
    }

    public Optional<String> value(String name) {
        return Optional.ofNullable(variables.get(name));
    }

    /// An environment script.
    public record Script(String path, String text) {}
}
