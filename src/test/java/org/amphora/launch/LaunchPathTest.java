// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What planning loads decides how long it takes, and unlike time it can be tested.
class LaunchPathTest {
    @TempDir Path temporary;

    @Test
    void loadsNothingButTheJdkAndItself() throws IOException {
        Needs.program("mksquashfs");
        Path tree = Files.createDirectories(temporary.resolve("img/.singularity.d/env"));
        Files.writeString(tree.resolve("90-environment.sh"), "export A=1\n");
        Path image = temporary.resolve("img.sqfs");
        Command.of("mksquashfs", temporary + "/img", image.toString(), "-quiet", "-no-progress")
                .run()
                .orProblem("cannot make the image", "see above");
        plan(image);

        TreeSet<String> foreign = new TreeSet<>();
        TreeSet<String> slow = new TreeSet<>();
        for (String line : plan(image)) {
            int end = line.indexOf(" source: ");
            if (end < 0) {
                continue;
            }
            String name = line.substring(line.lastIndexOf(' ', end - 1) + 1, end);
            boolean own =
                    name.startsWith("org.amphora.launch.")
                            || name.startsWith("org.amphora.problem.")
                            || name.startsWith("org.amphora.image.store.Cache")
                            || name.startsWith("org.amphora.image.store.Remembered");
            if (!own
                    && !name.startsWith("java.")
                    && !name.startsWith("jdk.")
                    && !name.startsWith("sun.")) {
                foreign.add(name);
            }
            if (name.startsWith("java.util.regex.")
                    || name.startsWith("java.util.logging.")
                    || name.startsWith("java.lang.ProcessBuilder")
                    || name.startsWith("java.net.http.")
                    || name.startsWith("java.util.Formatter")) {
                slow.add(name);
            }
        }
        assertThat(foreign).isEmpty();
        assertThat(slow).isEmpty();
    }

    private List<String> plan(Path image) {
        List<String> words = new ArrayList<>();
        words.add(System.getProperty("java.home") + "/bin/java");
        words.addAll(List.of("-Xlog:class+load", "-cp", System.getProperty("java.class.path")));
        words.add(PlannerMain.class.getName());
        words.addAll(
                List.of(
                        "plan",
                        "-e",
                        "--env",
                        "A=$HOME",
                        "-B",
                        "/tmp:/x:ro",
                        image.toString(),
                        "true"));
        return Command.of(words)
                .with("AMPHORA_CACHEDIR", temporary.resolve("cache").toString())
                .run()
                .orProblem("cannot plan", "see above")
                .output()
                .lines()
                .toList();
    }
}
