// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the name of an NVIDIA card tells. The driver's files in /proc do not say the compute
/// capability; asking the driver's library would mean loading it.
///
/// Source: "CUDA GPU Compute Capability", NVIDIA developer pages; data centre products first.
final class NvidiaModels {

    private static final Map<String, String> CAPABILITIES = capabilities();

    /// Forward compatibility packages work on these alone (CUDA Compatibility, "Forward
    /// Compatibility").
    private static final List<String> DATA_CENTRE =
            List.of(
                    "TESLA", "A100", "A800", "A30", "A40", "A10", "A16", "A2", "H100", "H200",
                    "H800", "H20", "GH200", "B100", "B200", "B300", "GB200", "GB300", "L4", "L40",
                    "L40S", "L20", "V100", "P100", "P40", "P4", "T4", "K80", "K40", "K20", "M40",
                    "M60");

    private NvidiaModels() {}

    private static Map<String, String> capabilities() {
        Map<String, String> table = new LinkedHashMap<>();
        for (String model : List.of("B300", "GB300")) {
            table.put(model, "10.3");
        }
        for (String model : List.of("B200", "GB200", "B100")) {
            table.put(model, "10.0");
        }
        for (String model : List.of("H100", "H200", "H800", "H20", "GH200")) {
            table.put(model, "9.0");
        }
        for (String model : List.of("L4", "L40", "L40S", "L20", "4090", "4080", "4070", "4060")) {
            table.put(model, "8.9");
        }
        for (String model :
                List.of(
                        "A40", "A10", "A16", "A2", "A6000", "A5000", "A4000", "3090", "3080",
                        "3070", "3060")) {
            table.put(model, "8.6");
        }
        for (String model : List.of("A100", "A800", "A30")) {
            table.put(model, "8.0");
        }
        for (String model : List.of("T4", "2080", "2070", "2060", "8000", "1660", "1650")) {
            table.put(model, "7.5");
        }
        table.put("V100", "7.0");
        for (String model : List.of("P40", "P4", "1080", "1070", "1060", "1050")) {
            table.put(model, "6.1");
        }
        table.put("P100", "6.0");
        for (String model : List.of("M40", "M60", "980", "970")) {
            table.put(model, "5.2");
        }
        table.put("K80", "3.7");
        for (String model : List.of("K40", "K20")) {
            table.put(model, "3.5");
        }
        return table;
    }

    /// Looks each word of the name up: `NVIDIA A100-SXM4-40GB` has `A100`.
    static Fact<String> computeCapability(String model, String source) {
        for (String word : words(model)) {
            String found = CAPABILITIES.get(word);
            if (found != null) {
                return Fact.known(found, source);
            }
        }
        return Fact.unknown(source, "no compute capability is known for " + model);
    }

    static boolean isDataCentre(String model) {
        List<String> words = words(model);
        return words.stream().anyMatch(DATA_CENTRE::contains) && !words.contains("GEFORCE");
    }

    private static List<String> words(String model) {
        return List.of(model.toUpperCase(java.util.Locale.ROOT).split("[^A-Z0-9]+"));
    }

    static Fact<Integer> integer(Fact<String> text) {
        return text.isKnown()
                ? Numbers.integer(text.source(), text.orElse(""))
                : Fact.unknown(text.source(), text.unknown().orElse("there is none"));
    }
}
