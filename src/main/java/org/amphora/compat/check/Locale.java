// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.contents.Libc;
import org.amphora.injection.Remedy;

/// R5.10, R5.11: the image lacks the caller's language.
final class Locale {

    static final Check CHECK =
            new Check(
                    "LOCALE",
                    "R5.10, R5.11",
                    Severity.INFO,
                    "The image lacks the caller's language",
                    """
                    The caller's `LANG` and `LC_ALL` are passed on; an image often has no locale but
                    `C.UTF-8`. Sorting and accents suffer, nothing else.
                    """,
                    "setlocale(3); glibc has C.UTF-8 built in since 2.35",
                    Locale::look);

    private Locale() {}

    private static Outcome look(Situation s) {
        String name = s.request().has("LC_ALL") ? "LC_ALL" : "LANG";
        String wanted = s.request().variable(name);
        if (wanted.isEmpty() || wanted.equals("C") || wanted.equals("POSIX")) {
            return Outcome.notApplicable("the caller sets no language");
        }
        if (s.contents().libc().kind() == Libc.Kind.MUSL) {
            return Outcome.notApplicable("musl has no locales to miss");
        }
        if (s.contents().hasLocale(wanted)) {
            return Outcome.passed("the image has " + wanted);
        }
        return Mending.found(
                s,
                Remedy.LOCALE,
                Severity.INFO,
                "The image has no locale " + wanted + ", which the caller's " + name + " asks for.",
                List.of(
                        new Evidence("environment " + name, wanted),
                        Evidence.image(
                                "locales",
                                s.contents().userland().locales().isEmpty()
                                        ? "none"
                                        : Evidence.some(s.contents().userland().locales()))),
                "bash: warning: setlocale: " + name + ": cannot change locale (" + wanted + ")",
                new Fix.Command("export LANG=C.UTF-8; unset LC_ALL"));
    }
}
