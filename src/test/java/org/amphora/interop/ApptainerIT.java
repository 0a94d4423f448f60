// SPDX-License-Identifier: Apache-2.0
package org.amphora.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The real Apptainer and the installed Amphora read, run and describe each other's files. Both run
/// as the same user in the peers' root, see `bench/enter`.
class ApptainerIT {

    private static final Path PEERS = Path.of(variable("AMPHORA_PEERS", "/var/tmp/amphora-peers"));
    private static final Path AMPHORA =
            Path.of(variable("AMPHORA_PREFIX", "target/dist"))
                    .toAbsolutePath()
                    .resolve("bin/amphora");
    private static final String USER = "amphora-alice";
    private static final JsonMapper JSON = new JsonMapper();

    /// Every section of a definition; the whole image is one static program.
    private static final String DEFINITION =
            """
            Bootstrap: scratch

            %files
                DIR/busybox /bin/busybox
                DIR/busybox /bin/sh
                DIR/busybox /bin/echo
                DIR/busybox /bin/env
                DIR/busybox /bin/cat

            %environment
                export COLOUR=blue

            %runscript
                echo "run: $*"

            %startscript
                echo started

            %labels
                org.example.tool busybox
                Maintainer Some One

            %help
                How to use it.

            %test
                echo tested
            """;

    private static Path dir = Path.of("");

