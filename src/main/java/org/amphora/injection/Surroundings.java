// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.List;
import java.util.Optional;
import org.amphora.contents.Contents;
import org.amphora.host.FileSystems;
import org.amphora.host.Host;

/// Variables of the caller that mean something else inside.
final class Surroundings {
    private static final String UNIVERSAL = "C.UTF-8";

    private Surroundings() {}

    static void decide(
            Host host, Contents image, InjectionRequest request, Injection.Collected all) {
        if (request.remedies().contains(Remedy.LOCALE)) {
            locale(image, request, all);
        }
        if (request.remedies().contains(Remedy.TMPDIR)) {
            temporary(host.fileSystems(), all);
        }
    }

    private static void locale(Contents image, InjectionRequest request, Injection.Collected all) {
        String wanted = request.variable("LC_ALL");
        wanted = wanted.isEmpty() ? request.variable("LANG") : wanted;
        if (image.hasLocale(wanted)) {
            return;
        }
        String instead = image.hasLocale(UNIVERSAL) ? UNIVERSAL : "C";
        all.unset.add("LC_*");
        all.unset.add("LANGUAGE");
        all.set.put("LANG", instead);
        all.note(Remedy.LOCALE, "the image has no locale " + wanted + ", LANG is " + instead);
    }

    private static void temporary(FileSystems files, Injection.Collected all) {
        FileSystems.Place place = files.place("temporary").orElse(null);
        if (place == null || !isNoexec(place.options())) {
            return;
        }
        Optional<String> instead =
                List.of("/var/tmp", "/tmp").stream()
                        .filter(
                                path ->
                                        files.mountOf(path)
                                                .filter(mount -> !isNoexec(mount.options()))
                                                .isPresent())
                        .findFirst();
        if (instead.isPresent()) {
            all.set.put("TMPDIR", instead.get());
            all.note(
                    Remedy.TMPDIR, place.path() + " is mounted noexec, TMPDIR is " + instead.get());
        }
    }

    private static boolean isNoexec(List<String> options) {
        return options.contains("noexec");
    }
}
