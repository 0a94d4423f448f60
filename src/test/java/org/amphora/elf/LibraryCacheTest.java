// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.Test;

public class LibraryCacheTest {
    private static final String AMD64 = "amd64";

    @Test
    void readsTheNewFormat() throws IOException {
        assertThat(LibraryCache.parse(cache("liba.so.1", "libb.so.2"), AMD64))
                .containsExactly(
                        new LibraryCache.Library("liba.so.1", "/usr/lib/liba.so.1"),
                        new LibraryCache.Library("libb.so.2", "/usr/lib/libb.so.2"));
        assertThat(LibraryCache.parse(cache("liba.so.1"), "arm64")).isEmpty();
    }

    @Test
    void seesWhatLdconfigSees() throws IOException {
        File cache = new File("/etc/ld.so.cache");
        Needs.that(cache.canRead(), "ld.so.cache", "no /etc/ld.so.cache");
        Needs.that(new File("/sbin/ldconfig").canExecute(), "ldconfig", "no /sbin/ldconfig");
        Map<String, String> expected = new TreeMap<>();
        for (String line : Command.of("/sbin/ldconfig", "-p").run().output().split("\n")) {
            String[] parts = line.trim().split(" ");
            if (line.contains(",x86-64") || line.contains(",AArch64")) {
                expected.putIfAbsent(parts[0], parts[parts.length - 1]);
            }
        }
        Map<String, String> found = new TreeMap<>();
        for (LibraryCache.Library library : LibraryCache.read(cache)) {
            found.putIfAbsent(library.name(), library.path());
        }

        assertThat(found).isEqualTo(expected);
    }

    @Test
    void refusesGarbageAndTruncation() {
        byte[] whole = cache("liba.so.1", "libb.so.2");
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> LibraryCache.parse(cut, AMD64))
                    .isInstanceOf(ElfException.class);
        }
    }

    @Test
    void refusesManyNamesThatAreOneLongText() {
        byte[] whole = Arrays.copyOf(cache(new String[20_000]), 20_000 * 24 + (1 << 20));
        Arrays.fill(whole, 48 + 20_000 * 24, whole.length, (byte) 'a');
        assertThatThrownBy(() -> LibraryCache.parse(whole, AMD64))
                .isInstanceOf(ElfException.class)
                .hasMessageContaining("has no end");
    }

    @Property(tries = 2000, shrinking = ShrinkingMode.OFF)
    void damageIsNoSurprise(@ForAll Random random) {
        byte[] bytes = cache("liba.so.1", "libb.so.2");
        for (int i = 0; i < 4; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        try {
            LibraryCache.parse(Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)), AMD64);
        } catch (ElfException e) {
            assertThat(e).hasMessageContaining("library cache");
        }
    }

    /// A cache for amd64 with these libraries in `/usr/lib`.
    public static byte[] cache(String... names) {
        ByteArrayOutputStream strings = new ByteArrayOutputStream();
        ByteBuffer head =
                ByteBuffer.allocate(48 + names.length * 24).order(ByteOrder.LITTLE_ENDIAN);
        head.put("glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII));
        head.putInt(names.length).putInt(0).position(48);
        for (String name : names) {
            int key = head.capacity() + strings.size();
            strings.writeBytes((name + "\0").getBytes(StandardCharsets.US_ASCII));
            int value = head.capacity() + strings.size();
            strings.writeBytes(("/usr/lib/" + name + "\0").getBytes(StandardCharsets.US_ASCII));
            head.putInt(0x0303).putInt(key).putInt(value).putInt(0).putLong(0);
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(head.array());
        whole.writeBytes(strings.toByteArray());
        return whole.toByteArray();
    }
}
