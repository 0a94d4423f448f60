// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.contents.Userland;

/// R5.15: packages in the home directory come before the image's.
final class HomeShadow {

    static final Check CHECK =
            new Check(
                    "HOME-SHADOW",
                    "R5.15",
                    Severity.WARN,
                    "Packages in the home directory come before the image's",
                    """
                    Python, R, Julia and Perl look for packages below the home directory, which is the
                    same inside. What was installed there for the node or another image hides what the
                    image brings.
                    """,
                    "PEP 370; R_LIBS_USER; sylabs and apptainer user guides",
                    HomeShadow::look);

    private HomeShadow() {}

    private static Outcome look(Situation s) {
        List<Userland.Language> languages = s.contents().userland().languages();
        if (languages.isEmpty()) {
            return Outcome.notApplicable("the image has no interpreter that looks there");
        }
        if (s.request().has("PYTHONNOUSERSITE") || !s.request().option("NO_HOME").isEmpty()) {
            return Outcome.passed("packages of the home directory are not looked at");
        }
        Optional<Userland.Language> hidden =
                languages.stream()
                        .filter(
                                language ->
                                        s.request()
                                                .caller()
                                                .homePackages()
                                                .contains(language.homeDirectory()))
                        .findFirst();
        if (hidden.isEmpty()) {
            return Outcome.passed(
                    "the home directory has no packages for "
                            + Evidence.some(
                                    languages.stream()
                                            .map(
                                                    language ->
                                                            language.name()
                                                                    + " "
                                                                    + language.version())
                                            .toList()));
        }
        Userland.Language language = hidden.get();
        return Outcome.found(
                Severity.WARN,
                "~/"
                        + language.homeDirectory()
                        + " holds packages that the image's "
                        + language.name()
                        + " "
                        + language.version()
                        + " finds before its own.",
                List.of(
                        new Evidence("~/" + language.homeDirectory(), "exists"),
                        Evidence.image(
                                language.path(), language.name() + " " + language.version())),
                language.name().equals("python")
                        ? new Fix.Command("export PYTHONNOUSERSITE=1")
                        : new Fix.Command("amphora exec --no-home IMAGE …"));
    }
}
