// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.amphora.contents.Userland.Language;
import org.amphora.elf.Version;
import org.amphora.image.tree.ImageTree;

/// Finds what else of an image meets the node.
final class UserlandReader {
    private static final List<String> MOUNT_POINTS =
            List.of(
                    "/proc",
                    "/sys",
                    "/dev",
                    "/run",
                    "/tmp",
                    "/var/tmp",
                    "/home",
                    "/root",
                    "/mnt",
                    "/scratch",
                    "/work",
                    "/data",
                    "/etc/passwd",
                    "/etc/group",
                    "/etc/hosts",
                    "/etc/resolv.conf",
                    "/etc/localtime");
    private static final List<String> BIN =
            List.of("/usr/local/bin", "/usr/bin", "/bin", "/opt/conda/bin");

    private final Survey survey;

    UserlandReader(Survey survey) {
        this.survey = survey;
    }

    Userland userland() {
        return new Userland(
                users(),
                nameServices(),
                locales(),
                survey.tree().find("/usr/share/zoneinfo").isPresent(),
                languages(),
                MOUNT_POINTS.stream()
                        .filter(path -> survey.tree().find(path).isPresent())
                        .collect(Collectors.toSet()),
                survey.tree().find("/bin/sh").map(ImageTree.File::path),
                BIN.stream().anyMatch(bin -> survey.tree().find(bin + "/ssh").isPresent()));
    }

    Optional<Distribution> distribution() {
        String text =
                survey.text("/etc/os-release")
                        .or(() -> survey.text("/usr/lib/os-release"))
                        .orElse("");
        String id = value(text, "ID").orElse("");
        return id.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Distribution(
                                id,
                                value(text, "VERSION_ID"),
                                value(text, "ID_LIKE").orElse(""),
                                value(text, "PRETTY_NAME").orElse(id)));
    }

    private static Optional<String> value(String text, String name) {
        return text.lines()
                .filter(line -> line.startsWith(name + "="))
                .map(line -> line.substring(name.length() + 1).trim())
                .map(value -> value.replace("\"", "").replace("'", ""))
                .findFirst();
    }

    private Set<Long> users() {
        Set<Long> users = new TreeSet<>();
        for (String line : survey.text("/etc/passwd").orElse("").split("\n", -1)) {
            String[] fields = line.split(":", -1);
            if (fields.length > 2 && isNumber(fields[2])) {
                users.add(Long.parseLong(fields[2]));
            }
        }
        return users;
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty()
                && text.length() <= 10
                && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private Optional<String> nameServices() {
        return survey.text("/etc/nsswitch.conf").stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("passwd:"))
                .map(line -> line.substring("passwd:".length()).trim())
                .findFirst();
    }

    /// Directories of `/usr/lib/locale`, and the names in glibc's archive, which are searched
    /// for as texts. glibc has C.UTF-8 built in from 2.35 on, musl always.
    private Set<String> locales() {
        Set<String> locales = new TreeSet<>();
        for (String name : survey.tree().names("/usr/lib/locale")) {
            if (name.equals("locale-archive")) {
                LocaleArchive.names(survey).ifPresentOrElse(locales::addAll, () -> {});
            } else {
                locales.add(name);
            }
        }
        return locales;
    }

    private List<Language> languages() {
        List<Language> languages = new ArrayList<>();
        for (String bin : BIN) {
            for (String name : survey.tree().names(bin)) {
                Version.behind("python", name)
                        .filter(version -> name.equals("python" + version) && has(version))
                        .ifPresent(version -> python(bin + "/" + name, version, languages));
            }
        }
        for (String base : List.of("/usr/lib/R", "/usr/lib64/R", "/usr/local/lib/R")) {
            survey.text(base + "/library/base/DESCRIPTION").stream()
                    .flatMap(String::lines)
                    .filter(line -> line.startsWith("Version:"))
                    .flatMap(line -> Version.leading(line.substring(8).trim()).stream())
                    .findFirst()
                    .ifPresent(
                            version ->
                                    languages.add(
                                            new Language(
                                                    "r",
                                                    base,
                                                    version,
                                                    "R/*-library/"
                                                            + version.major()
                                                            + "."
                                                            + version.minor())));
        }
        for (String bin : BIN) {
            for (String name : survey.tree().names(bin)) {
                Version.behind("perl", name)
                        .filter(version -> name.equals("perl" + version) && has(version))
                        .filter(_ -> languages.stream().noneMatch(l -> l.name().equals("perl")))
                        .ifPresent(
                                version ->
                                        languages.add(
                                                new Language(
                                                        "perl",
                                                        bin + "/" + name,
                                                        version,
                                                        "perl5")));
            }
        }
        return languages;
    }

    /// `python3` alone does not tell where it looks.
    private static boolean has(Version version) {
        return version.toString().indexOf('.') > 0;
    }

    private void python(String path, Version version, List<Language> languages) {
        String real = survey.tree().find(path).map(ImageTree.File::path).orElse(path);
        if (languages.stream().noneMatch(language -> language.path().equals(real))) {
            languages.add(new Language("python", real, version, ".local/lib/python" + version));
        }
    }
}
