// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A job as a shell script whose head speaks to the manager in comments.
final class JobScript {
    /// Makes `AMPHORA_ARRAY_INDEX` in the container.
    static final String INDEX = "AMPHORAENV_AMPHORA_ARRAY_INDEX";

    private final StringBuilder text = new StringBuilder("#!/bin/sh\n");
    private final String prefix;
    private String copier = "ssh";
    private String index = "";

    /// @param prefix of the lines that the manager reads, `#SBATCH`
    JobScript(String prefix) {
        this.prefix = prefix;
    }

    /// What brings an image to the nodes: `sbcast`, or a command that runs another on a node, its
    /// words joined by commas; `ssh` otherwise.
    JobScript copiedBy(String way) {
        copier = way;
        return this;
    }

    /// The manager's variable with the index within an array.
    JobScript index(String variable) {
        index = variable;
        return this;
    }

    /// One line for the manager.
    JobScript directive(String words) {
        text.append(prefix).append(' ').append(words).append('\n');
        return this;
    }

    /// One line for the shell, before the command.
    JobScript line(String words) {
        text.append(words).append('\n');
        return this;
    }

    /// The environment, the directory, and the command behind its launcher's words.
    String command(Job job, List<String> launcher) {
        return command(job, launcher, job.command());
    }

    String command(Job job, List<String> launcher, List<String> command) {
        text.append('\n');
        new TreeMap<>(job.environment())
                .forEach(
                        (name, value) ->
                                text.append("export ")
                                        .append(name)
                                        .append('=')
                                        .append(quoted(value))
                                        .append('\n'));
        if (job.array().isPresent()) {
            text.append("export " + INDEX + "=\"$" + index + "\"\n");
        }
        text.append("cd ").append(quoted(job.directory().toString())).append(" || exit\n");
        List<String> words = new ArrayList<>(launcher);
        job.staging().ifPresent(image -> words.addAll(stage(image)));
        command.forEach(word -> words.add(quoted(word)));
        return text.append("exec ").append(String.join(" ", words)).append('\n').toString();
    }

    /// Adds the line that copies the image.
    ///
    /// @return the words that give the command the node's copy
    private List<String> stage(Job.Staging image) {
        String program = quoted(image.program());
        String file = image.digest() + " " + quoted(image.image());
        text.append(
                        "# Every node gets a copy of the image on its own disk, or reads the shared file.\n")
                .append(program + " bring " + file + " " + copier + " || exit\n");
        return List.of(program, "run", file);
    }

    /// The words of `mpirun` for a job that asks for a launcher and whose manager has none.
    static List<String> mpirun(Job job) {
        return job.launcher() instanceof Job.Launcher.None
                ? List.of()
                : List.of("mpirun", "-np", Integer.toString(job.size().allTasks()));
    }

    /// A word as a shell reads it back.
    static String quoted(String word) {
        boolean plain = !word.isEmpty();
        for (int i = 0; i < word.length() && plain; i++) {
            char c = word.charAt(i);
            plain = c < 128 && (Character.isLetterOrDigit(c) || "_@%+=:,./-".indexOf(c) >= 0);
        }
        return plain ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /// `HH:MM:SS`, hours beyond 24 as they are.
    static String clock(Duration time) {
        return "%02d:%02d:%02d"
                .formatted(time.toHours(), time.toMinutesPart(), time.toSecondsPart());
    }

    /// A pattern with the manager's own words for the id and the index.
    static String pattern(String pattern, String id, String index) {
        StringBuilder result = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char next = i + 1 < pattern.length() ? pattern.charAt(i + 1) : ' ';
            if (pattern.charAt(i) == '%' && next == 'j') {
                result.append(id);
                i++;
            } else if (pattern.charAt(i) == '%' && next == 'i') {
                result.append(index);
                i++;
            } else {
                result.append(pattern.charAt(i));
            }
        }
        return result.toString();
    }

    static Map<String, JobStatus> one(JobStatus status) {
        return Map.of(status.id(), status);
    }
}
