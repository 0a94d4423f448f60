// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.amphora.launch.EnvironmentScript.Unsupported;
import org.amphora.launch.EnvironmentScript.Variables;
import org.amphora.process.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentScriptTest {
    private static final Map<String, String> GIVEN = Map.of("HOME", "/h", "EMPTY", "", "X", "x y");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "# only a comment",
                "export A=1",
                "A=1",
                "A=1; export A",
                "export A=1 B=2 C",
                "C=3\nexport A=1 B=2 C",
                "export A=\"${A:-\"V w\"}\"",
                "export A=\"${HOME:-\"V w\"}\"",
                "export A=${EMPTY:-d} B=${EMPTY-d} C=${X:+set} D=${NONE+set} E=${NONE:=n} F=$NONE",
                "export A='single $X \"quoted\"' B=\"double '$X' \\$X \\\\ \\` \\n\"",
                "export A=a\\ b\\\nc",
                "export A=\"first\nsecond\"",
                "export A=\"$HOME/bin:$X\"; export B=\"$A:${A}\"",
                "if [ -z \"$NONE\" ]; then\n  A=1\nelse\n  A=2\nfi\nexport A",
                "if [ -n \"$NONE\" ]; then A=1; elif test \"$X\" = 'x y'; then A=2; fi; export A",
                "if test -n \"${N:-}\"; then echo hi; . /x \"$@\"; fi\nexport A=1",
                "[ -n \"$X\" ] && export A=1 || export A=2",
                "[ -z \"$X\" ] && export A=1 || export A=2",
                "[ \"$X\" != y ] &&\n  export A=1",
                "true && false || export A=1",
                "export A=1; unset A X",
                "export A=1 # a comment\nexport B=a#b",
                "export A=~x/b B=x~y C=a*b D={a,b}",
                "export A=a=b:c=d",
                "A=1 B=$A; export A B",
                ": ignored \"words\"; export A=1",
                "export A=$ B='$' C=\"$\" D=\"100%\" E=\"a$/b\"",
                "export A=\"\"\"\" B='' C=",
                "if true; then if false; then export A=1; else export A=2; fi; fi",
                "export   A=1\t ;\n\n export B=2",
                "export A=${X} B=${HOME}/x",
                "test ! -n \"$X\" || export A=1",
                "[ ! \"$NONE\" ] && export A=1",
                "#!/bin/sh\nexport PATH=\"/opt/bin:$PATH\"\n",
                "if :; then export A=1; fi",
                "if [ -n \"$NONE\" ]; then echo a >&2; ls 2>/dev/null < x >> y; exit 1; fi; export A=1",
            })
    void agreesWithRealShells(String script) throws Unsupported {
        // ~ and {} are refused unless they are literal in both shells
        Variables variables = given();
        try {
            EnvironmentScript.run(script, variables);
        } catch (Unsupported e) {
            assertThat(script).contains("~x");
            return;
        }

        assertThat(new TreeMap<>(variables.exported()))
                .isEqualTo(real("/bin/bash", script))
                .isEqualTo(real("/bin/sh", script));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "export A=$(date)",
                "export A=`date`",
                "export A=\"$(date)\"",
                "for i in a b; do export A=$i; done",
                "case $X in a) ;; esac",
                "f() { :; }",
                "source /etc/profile",
                ". /etc/profile",
                "export A=${X%y}",
                "export A=${X#x}",
                "export A=${#X}",
                "export A=${X/x/y}",
                "echo $X",
                "A=1 true",
                "true | false",
                "true &",
                "( export A=1 )",
                "{ export A=1; }",
                "[ -d /etc ] && export A=1",
                "[[ -n $X ]] && export A=1",
                "test -n $X",
                "export A=$'x'",
                "export A=$((1+1))",
                "export A=1 > /dev/null",
                "export A=~/b",
                "export A=$1",
                "export A='open",
                "export A=\"open",
                "export A=${X",
                "if true; then export A=1",
                "fi",
                "export -n A",
                "export 1A=2",
                "set -e",
                "A+=1",
                "ls *",
                "! true",
                "export",
                "export A=1;\n; export B=2",
            })
    void leavesTheRestToARealShell(String script) {
        assertThatThrownBy(() -> EnvironmentScript.run(script, given()))
                .isInstanceOf(Unsupported.class);
    }

    @Test
    void keepsFixedVariables() {
        Variables variables = given();
        variables.fix("F", "1");

        assertThatThrownBy(() -> EnvironmentScript.run("F=2", variables))
                .isInstanceOf(Unsupported.class);
        assertThatThrownBy(() -> EnvironmentScript.run("unset F", variables))
                .isInstanceOf(Unsupported.class);
    }

    @Test
    void expandsAsBetweenDoubleQuotes() throws Unsupported {
        assertThat(EnvironmentScript.expand("a \"b\" '$X' \\$X \\x ${HOME}", given()))
                .isEqualTo("a \"b\" 'x y' $X \\x /h");
        assertThatThrownBy(() -> EnvironmentScript.expand("`id`", given()))
                .isInstanceOf(Unsupported.class);
    }

    @Test
    void splitsWordsAsAShell() throws Unsupported {
        assertThat(EnvironmentScript.words("\"/bin/a\" 'b c' d\\ e \"\" \"f\\\"g\"", given()))
                .isEqualTo(List.of("/bin/a", "b c", "d e", "", "f\"g"));
        assertThat(EnvironmentScript.words("", given())).isEmpty();
        assertThatThrownBy(() -> EnvironmentScript.words("a; b", given()))
                .isInstanceOf(Unsupported.class);
    }

    @Property(tries = 300)
    void neverDisagreesOnRandomScripts(@ForAll("scripts") String script) {
        Variables variables = given();
        try {
            EnvironmentScript.run(script, variables);
        } catch (Unsupported e) {
            return;
        }
        assertThat(new TreeMap<>(variables.exported())).isEqualTo(real("/bin/sh", script));
    }

    @Provide
    Arbitrary<String> scripts() {
        return Arbitraries.of(
                        "export ", "A", "=", "B", "\"", "'", "$", "{", "}", ":-", " ", "\n", ";",
                        "\\", "X", "if ", "[ ", " ]", "then ", "fi", "-n ", "&&", "#", "else ")
                .list()
                .ofMaxSize(14)
                .map(parts -> String.join("", parts));
    }

    private static Variables given() {
        Variables variables = new Variables();
        new TreeMap<>(GIVEN).forEach(variables::inherit);
        variables.inherit("PATH", "/usr/bin:/bin");
        return variables;
    }

    private static Map<String, String> real(String shell, String script) {
        Map<String, String> exported = new TreeMap<>();
        String end = "\n/usr/bin/env -0";
        Map<String, String> environment = new LinkedHashMap<>(GIVEN);
        environment.put("PATH", "/usr/bin:/bin");
        List<String> words = new java.util.ArrayList<>(List.of("env", "-i"));
        environment.forEach((name, value) -> words.add(name + "=" + value));
        words.addAll(List.of(shell, "-c", script + end));
        String output = Command.of(words).run().output();
        for (String entry : output.split("\0")) {
            int equals = entry.indexOf('=');
            String name = equals < 0 ? "" : entry.substring(0, equals);
            if (!List.of("", "PWD", "OLDPWD", "SHLVL", "_").contains(name)) {
                exported.put(name, entry.substring(equals + 1));
            }
        }
        return exported;
    }
}
