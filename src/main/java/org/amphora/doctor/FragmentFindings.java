// SPDX-License-Identifier: Apache-2.0
package org.amphora.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.fragment.Fragment;

/// Whether plan fragments still hold: the starter refuses those whose facts have changed, and a
/// user should not be the first to learn it.
final class FragmentFindings {

    private FragmentFindings() {}

    static List<Finding> of(List<Path> folders) {
        List<Finding> findings = new ArrayList<>();
        for (Path folder : folders) {
            for (Fragment fragment : Fragment.in(folder)) {
                findings.add(
                        fragment.stale().isEmpty()
                                ? Finding.ok("fragment", fragment.file() + " is fresh")
                                : Finding.bad(
                                        "fragment",
                                        fragment.file() + ": " + fragment.stale(),
                                        "compile it again: amphora host --write --for ROOT, as who"
                                                + " wrote it"));
            }
        }
        return findings;
    }
}
