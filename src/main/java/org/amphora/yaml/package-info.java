// SPDX-License-Identifier: Apache-2.0
/// YAML files, read key by key, and what is wrong with them by file and line.
/// {@link org.amphora.yaml.YamlMap} is the door.
@NullMarked
package org.amphora.yaml;

import org.jspecify.annotations.NullMarked;
