// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.launch.ImageProvider;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// Provides images by running `amphora cache add` and `amphora cache unpack`: the JVM that plans
/// launches is tuned to start quickly and computes slowly, and its heap is small.
final class OtherJvm implements ImageProvider {

    @Override
    public Path provide(String reference, List<String> options) {
        List<String> words = new ArrayList<>(List.of("cache", "add"));
        words.addAll(options);
        words.add(reference);
        return run(words);
    }

    @Override
    public Path provideTree(Path image) {
        return run(List.of("cache", "unpack", image.toString()));
    }

    private static Path run(List<String> words) {
        List<String> argv = new ArrayList<>(words);
        argv.addFirst(System.getProperty("amphora.launcher", "amphora"));
        Command.Result result =
                new Command(
                                argv,
                                java.util.Map.of(),
                                Optional.empty(),
                                Optional.empty(),
                                new Command.Input.Empty(),
                                new Command.Output.Captured(),
                                new Command.Output.Inherited())
                        .run();
        if (!result.isSuccess()) {
            throw new AlreadyTold(result.status());
        }
        String path = result.output().strip();
        if (path.isEmpty()) {
            throw new Problem(
                    "cannot provide the image",
                    String.join(" ", argv) + " printed no path",
                    "run that command yourself");
        }
        return Path.of(path);
    }

    /// The other process has printed what went wrong; its status is all that is left to pass on.
    static final class AlreadyTold extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int status;

        AlreadyTold(int status) {
            super("status " + status, null, false, false);
            this.status = status;
        }

        int status() {
            return status;
        }
    }
}
