// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.amphora.image.Node;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FlattenerTest {

    private static Flattener flatten(boolean whiteouts, TarBuilder... layers) throws IOException {
        var flattener = new Flattener(whiteouts);
        int number = 0;
        for (TarBuilder layer : layers) {
            flattener.begin("layer " + number++);
            for (LayerEntry entry : TarReaderTest.read(layer.end())) {
                flattener.apply(entry);
            }
        }
        return flattener;
    }

    /// `path` of directories, `path=content`, `path>target`; in byte order.
    private static List<String> list(Flattener flattener) {
        var lines = new ArrayList<String>();
        list("", flattener.root(), lines);
        return lines;
    }

    private static void list(String path, Node.Directory directory, List<String> lines) {
        directory
                .children()
                .forEach(
                        (name, node) -> {
                            String full = path + name;
                            switch (node) {
                                case Node.Directory d -> {
                                    lines.add(full + "/");
                                    list(full + "/", d, lines);
                                }
                                case Node.Regular r -> lines.add(full + "=" + r.content());
                                case Node.Symlink s -> lines.add(full + ">" + s.target());
                                case Node.Fifo _ -> lines.add(full + "|");
                            }
                        });
    }

    private static TarBuilder tar() {
        return new TarBuilder();
    }

    static Stream<Arguments> stacks() {
        return Stream.of(
                Arguments.of(
                        "whiteout of a file",
                        List.of(tar().file("a", "1").file("b", "2"), tar().file(".wh.a", "")),
                        "b=2"),
                Arguments.of(
                        "whiteout of a directory",
                        List.of(tar().file("d/e/f", "1"), tar().file("d/.wh.e", "")),
                        "d/"),
                Arguments.of(
                        "opaque keeps its own layer, listed before",
                        List.of(
                                tar().file("d/a", "1").file("d/s/a", "1"),
                                tar().file("d/b", "2").file("d/.wh..wh..opq", "")),
                        "d/ d/b=2"),
                Arguments.of(
                        "whiteout after a new file of its name",
                        List.of(tar().file("a", "1"), tar().file("a", "2").file(".wh.a", "")),
                        "a=2"),
                Arguments.of(
                        "whiteout of a directory with new files",
                        List.of(
                                tar().file("d/a", "1").file("d/b", "1"),
                                tar().file("d/b", "2").file(".wh.d", "")),
                        "d/ d/b=2"),
                Arguments.of(
                        "whiteouts in the lowest layer",
                        List.of(tar().file("a", "1").file(".wh.a", "").file(".wh..wh..opq", "")),
                        "a=1"),
                Arguments.of(
                        "directory over file",
                        List.of(tar().file("a", "1"), tar().dir("a").file("a/b", "2")),
                        "a/ a/b=2"),
                Arguments.of(
                        "file over directory",
                        List.of(tar().file("a/b", "1"), tar().file("a", "2")),
                        "a=2"),
                Arguments.of(
                        "directory over symlink",
                        List.of(
                                tar().file("t/x", "1").symlink("a", "t"),
                                tar().dir("a").file("a/b", "2")),
                        "a/ a/b=2 t/ t/x=1"),
                Arguments.of(
                        "parent is a symlink from below",
                        List.of(
                                tar().file("usr/lib/x", "1").symlink("lib", "usr/lib"),
                                tar().file("lib/y", "2")),
                        "lib>usr/lib usr/ usr/lib/ usr/lib/x=1 usr/lib/y=2"),
                Arguments.of(
                        "parent symlink leads out and is held inside",
                        List.of(tar().symlink("a", "../../../etc"), tar().file("a/x", "1")),
                        "a>../../../etc etc/ etc/x=1"),
                Arguments.of(
                        "absolute parent symlink, dangling",
                        List.of(tar().symlink("d/a", "/q/r"), tar().file("d/a/x", "1")),
                        "d/ d/a>/q/r q/ q/r/ q/r/x=1"),
                Arguments.of(
                        "whiteout through a symlink",
                        List.of(
                                tar().file("u/x", "1").symlink("l", "u"),
                                tar().file("l/.wh.x", "")),
                        "l>u u/"),
                Arguments.of(
                        "last of duplicates",
                        List.of(tar().file("a", "1").file("./a", "2").file("/a", "3")),
                        "a=3"),
                Arguments.of(
                        "dots in names", List.of(tar().file("./x/./../y//z", "1")), "y/ y/z=1"),
                Arguments.of(
                        "hard link keeps the file that is replaced above",
                        List.of(tar().file("a", "1").link("b", "a"), tar().file("a", "2")),
                        "a=2 b=1"),
                Arguments.of(
                        "hard link to a lower layer",
                        List.of(tar().file("d/a", "1"), tar().link("b", "d/a")),
                        "b=1 d/ d/a=1"),
                Arguments.of(
                        "whiteout of the name that was linked from",
                        List.of(tar().file("a", "1"), tar().link("b", "a").file(".wh.a", "")),
                        "b=1"),
                Arguments.of(
                        "hard link to a symlink",
                        List.of(tar().symlink("a", "nowhere").link("b", "a")),
                        "a>nowhere b>nowhere"),
                Arguments.of(
                        "device removes what was there",
                        List.of(tar().file("a", "1").fifo("p"), tar().device("a")),
                        "p|"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stacks")
    void extractsInSequence(String name, List<TarBuilder> layers, String expected)
            throws IOException {
        var flattener = flatten(true, layers.toArray(TarBuilder[]::new));
        assertThat(String.join(" ", list(flattener))).isEqualTo(expected);
    }

    @Test
    void keepsWhiteoutNamesOfPlainTrees() throws IOException {
        assertThat(list(flatten(false, tar().file(".wh.a", "1")))).containsExactly(".wh.a=1");
    }

    @Test
    void makesHardLinksOneFile() throws IOException {
        var root = flatten(true, tar().file("a", "1").link("b", "a"), tar().link("c", "b")).root();
        assertThat(root.child("a")).isSameAs(root.child("b")).isSameAs(root.child("c"));
    }

    @Test
    void countsDevices() throws IOException {
        var flattener = flatten(true, tar().device("dev/null").device("dev/zero"));
        assertThat(flattener.devices()).isEqualTo(2);
        assertThat(flattener.firstDevice()).isEqualTo("dev/null");
    }

    @Test
    void takesAttributesOfTheLastEntryOfADirectory() throws IOException {
        var root =
                flatten(true, tar().file("d/x", "").dir("d", 0700), tar().dir("d", 01777)).root();
        assertThat(root.child("d").attributes().mode()).isEqualTo(01777);
        assertThat(flatten(true, tar().dir("./", 0711)).root().attributes().mode()).isEqualTo(0711);
    }

    static Stream<Arguments> hostile() {
        var loop = tar().symlink("a", "b").symlink("b", "a").file("a/x", "");
        return Stream.of(
                Arguments.of("../x", tar().file("../x", "")),
                Arguments.of("a/../../x", tar().file("a/../../x", "")),
                Arguments.of("/../x", tar().file("/../x", "")),
                Arguments.of("../../etc/passwd", tar().link("p", "../../etc/passwd")),
                Arguments.of("does not exist", tar().link("p", "q")),
                Arguments.of("to the directory", tar().dir("d").link("p", "d")),
                Arguments.of("root directory", tar().link("p", "/")),
                Arguments.of("root directory", tar().symlink("./", "x")),
                Arguments.of("not a directory", tar().file("f", "").file("f/x", "")),
                Arguments.of("symbolic links", loop),
                Arguments.of("part of its name", tar().gnuLongName("n".repeat(300)).file("x", "")),
                Arguments.of("its name has", tar().gnuLongName("n/".repeat(2500)).file("x", "")),
                Arguments.of(
                        "its target has", tar().gnuLongLink("t".repeat(5000)).symlink("x", "")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostile")
    void namesLayerAndEntryOfHostileOnes(String why, TarBuilder layer) {
        assertThatThrownBy(() -> flatten(true, layer))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("layer 0")
                .hasMessageContaining("entry ")
                .hasMessageContaining(why);
    }

    @Test
    void refusesWhiteoutsOfDots() {
        assertThatThrownBy(() -> flatten(true, tar().dir("d"), tar().file("d/.wh...", "")))
                .isInstanceOf(Problem.class);
    }
}
