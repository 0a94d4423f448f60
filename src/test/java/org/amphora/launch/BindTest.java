// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BindTest {

    @Test
    void readsEveryForm() {
        assertThat(binds("/a")).containsExactly(new Bind("/a", "/a", false));
        assertThat(binds("/a:/b")).containsExactly(new Bind("/a", "/b", false));
        assertThat(binds("/a:/b:ro")).containsExactly(new Bind("/a", "/b", true));
        assertThat(binds("/a::ro")).containsExactly(new Bind("/a", "/a", true));
        assertThat(binds("x:/b")).containsExactly(new Bind("/cwd/x", "/b", false));
        assertThat(binds("../x")).containsExactly(new Bind("/x", "/x", false));
        assertThat(binds("/a:/b:ro,/c,/d:/e:rw"))
                .containsExactly(
                        new Bind("/a", "/b", true),
                        new Bind("/c", "/c", false),
                        new Bind("/d", "/e", false));
        assertThat(binds("/a:/b:rw,ro,/c"))
                .containsExactly(new Bind("/a", "/b", true), new Bind("/c", "/c", false));
    }

    @Test
    void takesEscapedSignsLiterally() {
        assertThat(binds("/a\\:b\\,c:/d")).containsExactly(new Bind("/a:b,c", "/d", false));
        assertThat(binds("/my\\ data")).containsExactly(new Bind("/my data", "/my data", false));
        assertThat(binds("/a\\b")).containsExactly(new Bind("/a\\b", "/a\\b", false));
    }

    @Test
    void cleansPaths() {
        assertThat(binds("/a//b/./c/:/d/../e/")).containsExactly(new Bind("/a/b/c", "/e", false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a:b|the destination is not an absolute path: b",
                "/a:/b:rx|rx is not a valid bind option",
                "/a:/b:ro:x|more than three fields: /a:/b:ro:x",
                ":/b|a source is empty",
                "/a:/|nothing can be bound over /",
                "/a.sqfs:/b:image-src=/|data images (image-src=, id=) cannot be bound",
            })
    void refusesWithAReason(String line) {
        String[] parts = line.split("\\|");
        assertThatThrownBy(() -> binds(parts[0]))
                .isInstanceOf(Problem.class)
                .extracting(e -> ((Problem) e).why())
                .isEqualTo(parts[1]);
    }

    @Test
    void passesOverEmptyWords() {
        assertThat(binds("")).isEmpty();
        assertThat(binds(",/a:/b,,")).containsExactly(new Bind("/a", "/b", false));
    }

    @Test
    void readsMounts() {
        assertThat(mount("type=bind,source=/a,destination=/b"))
                .isEqualTo(new Bind("/a", "/b", false));
        assertThat(mount("type=bind,src=/a,dst=/b,ro")).isEqualTo(new Bind("/a", "/b", true));
        assertThat(mount("source=/a,target=/b,readonly")).isEqualTo(new Bind("/a", "/b", true));
        assertThat(mount("type=bind,\"source=/a,1\",\"target=/b \"\"x\"\"\""))
                .isEqualTo(new Bind("/a,1", "/b \"x\"", false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "type=tmpfs,source=/a,target=/b|type is tmpfs, only bind is known",
                "type=bind,source=/a|it needs a source and a destination",
                "type=bind,source=/a,target=/b,foo=1|unknown key foo",
                "type=bind,source=/a,target=b|the destination is not an absolute path: b",
                "type=bind,\"source=/a,target=/b|a quote is not closed",
            })
    void refusesMountsWithAReason(String line) {
        String[] parts = line.split("\\|");
        assertThatThrownBy(() -> mount(parts[0]))
                .isInstanceOf(Problem.class)
                .extracting(e -> ((Problem) e).why())
                .isEqualTo(parts[1]);
    }

    private static List<Bind> binds(String list) {
        return Bind.parseBinds(list, "/cwd");
    }

    private static Bind mount(String line) {
        return Bind.parseMount(line, "/cwd");
    }
}
