// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.ArrayList;
import java.util.List;

/// Reads /proc/cpuinfo, which each architecture writes in its own words.
final class CpuProbe {

    private static final String FILE = "/proc/cpuinfo";

    private CpuProbe() {}

    static Cpu cpu(Tree tree) {
        Fact<String> text = tree.text(FILE);
        if (!text.isKnown()) {
            String why = text.unknown().orElse("there is no such file");
            return new Cpu(
                    Fact.unknown(FILE, why),
                    Fact.unknown(FILE, why),
                    Fact.unknown(FILE, why),
                    Fact.unknown(FILE, why));
        }
        int count = 0;
        String model = "";
        List<String> flags = null;
        boolean x86 = false;
        for (String line : text.orElse("").split("\n")) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                continue;
            }
            String value = line.substring(colon + 1).strip();
            switch (line.substring(0, colon).strip()) {
                case "processor" -> count++;
                case "model name", "cpu", "Model" -> model = model.isEmpty() ? value : model;
                case "flags", "Features" -> {
                    x86 |= line.startsWith("flags");
                    List<String> these = List.of(value.split(" +"));
                    if (flags == null) {
                        flags = new ArrayList<>(these);
                    } else if (!flags.equals(these)) {
                        flags.retainAll(these);
                    }
                }
                default -> {}
            }
        }
        return new Cpu(
                model.isEmpty() ? Fact.absent(FILE) : Fact.known(model, FILE),
                count == 0 ? Fact.unknown(FILE, "no line processor") : Fact.known(count, FILE),
                flags == null
                        ? Fact.unknown(FILE, "no line flags or Features")
                        : Fact.known(flags, FILE),
                level(flags, x86));
    }

    private static Fact<Integer> level(
            @org.jspecify.annotations.Nullable List<String> flags, boolean x86) {
        if (flags == null) {
            return Fact.unknown(FILE, "no line flags or Features");
        }
        return x86 ? Fact.known(Cpu.levelOf(flags), FILE) : Fact.absent(FILE);
    }
}
