// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.contents.Contents;
import org.amphora.host.Host;
import org.amphora.host.NvidiaNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeFragmentTest {
    @TempDir Path temporary;

    @Test
    void bringsTheDriverWithTheFactsItWasMadeFrom() throws IOException {
        Path root = Files.createDirectory(temporary.resolve("node"));
        NvidiaNode node = new NvidiaNode(root, NvidiaNode.DATA_CENTRE);
        assertThat(node).isNotNull();
        String text = NodeFragment.text(Host.probe(root), nothing(), "any image", true, false);
        assertThat(text)
                .startsWith("amphora-plan 1\n# what this node brings to any image\n")
                .contains(
                        "made-from\tboot-id\t",
                        "made-from\ttext:/sys/module/nvidia/version\t",
                        "made-from\tfile:/etc/ld.so.cache\t",
                        "/libcuda.so.1\t/.singularity.d/libs/libcuda.so.1\tro,optional\n");
    }

    @Test
    void saysWhyItBringsNothing() throws IOException {
        Path root = Files.createDirectory(temporary.resolve("bare"));
        String text = NodeFragment.text(Host.probe(root), nothing(), "x.sif", true, true);
        assertThat(text)
                .contains("# cannot put this node's MPI into the container: ")
                .contains(
                        "bind\t${PMIX_SERVER_TMPDIR:-/}\t${PMIX_SERVER_TMPDIR:-/}\trw,rec,optional")
                .doesNotContain(".singularity.d/libs");
    }

    private Contents nothing() throws IOException {
        return Contents.of(Files.createDirectories(temporary.resolve("empty")));
    }
}
