// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// R5.15, 0.6: variables of the node that mean nothing inside.
final class EnvLeak {

    static final Check CHECK =
            new Check(
                    "ENV-LEAK",
                    "R5.15, 0.6",
                    Severity.WARN,
                    "Variables of the node that mean nothing inside",
                    """
                    The caller's variables are passed on, as Apptainer does. Some name libraries and
                    modules of the node: a preloaded library that is not inside, modules of another
                    interpreter. Those are left out; other runtimes pass them on. `PATH` and
                    `LD_LIBRARY_PATH` are never passed.
                    """,
                    "ld.so(8) LD_PRELOAD; Python, Perl and R documentation of their search "
                            + "paths",
                    EnvLeak::look);

    private EnvLeak() {}

    private static Outcome look(Situation s) {
        if (!s.request().option("CLEANENV").isEmpty()) {
            return Outcome.notApplicable("no variables are passed on");
        }
        List<String> leaks =
                LEAKS.stream()
                        .filter(s.request()::has)
                        .filter(name -> !isVisible(s, s.request().variable(name)))
                        .toList();
        if (leaks.isEmpty()) {
            return Outcome.passed(
                    "no variable points to libraries or modules outside of the image");
        }
        return Outcome.found(
                Severity.WARN,
                Evidence.some(leaks)
                        + " of the caller "
                        + (leaks.size() == 1 ? "points" : "point")
                        + " to files that the container does not have or that are not made for it.",
                leaks.stream()
                        .limit(4)
                        .map(
                                name ->
                                        new Evidence(
                                                "environment " + name, s.request().variable(name)))
                        .toList(),
                leaks.contains("LD_PRELOAD")
                        ? "ERROR: ld.so: object '"
                                + s.request().variable("LD_PRELOAD")
                                + "' from LD_PRELOAD cannot be preloaded"
                        : "ModuleNotFoundError",
                new Fix.Automatic("the launch leaves them out (--no-env-filter passes them on)"));
    }

    private static final List<String> LEAKS =
            List.of(
                    "LD_PRELOAD",
                    "LD_AUDIT",
                    "PYTHONPATH",
                    "PYTHONHOME",
                    "PERL5LIB",
                    "R_LIBS",
                    "R_HOME",
                    "JULIA_LOAD_PATH",
                    "OPAL_PREFIX");

    /// Whether all paths of the list are ones that the container shows.
    private static boolean isVisible(Situation s, String value) {
        return List.of(value.split("[: ]")).stream()
                .filter(path -> path.startsWith("/"))
                .allMatch(path -> Visible.isVisible(s.request(), path));
    }
}
