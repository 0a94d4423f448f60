// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Holds the code against the table of packages in ARCHITECTURE.md and the rules of the house.
class ArchitectureTest {

    private static final String ROOT = "org.amphora";
    private static final Set<String> LIBRARIES =
            Set.of(
                    "picocli",
                    "tools.jackson",
                    "io.airlift",
                    "org.tukaani",
                    "org.snakeyaml",
                    "org.sqlite",
                    "org.postgresql",
                    "java.sql");
    private static final Set<String> NOT_A_CONCEPT =
            Set.of("util", "utils", "common", "helper", "misc", "manager", "impl", "dto", "model");
    private static final int PUBLIC_TYPES_AT_MOST = 14;

    private final JavaClasses classes =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages(ROOT);

    @Test
    void packagesUseOnlyWhatTheTableAllows() throws IOException {
        Map<String, Set<String>> allowed = table();
        Set<String> wrong = new TreeSet<>();
        for (JavaClass user : classes) {
            String from = feature(user);
            for (Dependency edge : user.getDirectDependenciesFromSelf()) {
                JavaClass used = edge.getTargetClass().getBaseComponentType();
                String to = used.getPackageName().startsWith(ROOT) ? feature(used) : from;
                if (!from.equals(to) && !to.equals("problem") && !mayUse(allowed, from, to)) {
                    wrong.add(from + " -> " + to + " (" + user.getSimpleName() + ")");
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void tableHasNoCycle() throws IOException {
        Map<String, Set<String>> allowed = table();
        Map<String, Set<String>> left = new TreeMap<>();
        for (String from : allowed.keySet()) {
            Set<String> to = new TreeSet<>(allowed.keySet());
            to.removeIf(name -> name.equals(from) || !mayUse(allowed, from, name));
            left.put(from, to);
        }
        while (!left.isEmpty()) {
            Set<String> leaves = new TreeSet<>(left.keySet());
            leaves.removeIf(name -> !left.get(name).isEmpty());
            assertThat(leaves).as("a package that uses no other among " + left).isNotEmpty();
            left.keySet().removeAll(leaves);
            left.values().forEach(to -> to.removeAll(leaves));
        }
    }

    @Test
    void everyPackageStandsInTheTable() throws IOException {
        Set<String> packages = new TreeSet<>();
        classes.forEach(type -> packages.add(feature(type)));
        assertThat(table().keySet()).containsAll(packages);
    }

    @Test
    void packagesAreNamedByConcept() {
        for (JavaClass type : classes) {
            assertThat(type.getPackageName().split("\\."))
                    .doesNotContainAnyElementsOf(NOT_A_CONCEPT);
        }
    }

    @Test
    void packagesHaveFewPublicTypes() {
        Map<String, Set<String>> open = new TreeMap<>();
        for (JavaClass type : classes) {
            if (type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC)) {
                open.computeIfAbsent(feature(type), key -> new TreeSet<>())
                        .add(type.getSimpleName());
            }
        }
        open.forEach(
                (name, types) ->
                        assertThat(types).as(name).hasSizeLessThanOrEqualTo(PUBLIC_TYPES_AT_MOST));
    }

    @Test
    void launchPathUsesNoLibrary() {
        Set<String> wrong = new TreeSet<>();
        for (JavaClass type : classes) {
            for (Dependency edge : type.getDirectDependenciesFromSelf()) {
                String used = edge.getTargetClass().getPackageName();
                if (Set.of("launch", "image.sif", "elf").contains(feature(type))
                        && LIBRARIES.stream().anyMatch(used::startsWith)) {
                    wrong.add(type.getName() + " -> " + used);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void everyDependencyHasItsReason() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        String architecture = Files.readString(Path.of("ARCHITECTURE.md"));
        for (String dependency : pom.split("<dependency>")) {
            int start = dependency.indexOf("<artifactId>");
            int end = dependency.indexOf("</artifactId>");
            if (start > 0 && dependency.contains("</dependency>")) {
                assertThat(architecture)
                        .contains("`" + dependency.substring(start + 12, end) + "`");
            }
        }
    }

    private static boolean mayUse(Map<String, Set<String>> allowed, String from, String to) {
        Set<String> names = allowed.getOrDefault(from, Set.of());
        if (names.contains("all") || names.contains(to)) {
            return true;
        }
        int dot = to.indexOf('.');
        return dot > 0 && names.contains(to.substring(0, dot) + ".*");
    }

    private static String feature(JavaClass type) {
        String name = type.getPackageName();
        return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
    }

    private static Map<String, Set<String>> table() throws IOException {
        Map<String, Set<String>> rows = new LinkedHashMap<>();
        boolean inside = false;
        for (String line : Files.readAllLines(Path.of("ARCHITECTURE.md"))) {
            if (line.startsWith("| package |")) {
                inside = true;
            } else if (inside && !line.startsWith("|")) {
                break;
            } else if (inside && !line.startsWith("|---")) {
                String[] cells = line.split("\\|");
                Set<String> uses = new HashSet<>();
                for (String name : cells[3].split(",")) {
                    if (!name.isBlank() && !name.strip().equals("–")) {
                        uses.add(name.strip());
                    }
                }
                rows.put(cells[1].strip(), uses);
            }
        }
        assertThat(rows).as("table of packages in ARCHITECTURE.md").isNotEmpty();
        return rows;
    }
}
