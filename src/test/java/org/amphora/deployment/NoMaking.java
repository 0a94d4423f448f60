// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.nio.file.Path;

/// For deployments whose images are all there.
final class NoMaking implements Making {
    @Override
    public Path fetch(String reference) {
        throw new AssertionError("fetches " + reference);
    }

    @Override
    public void build(Path directory, Path recipe, Path output, Path log) {
        throw new AssertionError("builds " + recipe);
    }
}
