// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.amphora.Needs;
import org.amphora.image.Attributes;
import org.amphora.image.Digest;
import org.amphora.image.ExtraFile;
import org.amphora.image.ImageConfig;
import org.amphora.image.Node;
import org.amphora.image.Platform;
import org.amphora.image.SourceImage;
import org.amphora.process.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RuntimeMetadataTest {
    private static final String NASTY = "a \"quoted\" 'single' $x `y` $(z) \\ \\\\ } {\n2nd line";
    private static final RuntimeMetadata.Origin ORIGIN =
            RuntimeMetadata.Origin.of(
                    "docker",
                    "docker.io/library/busybox:1",
                    "amd64",
                    Optional.of(Instant.parse("2024-05-06T07:08:09Z")));

    @TempDir Path directory;

    @Test
    void writesWhatTheContractNames() {
        List<ExtraFile> files = RuntimeMetadata.files(ORIGIN, Optional.of(config(List.of())));
        assertThat(files)
                .extracting(ExtraFile::path)
                .contains(
                        ".singularity.d/Singularity",
                        ".singularity.d/labels.json",
                        ".singularity.d/runscript",
                        ".singularity.d/startscript",
                        ".singularity.d/actions/exec",
                        ".singularity.d/actions/run",
                        ".singularity.d/actions/shell",
                        ".singularity.d/actions/start",
                        ".singularity.d/actions/test",
                        ".singularity.d/env/01-base.sh",
                        ".singularity.d/env/10-docker2singularity.sh",
                        ".singularity.d/env/90-environment.sh",
                        ".singularity.d/env/94-appsbase.sh",
                        ".singularity.d/env/95-apps.sh",
                        ".singularity.d/env/99-base.sh",
                        ".singularity.d/env/99-runtimevars.sh",
                        ".singularity.d/libs",
                        ".exec",
                        ".run",
                        ".shell",
                        ".test",
                        "singularity",
                        "environment",
                        "dev",
                        "proc",
                        "sys",
                        "tmp",
                        "var/tmp",
                        "root",
                        "home",
                        "etc");
    }

    @Test
    void labelsAreSortedAndDated() throws IOException {
        assertThat(
                        text(
                                RuntimeMetadata.files(ORIGIN, Optional.of(config(List.of()))),
                                "labels.json"))
                .isEqualTo(golden("labels.json"));
    }

    @Test
    void inspectMetadataHasApptainersShape() throws IOException {
        assertThat(
                        RuntimeMetadata.inspectMetadata(
                                RuntimeMetadata.files(
                                        ORIGIN, Optional.of(config(List.of("/bin/a b", "it's"))))))
                .isEqualTo(golden("inspect-metadata.json").strip());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sh", "bash", "dash", "busybox sh"})
    void environmentScriptKeepsEveryByte(String shell) throws IOException {
        Path root = lay(config(List.of()));
        Map<String, String> result =
                environmentAfter(
                        shell, root.resolve(".singularity.d/env/10-docker2singularity.sh"));
        assertThat(result).containsEntry("NASTY", NASTY).containsEntry("EMPTY", "");
        assertThat(result).containsEntry("PATH", "/opt/bin:/usr/bin:/bin");
        assertThat(result).containsEntry("CALLER", "of the caller");
        assertThat(result).doesNotContainKey("not.a.name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sh", "bash", "dash", "busybox sh"})
    void runscriptJoinsEntrypointAndCommandAsDockerDoes(String shell) throws IOException {
        List<String> entrypoint = List.of("/usr/bin/printf", "[%s]", NASTY);
        assertThat(run(shell, entrypoint, List.of("c $HOME", ""), List.of(), false))
                .isEqualTo("[" + NASTY + "][c $HOME][]");
        assertThat(run(shell, entrypoint, List.of("c"), List.of("x", "-c", "", "*"), false))
                .isEqualTo("[" + NASTY + "][x][-c][][*]");
        assertThat(run(shell, List.of(), entrypoint, List.of(), false))
                .isEqualTo("[" + NASTY + "]");
        assertThat(run(shell, List.of(), List.of("x"), List.of("printf", "[%s]", "a\"b\\"), false))
                .isEqualTo("[a\"b\\]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sh", "bash", "dash", "busybox sh"})
    void runscriptEvaluatesArgumentsUnlessAskedNotTo(String shell) throws IOException {
        List<String> entrypoint = List.of("printf", "[%s]");
        List<String> arguments = List.of("$X and \"$X\"", "`echo hi`", "it's", "\\$X");
        assertThat(run(shell, entrypoint, List.of(), arguments, false))
                .isEqualTo("[value and \"value\"][hi][it's][$X]");
        assertThat(run(shell, entrypoint, List.of(), arguments, true))
                .isEqualTo("[$X and \"$X\"][`echo hi`][it's][\\$X]");
    }

    @Test
    void runscriptOfMoreThanNineArguments() throws IOException {
        List<String> arguments = new ArrayList<>();
        for (int i = 1; i <= 25; i++) {
            arguments.add("a" + i);
        }
        assertThat(run("sh", List.of("echo"), List.of(), arguments, false))
                .isEqualTo(String.join(" ", arguments) + "\n");
    }

    @Test
    void scriptsAreWellFormed() throws IOException {
        Path root = lay(config(List.of("x")));
        try (var scripts = Files.walk(root.resolve(".singularity.d"))) {
            for (Path script : scripts.filter(Files::isRegularFile).toList()) {
                if (Files.isExecutable(script)) {
                    Command.of("sh", "-n", script.toString())
                            .run()
                            .orProblem("bad script", "fix it");
                }
            }
        }
    }

    @Test
    void baseScriptsSetPathAndLibraries() throws IOException {
        Path root = lay(config(List.of()));
        Path all = directory.resolve("all.sh");
        String prefix = root.resolve(".singularity.d/env").toString();
        Files.writeString(all, "for s in " + prefix + "/*.sh; do . $s; done\n");
        Map<String, String> result = environmentAfter("sh", all);
        assertThat(result).containsEntry("LD_LIBRARY_PATH", "/.singularity.d/libs");
        assertThat(result).containsEntry("PATH", "/first:/opt/bin:/usr/bin:/bin");
        assertThat(result).doesNotContainKey("SING_USER_DEFINED_PREPEND_PATH");
    }

    @Test
    void sectionsExtendTheBase() throws IOException {
        Path root = lay(config(List.of("/bin/x")));
        RuntimeMetadata.Origin recipe =
                new RuntimeMetadata.Origin(
                        "Bootstrap: docker\nFrom: x\n",
                        Map.of("bootstrap", "docker", "from", "x"),
                        "amd64",
                        Optional.empty());
        RuntimeMetadata.Sections sections =
                new RuntimeMetadata.Sections(
                        Optional.of("export A=1\n"),
                        Optional.of("#!/bin/sh\n\necho run\n"),
                        Optional.empty(),
                        Optional.of("#!/bin/sh\n\ntrue\n"),
                        Optional.of("How to use it."),
                        new TreeMap<>(Map.of("Author", "me")));
        RuntimeMetadata.lay(RuntimeMetadata.files(recipe, sections, root), root);

        Inspection inspection = Inspection.of(root);
        assertThat(inspection.text(EnumSet.allOf(Inspection.Section.class)))
                .isEqualTo(golden("recipe.txt"));
        assertThat(inspection.allJson()).isEqualTo(golden("recipe.json"));
        assertThat(RuntimeMetadata.inspectMetadata(root)).startsWith("{\"data\":{\"attributes\":{");
    }

    @Test
    void keepsWhatTheImageHas() throws IOException {
        Path root = Files.createDirectory(directory.resolve("root"));
        Files.createDirectories(root.resolve("etc"));
        Files.writeString(root.resolve("etc/hosts"), "127.0.0.1 localhost\n");
        Files.createSymbolicLink(root.resolve("tmp"), Path.of("var/tmp"));
        Files.writeString(root.resolve("environment"), "own");
        Files.createSymbolicLink(root.resolve("home"), Path.of("/etc"));
        RuntimeMetadata.lay(RuntimeMetadata.files(ORIGIN, Optional.empty()), root);
        assertThat(root.resolve("etc/hosts")).hasContent("127.0.0.1 localhost\n");
        assertThat(root.resolve("tmp")).isSymbolicLink();
        assertThat(root.resolve("environment")).hasContent("own");
        assertThat(root.resolve("var/tmp")).isDirectory();
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(root.resolve("root"))))
                .isEqualTo("rwx------");
    }

    @Test
    void writesNothingThroughALinkOfTheImage() throws IOException {
        Path root = Files.createDirectory(directory.resolve("root"));
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.createSymbolicLink(root.resolve(".singularity.d"), outside);
        Files.createSymbolicLink(root.resolve("var"), outside);
        RuntimeMetadata.lay(RuntimeMetadata.files(ORIGIN, Optional.empty()), root);
        assertThat(outside).isEmptyDirectory();
    }

    @Test
    void laysFilesOverATree() throws IOException {
        Node.Directory root = new Node.Directory(Attributes.IMPLIED_DIRECTORY);
        Node.Directory etc = new Node.Directory(Attributes.IMPLIED_DIRECTORY);
        root.put("etc", etc);
        Node.Symlink hosts = new Node.Symlink(Attributes.IMPLIED_DIRECTORY, "other");
        etc.put("hosts", hosts);
        record Bytes(String text) implements Node.Content {
            @Override
            public long size() {
                return text.length();
            }
        }
        RuntimeMetadata.lay(
                RuntimeMetadata.files(ORIGIN, Optional.of(config(List.of("x")))),
                root,
                1_700_000_000L,
                bytes -> new Bytes(new String(bytes, StandardCharsets.UTF_8)));
        assertThat(etc.child("hosts")).isSameAs(hosts);
        assertThat(etc.child("resolv.conf")).isInstanceOf(Node.Regular.class);
        Node.Directory base = (Node.Directory) root.child(".singularity.d");
        Node.Regular runscript = (Node.Regular) base.child("runscript");
        assertThat(runscript.attributes().mode()).isEqualTo(0755);
        assertThat(runscript.attributes().mtime()).isEqualTo(1_700_000_000L);
        assertThat(((Bytes) runscript.content()).text()).startsWith("#!/bin/sh\n");
        assertThat(((Node.Symlink) root.child("singularity")).target())
                .isEqualTo(".singularity.d/runscript");
        assertThat(((Node.Directory) root.child("tmp")).attributes().mode()).isEqualTo(01777);
    }

    @Test
    void sifOfAnImageNamesNothingButItsDigest() {
        Digest digest = Digest.of("x");
        assertThat(definition("docker", "docker.io/library/busybox:1", digest))
                .isEqualTo("bootstrap: oci\nfrom: " + digest + "\n\n")
                .isEqualTo(definition("docker", "mirror.example.org/busybox:latest", digest))
                .isEqualTo(definition("oci", "/home/me/layout:latest", digest));
    }

    @Test
    void sifOfADirectoryKeepsItsMetadata() throws IOException {
        Path root = lay(config(List.of("/bin/x")));
        SifContent content = RuntimeMetadata.sifContent(root, "amd64", Optional.of("{}"));
        assertThat(content.objects())
                .extracting(SifContent.Part::name)
                .containsExactly("", "inspect-metadata.json", "oci-config.json");
        assertThat(new String(content.objects().getFirst().content(), StandardCharsets.UTF_8))
                .isEqualTo(ORIGIN.definition());
    }

    @Test
    void sifOfAForeignDirectoryGetsMetadata() throws IOException {
        Path root = Files.createDirectory(directory.resolve("foreign"));
        SifContent content = RuntimeMetadata.sifContent(root, "amd64", Optional.empty());
        assertThat(new String(content.objects().getFirst().content(), StandardCharsets.UTF_8))
                .isEqualTo("bootstrap: localimage\nfrom: foreign\n\n");
        Node.Directory tree = new Node.Directory(Attributes.IMPLIED_DIRECTORY);
        content.tree().apply(tree, bytes -> () -> bytes.length);
        assertThat(tree.child(".singularity.d")).isInstanceOf(Node.Directory.class);
        assertThat(root).isEmptyDirectory();
    }

    private static String definition(String bootstrap, String from, Digest digest) {
        SourceImage image = new SourceImage(digest, List.of(), config(List.of()), bootstrap, from);
        return new String(
                RuntimeMetadata.sifContent(image).objects().getFirst().content(),
                StandardCharsets.UTF_8);
    }

    private String run(
            String shell,
            List<String> entrypoint,
            List<String> cmd,
            List<String> arguments,
            boolean literal)
            throws IOException {
        Path runscript = lay(config(entrypoint, cmd)).resolve(".singularity.d/runscript");
        List<String> argv = new ArrayList<>(words(shell));
        argv.add(runscript.toString());
        argv.addAll(arguments);
        Command command = Command.of(argv).with("X", "value").with("HOME", "/nowhere");
        return (literal ? command.with("SINGULARITY_NO_EVAL", "1") : command)
                .run()
                .orProblem("the runscript failed", "fix it")
                .output();
    }

    private Map<String, String> environmentAfter(String shell, Path script) {
        List<String> argv = new ArrayList<>(words(shell));
        argv.addAll(List.of("-c", ". \"$0\"; /usr/bin/env -0", script.toString()));
        String output =
                Command.of(argv)
                        .with("CALLER", "of the caller")
                        .with("PATH", "/usr/bin:/bin")
                        .with("SING_USER_DEFINED_PREPEND_PATH", "/first")
                        .without("LD_LIBRARY_PATH")
                        .run()
                        .orProblem("the environment script failed", "fix it")
                        .output();
        Map<String, String> environment = new TreeMap<>();
        for (String line : output.split("\0")) {
            int equals = line.indexOf('=');
            environment.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return environment;
    }

    private static List<String> words(String shell) {
        List<String> words = List.of(shell.split(" "));
        Needs.program(words.getFirst());
        return words;
    }

    private Path lay(ImageConfig config) throws IOException {
        Path root = Files.createTempDirectory(directory, "root");
        RuntimeMetadata.lay(RuntimeMetadata.files(ORIGIN, Optional.of(config)), root);
        return root;
    }

    private static ImageConfig config(List<String> entrypoint) {
        return config(entrypoint, List.of());
    }

    private static ImageConfig config(List<String> entrypoint, List<String> cmd) {
        SequencedMap<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", "/opt/bin:/usr/bin:/bin");
        environment.put("NASTY", NASTY);
        environment.put("EMPTY", "");
        environment.put("CALLER", "of the image");
        environment.put("not.a.name", "x");
        return new ImageConfig(
                "{}",
                "{}",
                Platform.linux("amd64"),
                Optional.empty(),
                environment,
                entrypoint,
                cmd,
                Optional.empty(),
                Optional.empty(),
                Map.of("b", "2 < 3", "a", "1"),
                Collections.emptyList());
    }

    private static String text(List<ExtraFile> files, String name) {
        return files.stream()
                .filter(file -> file.path().equals(".singularity.d/" + name))
                .map(file -> ((ExtraFile.Text) file.kind()).content())
                .findFirst()
                .orElseThrow();
    }

    private static String golden(String name) throws IOException {
        try (InputStream in = RuntimeMetadataTest.class.getResourceAsStream(name)) {
            return new String(
                    Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
