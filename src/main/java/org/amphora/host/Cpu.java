// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.ArrayList;
import java.util.List;

/// The processor.
///
/// @param model as it names itself
/// @param count logical processors
/// @param flags as /proc/cpuinfo writes them: `flags` on x86_64, `Features` on aarch64; only those
///     that every processor has
/// @param level of the x86-64 psABI, 1 to 4; absent on other machines
public record Cpu(
        Fact<String> model, Fact<Integer> count, Fact<List<String>> flags, Fact<Integer> level) {

    /// What each level adds, as /proc/cpuinfo spells it (x86-64 psABI, table 3.1). OSXSAVE is not
    /// listed there; the kernel shows `avx` only where it is on.
    private static final List<List<String>> LEVELS =
            List.of(
                    List.of("cmov", "cx8", "fpu", "fxsr", "mmx", "sse", "sse2"),
                    List.of("cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"),
                    List.of("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"),
                    List.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"));

    public Cpu {
        model = Fact.given(model);
        count = Fact.given(count);
        flags = Fact.given(flags);
        level = Fact.given(level);
    }

    /// The flags that this processor lacks for an x86-64 level; empty when it reaches it, or when
    /// the flags are unknown.
    ///
    /// @param level 1 to 4
    public List<String> missingFor(int level) {
        return flags.value().map(present -> missing(present, level)).orElse(List.of());
    }

    /// The highest level whose flags, and those of the levels below, are all there; 0 for none.
    static int levelOf(List<String> flags) {
        int level = 0;
        while (level < LEVELS.size() && missing(flags, level + 1).isEmpty()) {
            level++;
        }
        return level;
    }

    private static List<String> missing(List<String> present, int level) {
        List<String> missing = new ArrayList<>();
        for (List<String> step : LEVELS.subList(0, Math.clamp(level, 0, LEVELS.size()))) {
            for (String flag : step) {
                if (!present.contains(flag)) {
                    missing.add(flag);
                }
            }
        }
        return missing;
    }
}
