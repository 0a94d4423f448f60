// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How one resource manager writes a job and prints its answers. Pure text: no process, no file, no
/// clock; {@link CommandLineCluster} runs the commands.
sealed interface Dialect permits Slurm, Oar, GridEngine, Pbs, HtCondor, Lsf, Flux {

    /// As `--manager` and the configuration name it.
    String name();

    /// What of the job this manager cannot be told, a line each, naming the option; empty when all
    /// can.
    List<String> refused(Job job);

    /// The whole file that is submitted.
    String script(Job job);

    /// The words of the command that submits.
    List<String> submit();

    /// The whole command that submits a job.
    ///
    /// @param file what {@link #script} gave, as a file
    default List<String> submit(Job job, String file) {
        List<String> words = new ArrayList<>(submit());
        words.addAll(job.options());
        if (!readsStandardInput()) {
            words.add(file);
        }
        return words;
    }

    /// Whether the script goes to the command's standard input instead.
    default boolean readsStandardInput() {
        return false;
    }

    /// The id in what the submit command has printed.
    Optional<String> jobId(String stdout);

    /// What group 1 of the pattern is in the first line that it matches whole.
    static Optional<String> idIn(String stdout, Pattern line) {
        return stdout.lines()
                .map(text -> line.matcher(text.strip()))
                .filter(Matcher::matches)
                .map(match -> match.group(1))
                .findFirst();
    }

    /// What to ask about a job, in turn, until one knows it: first what the manager holds, then its
    /// history.
    List<Question<JobStatus>> questions(String id);

    /// Whether further questions may tell of more than an answer that names these: elements of an
    /// array leave what the manager holds one by one.
    default boolean isPartial(String id, Set<String> answered) {
        return !answered.equals(Set.of(id));
    }

    /// What to ask for the accounts of a job, likewise; nothing where none are read.
    default List<Question<Account>> accounts(String id) {
        return List.of();
    }

    List<String> cancel(String id);

    /// Whether what it is given is a script, which can copy an image first.
    default boolean canStage() {
        return true;
    }

    /// The file with the job's output.
    ///
    /// @param id of the job or of one element of an array
    String outputFile(Job job, String id);

    /// A command, and what its answer says of each job: by id, of an array by the elements' ids.
    record Question<T>(List<String> command, Function<String, Map<String, T>> answer) {}
}
