// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.function.Function;
import org.amphora.contents.Mpi;
import org.amphora.host.Mpi.Installation;

/// The image's MPI library and the node's one that takes its place.
record BoundMpi(Mpi.Library image, Installation node) {

    /// What to do when it cannot.
    static final Fix KEEP_IMAGES =
            new Fix.Command("amphora exec IMAGE …   # without --mpi=bind: the image's own MPI");

    /// Asks a rule about them; it does not apply when there are not both.
    static Outcome look(Situation s, Function<BoundMpi, Outcome> rule) {
        if (!s.bindsMpi()) {
            return Outcome.notApplicable("the node's MPI is not brought in");
        }
        if (s.imageMpi().isEmpty()) {
            return Outcome.notApplicable("the image has no MPI library");
        }
        if (s.nodeMpi().isEmpty()) {
            return Outcome.notApplicable("this node has no MPI library");
        }
        return rule.apply(new BoundMpi(s.imageMpi().get(), s.nodeMpi().get()));
    }

    /// Whether both are Open MPI, or neither is.
    boolean isOneFamily() {
        return (image.family() == Mpi.Family.OPEN_MPI)
                == (node.family() == org.amphora.host.Mpi.Family.OPEN_MPI);
    }
}
