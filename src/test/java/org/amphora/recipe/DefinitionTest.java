// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class DefinitionTest {

    @TempDir Path folder;

    @Test
    void readsEverySection() throws IOException {
        Definition definition = DefinitionParser.parse("every.def", resource("every-section.def"));

        assertThat(dump(definition)).isEqualTo(resource("every-section.txt"));
        assertThat(definition.text()).isEqualTo(resource("every-section.def"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    BOOTSTRAP: docker\\nfrom: x                  | docker | x
                    bootstrap:docker\\nFrom:x                    | docker | x
                    # c\\n\\nBootstrap: docker # c\\nFrom: x # c  | docker | x
                    Bootstrap: docker\\nFrom: \\\\nx              | docker | x
                    Bootstrap: docker\\nFrom: a \\\\n  b \\\\n c    | docker | a b c
                    Bootstrap: docker\\nFrom: h:5000/a:b         | docker | h:5000/a:b
                    Bootstrap: docker\\nOtherURL2: u\\nFrom: x    | docker | x
                    """)
    void readsHeaders(String text, String agent, String from) {
        Definition definition = parse(text.replace("\\n", "\n"));

        assertThat(definition.header("bootstrap")).contains(agent);
        assertThat(definition.header("from")).contains(from);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ''                                     | empty definition file
                    # only a comment                       | empty definition file
                    From: x                                | no Bootstrap: line
                    %post\\ntrue                            | no Bootstrap: line
                    Bootstrap: scratch\\nFrom               | no colon in a header line: t.def:2: From
                    Bootstrap: scratch\\nBase: x            | invalid header keyword found: base: t.def:2: Base: x
                    Bootstrap: scratch\\nFrom: a \\\\         | continued, but the header ends here: t.def:2
                    Bootstrap: scratch\\n%pst\\ntrue         | invalid section(s) specified: pst: t.def:2: %pst
                    Bootstrap: scratch\\n%\\ntrue            | invalid section(s) specified: : t.def:2: %
                    Bootstrap: scratch\\nbootstrap: docker  | a second stage begins here
                    Bootstrap: scratch\\n%post\\nBootstrap: x | a second stage begins here, and builds of several stages are not supported yet: t.def:3: Bootstrap: x
                    Bootstrap: scratch\\n%files from build\\n a | files of another stage
                    Bootstrap: scratch\\n%files\\n a b c     | 3 words
                    Bootstrap: scratch\\n%files\\n "a b      | a quote is not closed: t.def:3
                    Bootstrap: scratch\\n%files\\n "" b      | an empty path
                    Bootstrap: scratch\\n%appinstall foo\\n  | SCIF applications are not supported yet: t.def:2
                    """)
    void refusesWithPlaceAndText(String text, String why) {
        assertThatThrownBy(() -> parse(text.replace("\\n", "\n")))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.why()).contains(why);
                            assertThat(problem.what()).contains("t.def");
                        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            textBlock =
                    """
                    a            | a     |
                    a b          | a     | b
                    'a b' "c d"  | a b   | c d
                    a"b c"d e    | ab cd | e
                    a b # why    | a     | b
                    a#b c        | a#b   | c
                    *.txt /opt/  | *.txt | /opt/
                    """)
    void splitsFileLines(String line, String source, String destination) {
        assertThat(parse("Bootstrap: scratch\n%files\n\n # c\n  " + line).files())
                .containsExactly(new Definition.Copy(source, Optional.ofNullable(destination), 5));
    }

    @Test
    void joinsSectionsOfTheSameName() {
        Definition definition =
                parse("Bootstrap: scratch\n%post\na\n%Test\nt\n%POST -c /bin/bash\nb");

        assertThat(definition.script(Section.POST)).contains(new Script("-c /bin/bash", "a\nb\n"));
    }

    @Test
    void keepsPerCentSignsInsideALine() {
        assertThat(parse("Bootstrap: scratch\n%post\n date +%s\n").script(Section.POST))
                .contains(new Script("", " date +%s\n"));
    }

    static List<Object[]> commandLines() {
        return List.of(
                new Object[] {"", List.of("/bin/sh", "-ex", "/f")},
                new Object[] {"-u", List.of("/bin/sh", "-ex", "-u", "/f")},
                new Object[] {"-c /bin/bash", List.of("/bin/sh", "-ex", "-c", "/bin/bash /f")},
                new Object[] {
                    "-e -c /usr/bin/python3 -B",
                    List.of("/bin/sh", "-ex", "-e", "-c", "/usr/bin/python3 -B /f")
                });
    }

    @ParameterizedTest
    @MethodSource("commandLines")
    void runsTheShellWithTheArgumentsOfTheSection(String arguments, List<String> line) {
        assertThat(new Script(arguments, "x\n").commandLine("/f")).isEqualTo(line);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ''   | echo\\n                | #!/bin/sh\\n\\necho\\n\\n
                    -x   | echo\\n                | #!/bin/sh -x\\n\\necho\\n\\n
                    ''   | #!/bin/bash\\necho\\n   | #!/bin/bash\\n\\necho\\n\\n
                    ''   | '  #!/bin/bash\\necho\\n' | #!/bin/bash\\n\\necho\\n\\n
                    ''   | #!/bin/bash           | #!/bin/bash\\n\\n\\n
                    """)
    void givesScriptsAnInterpreter(String arguments, String text, String program) {
        assertThat(new Script(arguments, text.replace("\\n", "\n")).executable())
                .isEqualTo(program.replace("\\n", "\n"));
    }

    @Test
    void prefersArgumentsOfTheCommandLineOverFileOverDefault() throws IOException {
        Path file = folder.resolve("t.def");
        Files.writeString(
                file,
                """
                Bootstrap: docker
                From: {{ BASE }}:{{TAG}}
                # left alone: {{ NOTHING }}
                %arguments
                BASE=debian
                TAG={{ RELEASE }}-slim
                RELEASE=bookworm
                WHO=nobody
                %post
                echo {{ WHO }} ${#x} {{ RELEASE }}
                """);
        Path values = folder.resolve("values");
        Files.writeString(values, "# c\n\nWHO = you \nRELEASE=sid\n");

        Definition definition =
                Definition.read(
                        file, BuildArguments.of(List.of(values), List.of("RELEASE=trixie"), true));

        assertThat(definition.header("from")).contains("debian:trixie-slim");
        assertThat(definition.script(Section.POST).orElseThrow().text())
                .isEqualTo("echo you ${#x} {{ RELEASE }}\n");
        assertThat(definition.text()).contains("# left alone: {{ NOTHING }}");
    }

    @Test
    void refusesUndefinedBuildArguments() throws IOException {
        Path file = folder.resolve("t.def");
        Files.writeString(file, "Bootstrap: docker\nFrom: debian:{{ TAG }}\n");

        assertThatThrownBy(() -> Definition.read(file, BuildArguments.NONE))
                .hasMessageContaining("build var TAG is not defined through either --build-arg")
                .hasMessageContaining("t.def:2: From: debian:{{ TAG }}");
    }

    @Test
    void refusesUnusedBuildArgumentsUnlessToldNotTo() throws IOException {
        Path file = folder.resolve("t.def");
        Files.writeString(file, "Bootstrap: docker\nFrom: debian\n");

        assertThatThrownBy(
                        () ->
                                Definition.read(
                                        file, BuildArguments.of(List.of(), List.of("A=1"), true)))
                .hasMessageContaining("unused build argument: A");
        assertThat(
                        Definition.read(file, BuildArguments.of(List.of(), List.of("A=1"), false))
                                .header("from"))
                .contains("debian");
    }

    @ParameterizedTest
    @CsvSource({"A", "=b", "A=", "''"})
    void refusesArgumentsThatAreNoPairs(String pair) {
        assertThatThrownBy(() -> BuildArguments.of(List.of(), List.of(pair), true))
                .hasMessageContaining("not NAME=VALUE");
    }

    @Test
    void refusesWhatIsNoText() throws IOException {
        Path file = folder.resolve("t.def");
        Files.write(file, new byte[] {'B', (byte) 0xC3, (byte) 0x28});

        assertThatThrownBy(() -> Definition.read(file, BuildArguments.NONE))
                .hasMessageContaining("not UTF-8");
        assertThatThrownBy(() -> Definition.read(folder.resolve("no"), BuildArguments.NONE))
                .hasMessageContaining("no such file");
    }

    @Test
    void readsEveryTruncationOrNamesTheProblem() throws IOException {
        String whole = resource("every-section.def");
        for (int length = 0; length < whole.length(); length++) {
            parsesOrComplains(whole.substring(0, length));
        }
    }

    @Property(tries = 300)
    void takesGarbageForAProblem(
            @ForAll
                    @Chars({'%', '\n', ':', '"', '{', '}', '#', '\\', ' ', '='})
                    @AlphaChars
                    @StringLength(max = 200)
                    String garbage) {
        parsesOrComplains("Bootstrap: scratch\n" + garbage);
        parsesOrComplains("Bootstrap: scratch\n%files\n" + garbage);
    }

    private static void parsesOrComplains(String text) {
        try {
            String all = BuildArguments.NONE.substitute("t.def", text, java.util.Map.of());
            assertThat(parse(all).header("bootstrap")).isPresent();
        } catch (Problem problem) {
            assertThat(problem.why()).isNotEmpty();
        }
    }

    private static Definition parse(String text) {
        return DefinitionParser.parse("t.def", text);
    }

    private static String dump(Definition definition) {
        StringBuilder text = new StringBuilder();
        definition.header().forEach((k, v) -> text.append(k).append(" = ").append(v).append('\n'));
        definition.scripts().forEach((k, v) -> text.append(k).append(" = ").append(v).append('\n'));
        definition.files().forEach(f -> text.append(f).append('\n'));
        definition
                .labels()
                .forEach(
                        (k, v) ->
                                text.append("label ")
                                        .append(k)
                                        .append(" = ")
                                        .append(v)
                                        .append('\n'));
        return text.toString();
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = DefinitionTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
