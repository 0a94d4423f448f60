// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.nio.file.Path;
import java.util.List;
import org.amphora.problem.Problem;

/// The launch path alone, as the command line wires it, for tests that start it in a JVM of its
// own.
public final class PlannerMain {
    private PlannerMain() {}

    /// Plans one launch. `halt`, because an orderly exit loads the logging of the platform.
    public static void main(String[] words) {
        int status;
        try {
            status = Launch.main(words, new NoImages());
        } catch (Problem problem) {
            System.err.println(problem.lines());
            status = 255;
        }
        Runtime.getRuntime().halt(status);
    }

    private static final class NoImages implements ImageProvider {
        @Override
        public Path provide(String reference, List<String> options) {
            throw new Problem("cannot fetch " + reference, "this is a test", "none");
        }

        @Override
        public Path provideTree(Path image) {
            throw new Problem("cannot unpack " + image, "this is a test", "none");
        }
    }
}
