// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.amphora.elf.Version;

/// What `NVIDIA_REQUIRE_CUDA` and its like say: `cuda>=12.4 brand=tesla,driver>=470,driver<471`.
/// Spaces separate alternatives, commas join terms; a property that is not known here holds, as in
/// nvidia-container-toolkit.
final class NvidiaRequirement {

    private static final Pattern TERM =
            Pattern.compile("(cuda|driver|arch)(<=|>=|!=|=|<|>)([0-9.]+)");

    private NvidiaRequirement() {}

    /// What a node has.
    ///
    /// @param cuda the newest that its driver serves
    /// @param architecture its GPU's compute capability
    record Node(Version driver, Optional<Version> cuda, Optional<Version> architecture) {}

    static boolean holds(String requirement, Node node) {
        for (String alternative : requirement.strip().split("\\s+")) {
            if (allHold(alternative, node)) {
                return true;
            }
        }
        return false;
    }

    private static boolean allHold(String alternative, Node node) {
        for (String term : alternative.split(",")) {
            if (!termHolds(term, node)) {
                return false;
            }
        }
        return true;
    }

    private static boolean termHolds(String text, Node node) {
        Matcher term = TERM.matcher(text.strip());
        if (!term.matches()) {
            return true;
        }
        Optional<Version> seen =
                switch (term.group(1)) {
                    case "cuda" -> node.cuda();
                    case "driver" -> Optional.of(node.driver());
                    default -> node.architecture();
                };
        Optional<Version> wanted = Version.leading(term.group(3));
        if (seen.isEmpty() || wanted.isEmpty()) {
            return true;
        }
        int order = seen.get().compareTo(wanted.get());
        return switch (term.group(2)) {
            case "<=" -> order <= 0;
            case ">=" -> order >= 0;
            case "!=" -> order != 0;
            case "<" -> order < 0;
            case ">" -> order > 0;
            default -> order == 0;
        };
    }
}
