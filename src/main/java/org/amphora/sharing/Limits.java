// SPDX-License-Identifier: Apache-2.0
package org.amphora.sharing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// What one user may take, and all together. {@link #UNLIMITED} where the site says nothing.
///
/// @param cacheBytes of images and layers in the user's cache
/// @param pulls at once, of the user
/// @param builds of recipes at once, of the user
/// @param allPulls at once, of everybody
/// @param allBuilds at once, of everybody
/// @param places the directory where pulls and builds stand in line
public record Limits(
        long cacheBytes, long pulls, long builds, long allPulls, long allBuilds, Path places) {

    public static final long UNLIMITED = Long.MAX_VALUE;

    /// Names another file where the site has none, for trying one.
    private static final String VARIABLE = "AMPHORA_LIMITS";

    private static final Path SITE = Path.of("/etc/amphora/limits.yaml");
    static final Path PLACES = Path.of("/run/lock/amphora");

    /// The limits of the caller.
    ///
    /// @throws Problem when the site's file cannot be read
    public static Limits of(Map<String, String> environment) {
        String other = environment.getOrDefault(VARIABLE, "");
        Path file = Files.exists(SITE) || other.isEmpty() ? SITE : Path.of(other);
        try {
            String text = Files.readString(file);
            return LimitsFile.parse(
                    file, text, () -> words("id", "-un").getFirst(), () -> words("id", "-Gn"));
        } catch (NoSuchFileException e) {
            return none();
        } catch (IOException e) {
            throw LimitsFile.broken(file, String.valueOf(e.getMessage()));
        }
    }

    private static Limits none() {
        return new Limits(UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED, PLACES);
    }

    private static List<String> words(String... command) {
        String output =
                Command.of(command)
                        .run()
                        .orProblem("cannot tell who you are", "look at the user database")
                        .output();
        return Arrays.asList(output.strip().split("\\s+"));
    }
}
