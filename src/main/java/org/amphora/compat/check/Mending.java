// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.amphora.injection.GpuVendor;
import org.amphora.injection.Injection;
import org.amphora.injection.InjectionRequest;
import org.amphora.injection.InjectionRequest.MpiModel;
import org.amphora.injection.Remedy;
import org.amphora.problem.Problem;

/// What a launch would do about a finding. It is asked, so that check and launch cannot differ; the
/// answers are the notes of its plan.
final class Mending {
    private Mending() {}

    /// A finding that a launch may mend: a note where it does, and a way to have it mended where it
    /// does not.
    ///
    /// @param error the text that the user would see; empty when there is none
    /// @param otherwise what to do when no launch can
    static Outcome found(
            Situation s,
            Remedy remedy,
            Severity severity,
            String sentence,
            List<Evidence> evidence,
            String error,
            Fix otherwise) {
        String note =
                notes(s, EnumSet.of(remedy, Remedy.GLIBC))
                        .filter(one -> one.startsWith(remedy.word() + ": "))
                        .findFirst()
                        .orElse("");
        boolean done = !note.isEmpty() && s.request().isMended();
        Fix fix = otherwise;
        if (done) {
            fix = new Fix.Automatic(note);
        } else if (!note.isEmpty()) {
            fix = new Fix.Command("amphora exec --fix=all IMAGE …   # " + note);
        }
        return new Outcome.Found(
                List.of(
                        new Finding(
                                done ? Severity.INFO : severity,
                                sentence,
                                evidence,
                                Optional.of(error).filter(text -> !text.isEmpty()),
                                fix)));
    }

    /// What bringing in driver or MPI does about a file or a name by itself.
    ///
    /// @param about part of the note
    static Optional<String> note(Situation s, String about) {
        return notes(s, EnumSet.allOf(Remedy.class))
                .filter(note -> note.contains(about))
                .findFirst();
    }

    private static Stream<String> notes(Situation s, Set<Remedy> remedies) {
        Set<GpuVendor> gpus = s.bringsNvidia() ? Set.of(GpuVendor.NVIDIA) : Set.of();
        InjectionRequest request =
                new InjectionRequest(
                        gpus,
                        MpiModel.valueOf(s.request().mpi().name()),
                        remedies,
                        s.request().caller().environment());
        try {
            return Injection.of(s.host(), s.contents(), request).notes().stream();
        } catch (Problem e) {
            // Refused as a whole: another check says why.
            return Stream.empty();
        }
    }
}