    /// Files of both makers: `NAME-apptainer.sif` and `NAME-amphora.sif`.
    @BeforeAll
    static void buildsTheImages() throws IOException {
        Needs.that("root".equals(System.getProperty("user.name")), "root", "not root");
        Needs.that(
                Files.isExecutable(PEERS.resolve("usr/bin/apptainer")),
                "apptainer",
                "no Apptainer in " + PEERS + ", see bench/peers");
        Needs.that(Files.isExecutable(AMPHORA), "amphora", "no " + AMPHORA + ", see ./amphora");
        Needs.that(
                Command.of("id", USER).run().isSuccess(),
                USER,
                "no user " + USER + ", see setup/test-users");
        Needs.program("umoci");
        dir =
                Files.createTempDirectory(
                        Path.of("/var/tmp"),
                        "amphora-interop",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwxr-xr-x")));
        Files.copy(PEERS.resolve("usr/bin/busybox"), dir.resolve("busybox"));
        Files.writeString(dir.resolve("all.def"), DEFINITION.replace("DIR", dir.toString()));
        makesLayout();
        done("chown", "-R", USER, dir.toString());
        apptainer("build", "def-apptainer.sif", "all.def");
        amphora("build", "def-amphora.sif", "all.def");
        apptainer("build", "oci-apptainer.sif", "oci:layout");
        amphora("build", "oci-amphora.sif", "oci:layout:latest");
    }

    @AfterAll
    static void removes() {
        if (dir.isAbsolute()) {
            done("rm", "-rf", dir.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec def-amphora.sif echo hello",
                "exec def-apptainer.sif echo hello",
                "exec def-amphora.sif env",
                "exec def-apptainer.sif env",
                "exec oci-amphora.sif env",
                "exec oci-apptainer.sif env",
                "exec oci-amphora.sif cat /data/ä",
                "exec oci-amphora.sif busybox ls -ln /data /bin",
                "exec def-amphora.sif sh -c 'exit 7'",
                "run def-amphora.sif a b",
                "run def-apptainer.sif a b",
                "run oci-amphora.sif",
                "run oci-apptainer.sif",
                "run oci-amphora.sif other words",
                "run oci-apptainer.sif other words",
                "test def-amphora.sif",
                "test def-apptainer.sif",
                "sif list def-amphora.sif",
                "sif list def-apptainer.sif",
                "sif list oci-amphora.sif",
                "sif list oci-apptainer.sif",
                "inspect def-amphora.sif",
                "inspect --all def-amphora.sif",
                "inspect --all def-apptainer.sif",
                "inspect --all oci-amphora.sif",
                "inspect --all oci-apptainer.sif",
                "inspect --json -l -r def-amphora.sif",
                "inspect -e oci-amphora.sif",
                "inspect -d oci-apptainer.sif",
                "inspect -r def-amphora.sif",
                "inspect -t def-apptainer.sif",
                "inspect -H def-apptainer.sif"
            })
    void bothAnswerAlike(String line) {
        List<String> arguments = words(line);
        Command.Result theirs = both("apptainer", arguments);
        Command.Result ours = both(AMPHORA.toString(), arguments);
        assertThat(steady(ours.output()))
                .as("%s%n%s%s", line, theirs.errors(), ours.errors())
                .isEqualTo(steady(theirs.output()));
        assertThat(ours.status()).as(line).isEqualTo(theirs.status());
    }

    @Test
    void listsTheFieldsOfApptainersTableAsJson() {
        for (String image : List.of("def-apptainer.sif", "oci-amphora.sif")) {
            JsonNode objects = JSON.readTree(amphora("sif", "list", "--json", image));
            List<String> rows = new ArrayList<>();
            for (JsonNode object : objects) {
                long start = object.required("offset").asLong();
                rows.add(
                        object.required("id").asInt()
                                + " "
                                + start
                                + "-"
                                + (start + object.required("size").asLong())
                                + " "
                                + object.required("type").asString());
            }
            List<String> table =
                    apptainer("sif", "list", image)
                            .lines()
                            .filter(line -> Character.isDigit(line.charAt(0)))
                            .map(line -> line.split("\\|"))
                            .map(cell -> cell[0].strip() + " " + cell[3].strip() + " " + cell[4])
                            .toList();
            assertThat(rows).isNotEmpty().isEqualTo(table);
        }
    }

    @Test
    void dumpsTheSameBytes() throws IOException {
        for (String image : List.of("def-apptainer.sif", "def-amphora.sif", "oci-apptainer.sif")) {
            for (JsonNode object : JSON.readTree(amphora("sif", "list", "--json", image))) {
                String id = object.required("id").asString();
                Path theirs = dir.resolve("theirs");
                Path ours = dir.resolve("ours");
                into(theirs, "apptainer", "sif", "dump", id, image);
                into(ours, AMPHORA.toString(), "sif", "dump", id, image);
                assertThat(Files.mismatch(theirs, ours)).as(image + " " + id).isEqualTo(-1);
            }
        }
    }

    @Test
    void describesBuildsFromOneDefinitionAlike() {
        JsonNode theirs = attributes("def-apptainer.sif");
        JsonNode ours = attributes("def-amphora.sif");
        for (String part : List.of("runscript", "startscript", "test", "helpfile", "deffile")) {
            assertThat(ours.path(part)).as(part).isEqualTo(theirs.path(part));
        }
        List<String> labels = new ArrayList<>(names(theirs.required("labels")));
        labels.remove("org.label-schema.usage.apptainer.version");
        assertThat(names(ours.required("labels"))).containsAll(labels);
        assertThat(ours.at("/labels/Maintainer").asString()).isEqualTo("Some One");
    }

    @Test
    void describesConversionsOfOneImageAlike() {
        JsonNode theirs = attributes("oci-apptainer.sif");
        JsonNode ours = attributes("oci-amphora.sif");
        assertThat(ours.at("/labels/org.example.kind").asString()).isEqualTo("small");
        assertThat(names(ours)).isEqualTo(names(theirs));
        // The script below these lines is our own.
        assertThat(ours.required("runscript").asString().lines().limit(3).toList())
                .isEqualTo(theirs.required("runscript").asString().lines().limit(3).toList());
    }

    @Test
    void apptainerUnpacksToTheTreeThatItHadMadeItself() {
        for (String source : List.of("def", "oci")) {
            apptainer("build", "--sandbox", source + "-box-ours", source + "-amphora.sif");
            apptainer("build", "--sandbox", source + "-box-theirs", source + "-apptainer.sif");
            // Amphora makes /tmp sticky and /root private, as they are everywhere else.
            String list =
                    "find . -not -path './.singularity.d/*' -printf '%p %y %m %s %l\\n' | sort"
                            + " | sed -E 's#^(./tmp|./var/tmp|./root) d [0-9]*#\\1 d#'";
            assertThat(inside("sh", "-c", "cd " + source + "-box-ours && " + list).output())
                    .isEqualTo(
                            inside("sh", "-c", "cd " + source + "-box-theirs && " + list).output());
        }
    }

    @Test
    void runsAndUnpacksDirectoriesOfTheOther() {
        amphora("build", "--sandbox", "box-amphora", "def-apptainer.sif");
        apptainer("build", "--sandbox", "box-apptainer", "def-amphora.sif");
        for (String box : List.of("box-amphora", "box-apptainer")) {
            assertThat(apptainer("run", box, "x")).isEqualTo("run: x\n");
            assertThat(amphora("run", box, "x")).isEqualTo("run: x\n");
        }
    }

    @Test
    void readsWhatApptainerHasSigned() {
        done("openssl", "genpkey", "-algorithm", "ed25519", "-out", dir.resolve("key").toString());
        done(
                "openssl",
                "pkey",
                "-in",
                dir.resolve("key").toString(),
                "-pubout",
                "-out",
                dir.resolve("key.pub").toString());
        done("chown", USER, dir.resolve("key").toString());
        inside("cp", "oci-amphora.sif", "signed.sif");
        apptainer("sign", "--key", "key", "signed.sif");
        apptainer("verify", "--key", "key.pub", "signed.sif");
        assertThat(amphora("sif", "list", "signed.sif"))
                .isEqualTo(apptainer("sif", "list", "signed.sif"))
                .contains("Signature");
        assertThat(amphora("exec", "signed.sif", "echo", "ok")).isEqualTo("ok\n");
    }

    private static void makesLayout() throws IOException {
        Path tree = Files.createDirectories(dir.resolve("tree"));
        Files.createDirectories(tree.resolve("bin"));
        Files.copy(dir.resolve("busybox"), tree.resolve("bin/busybox"));
        for (String applet : List.of("sh", "echo", "env", "cat")) {
            Files.createSymbolicLink(tree.resolve("bin/" + applet), Path.of("busybox"));
        }
        Files.createDirectories(tree.resolve("data"));
        Files.writeString(tree.resolve("data/ä"), "a umlaut\n");
        Files.writeString(tree.resolve("data/gone"), "");
        Files.createLink(tree.resolve("data/hard"), tree.resolve("data/ä"));
        done("tar", "--owner=0", "--group=0", "-C", at("tree"), "-cf", at("0.tar"), ".");
        Path over = Files.createDirectories(dir.resolve("over/data"));
        Files.writeString(over.resolve(".wh.gone"), "");
        Files.writeString(over.resolve("new"), "new\n");
        done("tar", "--owner=0", "--group=0", "-C", at("over"), "-cf", at("1.tar"), "data");
        String image = at("layout") + ":latest";
        done("umoci", "init", "--layout", at("layout"));
        done("umoci", "new", "--image", image);
        done("umoci", "raw", "add-layer", "--image", image, at("0.tar"));
        done("umoci", "raw", "add-layer", "--image", image, at("1.tar"));
        done(
                "umoci",
                "config",
                "--image",
                image,
                "--config.entrypoint",
                "/bin/echo",
                "--config.entrypoint",
                "the entry",
                "--config.cmd",
                "one",
                "--config.cmd",
                "it's \"two\"",
                "--config.env",
                "FROM_IMAGE=some  value",
                "--config.env",
                "PATH=/image:/bin",
                "--config.label",
                "org.example.kind=small");
    }

    private static JsonNode attributes(String image) {
        return JSON.readTree(apptainer("inspect", "--json", "--all", image))
                .required("data")
                .required("attributes");
    }

    private static List<String> names(JsonNode object) {
        return object.propertyNames().stream().sorted().toList();
    }

    /// Without the variables that tell of the shell a command was started from and those that only
    /// Amphora sets or takes away; the order of variables is nobody's promise.
    private static String steady(String output) {
        Stream<String> lines =
                output.lines().filter(line -> !line.matches("(_|OLDPWD|SHLVL|AMPHORA_.*)=.*"));
        return (output.contains("\nHOME=") || output.startsWith("HOME=") ? lines.sorted() : lines)
                .reduce("", (all, line) -> all + line + "\n");
    }

    /// Words as a shell has them; only single quotes matter here.
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        String[] parts = line.split("'");
        for (int i = 0; i < parts.length; i++) {
            if (i % 2 == 1) {
                words.add(parts[i]);
            } else {
                Stream.of(parts[i].split(" ")).filter(word -> !word.isEmpty()).forEach(words::add);
            }
        }
        return words;
    }

    private static String apptainer(String... arguments) {
        return succeeding("apptainer", arguments);
    }

    private static String amphora(String... arguments) {
        return succeeding(AMPHORA.toString(), arguments);
    }

    private static String succeeding(String program, String... arguments) {
        Command.Result result = both(program, List.of(arguments));
        assertThat(result.status())
                .as("%s %s%n%s", program, String.join(" ", arguments), result.errors())
                .isZero();
        return result.output();
    }

    private static Command.Result both(String program, List<String> arguments) {
        return inside(Stream.concat(Stream.of(program), arguments.stream()).toArray(String[]::new));
    }

    private static void into(Path file, String... command) throws IOException {
        Files.deleteIfExists(file);
        Command.Result result = entering(command).withOutput(new Command.Output.File(file)).run();
        assertThat(result.status()).as(result.errors()).isZero();
    }

    private static Command.Result inside(String... command) {
        return entering(command).run();
    }

    private static Command entering(String... command) {
        List<String> argv = new ArrayList<>();
        argv.add(Path.of("bench/enter").toAbsolutePath().toString());
        argv.add(USER);
        argv.addAll(List.of("env", "AMPHORA_CACHEDIR=" + at("cache")));
        argv.add("APPTAINER_CACHEDIR=" + at("apptainer-cache"));
        argv.addAll(List.of(command));
        return Command.of(argv)
                .with("AMPHORA_PREFIX", AMPHORA.getParent().getParent().toString())
                .in(dir)
                .within(Duration.ofMinutes(3));
    }

    private static void done(String... command) {
        Command.of(command).run().orProblem("cannot prepare the test", "run the command by hand");
    }

    private static String at(String name) {
        return dir.resolve(name).toString();
    }

    private static String variable(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
