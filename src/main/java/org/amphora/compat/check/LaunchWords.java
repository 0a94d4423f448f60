// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// How ranks are to be started, as the user writes it: `srun --mpi=pmix -n 2`, `mpirun -np 4`,
/// `sbatch -N 2 --ntasks-per-node=8`.
///
/// @param words as they were given
/// @param program the launcher's name without directory; empty when only options were given, or
///     nothing
/// @param mpiType value of `--mpi`
/// @param ranks asked for
/// @param nodes asked for
/// @param gpus whether any were asked for
public record LaunchWords(
        String words,
        String program,
        Optional<String> mpiType,
        OptionalInt ranks,
        OptionalInt nodes,
        boolean gpus) {

    /// No launcher: one process.
    public static final LaunchWords NONE =
            new LaunchWords(
                    "", "", Optional.empty(), OptionalInt.empty(), OptionalInt.empty(), false);

    private static final Set<String> RANKS = Set.of("-n", "-np", "--ntasks", "--n", "--np");
    private static final Set<String> NODES = Set.of("-N", "--nodes");
    private static final Set<String> GPUS =
            Set.of("-G", "--gpus", "--gres", "--gpus-per-node", "--gpus-per-task");

    /// Reads what the user would type before the program; unknown options do no harm.
    public static LaunchWords parse(String words) {
        List<String> parts = split(words);
        String program = "";
        if (!parts.isEmpty() && !parts.getFirst().startsWith("-")) {
            String first = parts.removeFirst();
            program = first.substring(first.lastIndexOf('/') + 1);
            if (program.equals("flux") && !parts.isEmpty()) {
                parts.removeFirst();
            }
        }
        OptionalInt nodes = number(value(parts, NODES));
        OptionalInt ranks = number(value(parts, RANKS));
        OptionalInt each = number(value(parts, Set.of("--ntasks-per-node", "-npernode", "-ppn")));
        if (ranks.isEmpty() && each.isPresent()) {
            long all = (long) each.getAsInt() * nodes.orElse(1);
            ranks = OptionalInt.of((int) Math.min(Integer.MAX_VALUE, all));
        } else if (ranks.isEmpty() && nodes.isPresent()) {
            ranks = nodes;
        }
        return new LaunchWords(
                words.strip(),
                program,
                value(parts, Set.of("--mpi")),
                ranks,
                nodes,
                value(parts, GPUS).filter(text -> !text.equals("none")).isPresent());
    }

    /// Whether more than one rank, or a program that starts ranks, was asked for.
    public boolean isParallel() {
        return !program.isEmpty() || mpiType.isPresent() || ranks.orElse(1) > 1;
    }

    private static Optional<String> value(List<String> parts, Set<String> names) {
        for (int i = 0; i < parts.size(); i++) {
            String part = parts.get(i);
            int equals = part.indexOf('=');
            if (equals > 0 && names.contains(part.substring(0, equals))) {
                return Optional.of(part.substring(equals + 1));
            }
            if (names.contains(part) && i + 1 < parts.size()) {
                return Optional.of(parts.get(i + 1));
            }
            if (part.length() > 2
                    && names.contains(part.substring(0, 2))
                    && Character.isDigit(part.charAt(2))) {
                return Optional.of(part.substring(2));
            }
        }
        return Optional.empty();
    }

    /// `4`, or the first of Slurm's `2-4`; nothing for what is no number.
    private static OptionalInt number(Optional<String> text) {
        String digits = text.orElse("").replaceFirst("[^0-9].*", "");
        return digits.isEmpty() || digits.length() > 9
                ? OptionalInt.empty()
                : OptionalInt.of(Integer.parseInt(digits));
    }

    /// Words as a shell splits them, with quotes, without anything else of a shell.
    private static List<String> split(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inside = false;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0 ? c == quote : c == '\'' || c == '"') {
                quote = quote == 0 ? c : 0;
                inside = true;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (inside) {
                    words.add(word.toString());
                    word.setLength(0);
                }
                inside = false;
            } else {
                word.append(c);
                inside = true;
            }
        }
        if (inside) {
            words.add(word.toString());
        }
        return words;
    }
}
