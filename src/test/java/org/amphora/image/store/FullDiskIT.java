// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.amphora.Needs;
import org.amphora.cli.Main;
import org.amphora.process.Command;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A file system that is really full: a tmpfs of four megabytes in a namespace of its own. Small
/// blobs that are whole may stay in a layout, where the next attempt uses them.
class FullDiskIT {

    /// Directory and command; what the directory has afterwards follows the messages.
    private static final String WITH_SMALL_DISK =
            """
            mount -t tmpfs -o size=4m none "$1" || exit 99
            disk=$1
            shift
            "$@"
            status=$?
            echo "left: $(find "$disk" -type f -size +64k)"
            exit $status
            """;

    @TempDir Path dir;
    private Path layout;
    private Path disk;

    @BeforeEach
    void prepare() throws IOException {
        Needs.program("unshare");
        Needs.that(
                Command.of("unshare", "-Urm", "true").run().isSuccess(),
                "userns",
                "no user namespaces");
        byte[] tar = new byte[10 << 20];
        new Random(1).nextBytes(tar);
        byte[] header = tarHeader(tar.length - 512 - 1024);
        System.arraycopy(header, 0, tar, 0, header.length);
        java.util.Arrays.fill(tar, tar.length - 1024, tar.length, (byte) 0);
        layout =
                LayoutBuilder.write(dir.resolve("layout"), List.of(LayoutBuilder.Layer.plain(tar)));
        disk = Files.createDirectory(dir.resolve("disk"));
    }

    @ParameterizedTest
    @CsvSource({
        "build, disk/out.sif, cache",
        "build, out.sif, disk/cache",
        "pull, oci:disk/copy, cache",
        "'cache add', '', disk/cache"
    })
    void isToldWithDirectoryAndSizeAndLeavesNothing(String verb, String target, String cache) {
        List<String> words = new java.util.ArrayList<>();
        words.addAll(List.of("unshare", "-Urm", "sh", "-c", WITH_SMALL_DISK, "sh"));
        words.add(disk.toString());
        words.add(System.getProperty("java.home") + "/bin/java");
        words.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        words.addAll(List.of(verb.split(" ")));
        if (!target.isEmpty()) {
            words.add(target.replace("disk/", disk + "/").replaceAll("^out", dir + "/out"));
        }
        words.add("oci:" + layout + ":latest");
        Command.Result result =
                Command.of(words).with("AMPHORA_CACHEDIR", dir.resolve(cache).toString()).run();
        assertThat(result.status()).as(result.errors()).isEqualTo(255);
        assertThat(result.errors().strip().lines().filter(l -> l.matches("(error|why|fix): .*")))
                .hasSize(3);
        assertThat(result.errors())
                .containsPattern("why: +no space left in " + disk + ".*: 10 MiB needed, .* free");
        assertThat(result.output()).endsWith("left: \n");
        assertThat(dir.resolve("out.sif")).doesNotExist();
    }

    private static byte[] tarHeader(int size) {
        byte[] header = new byte[512];
        put(header, 0, "file");
        put(header, 100, "0000644");
        put(header, 124, "%011o".formatted(size));
        put(header, 136, "%011o".formatted(0));
        put(header, 148, "        ");
        header[156] = '0';
        put(header, 257, "ustar");
        put(header, 263, "00");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, "%06o\0 ".formatted(sum));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        for (int i = 0; i < text.length(); i++) {
            header[at + i] = (byte) text.charAt(i);
        }
    }
}
