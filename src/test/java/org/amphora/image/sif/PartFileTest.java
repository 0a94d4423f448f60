// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.sif;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.amphora.Needs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartFileTest {
    private static final String LOCK =
            "import fcntl,sys\nf=open(sys.argv[1],'r+')\nfcntl.lockf(f,fcntl.LOCK_EX)\n"
                    + "print('locked',flush=True)\nsys.stdin.read()";

    @TempDir Path directory;

    @Test
    void removesWhatAKilledWriterOfTheSameTargetLeft() throws IOException {
        Path left = Files.writeString(directory.resolve(".x.sif.some-run.1.part"), "half");
        Path other = Files.writeString(directory.resolve(".y.sif.some-run.1.part"), "half");

        write(directory.resolve("x.sif"));

        assertThat(left).doesNotExist();
        assertThat(other).exists();
    }

    @Test
    void leavesWhatIsBeingWritten() throws Exception {
        Needs.program("python3");
        Path left = Files.writeString(directory.resolve(".x.sif.some-run.1.part"), "half");
        Process writer = new ProcessBuilder("python3", "-c", LOCK, left.toString()).start();
        assertThat(writer.inputReader().readLine()).isEqualTo("locked");

        write(directory.resolve("x.sif"));
        assertThat(left).exists();

        writer.destroyForcibly();
        assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
        write(directory.resolve("x.sif"));
        assertThat(left).doesNotExist();
    }

    @Test
    void letsTwoThreadsWriteOneTarget() throws IOException {
        Path target = directory.resolve("x.sif");
        try (PartFile first = PartFile.create(target);
                PartFile second = PartFile.create(target)) {
            assertThat(first.channel().isOpen()).isTrue();
            second.finish();
            first.finish();
        }
        assertThat(directory).isDirectoryContaining(target::equals);
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(target);
        }
    }

    private static void write(Path target) throws IOException {
        try (PartFile file = PartFile.create(target)) {
            file.finish();
        }
        assertThat(target).exists();
    }
}
