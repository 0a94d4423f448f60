// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// Builds tar archives as tests need them, well-formed or not. Names are byte strings.
public final class TarBuilder {

    private static final long MTIME = 1_700_000_000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private long mtime = MTIME;

    public TarBuilder dir(String name) {
        return dir(name, 0755);
    }

    public TarBuilder dir(String name, int mode) {
        return entry('5', name, mode, "", new byte[0]);
    }

    public TarBuilder file(String name, String content) {
        return file(name, 0644, content.getBytes(StandardCharsets.ISO_8859_1));
    }

    public TarBuilder file(String name, int mode, byte[] content) {
        return entry('0', name, mode, "", content);
    }

    public TarBuilder symlink(String name, String target) {
        return entry('2', name, 0777, target, new byte[0]);
    }

    public TarBuilder link(String name, String target) {
        return entry('1', name, 0644, target, new byte[0]);
    }

    public TarBuilder fifo(String name) {
        return entry('6', name, 0600, "", new byte[0]);
    }

    public TarBuilder device(String name) {
        return entry('3', name, 0600, "", new byte[0]);
    }

    /// For the entries that follow.
    public TarBuilder mtime(long seconds) {
        mtime = seconds;
        return this;
    }

    /// PAX records for the next entry.
    public TarBuilder pax(Map<String, String> records) {
        return entry('x', "PaxHeaders/x", 0644, "", records(records));
    }

    public TarBuilder paxGlobal(Map<String, String> records) {
        return entry('g', "PaxHeaders/g", 0644, "", records(records));
    }

    public TarBuilder gnuLongName(String name) {
        return entry(
                'L', "././@LongLink", 0, "", (name + "\0").getBytes(StandardCharsets.ISO_8859_1));
    }

    public TarBuilder gnuLongLink(String name) {
        return entry(
                'K', "././@LongLink", 0, "", (name + "\0").getBytes(StandardCharsets.ISO_8859_1));
    }

    public TarBuilder entry(char type, String name, int mode, String link, byte[] content) {
        byte[] header = header(type, name, mode, link, content.length);
        sign(header);
        return raw(header).raw(content).raw(new byte[(512 - content.length % 512) % 512]);
    }

    /// A header without its checksum.
    public byte[] header(char type, String name, int mode, String link, long size) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 100, "%07o".formatted(mode));
        put(header, 108, "0001750");
        put(header, 116, "0001750");
        put(header, 124, "%011o".formatted(size));
        put(header, 136, "%011o".formatted(mtime));
        header[156] = (byte) type;
        put(header, 157, link);
        put(header, 257, "ustar\00000");
        return header;
    }

    public static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    public static byte[] sign(byte[] header) {
        put(header, 148, "        ");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, "%06o\0 ".formatted(sum));
        return header;
    }

    public TarBuilder raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /// The archive with its end marker.
    public byte[] end() {
        raw(new byte[1024]);
        return out.toByteArray();
    }

    public byte[] withoutEnd() {
        return out.toByteArray();
    }

    private static byte[] records(Map<String, String> records) {
        var out = new StringBuilder();
        records.forEach(
                (key, value) -> {
                    int rest = key.length() + value.length() + 3;
                    int length = rest + 1;
                    while (length != rest + Integer.toString(length).length()) {
                        length++;
                    }
                    out.append(length + " " + key + "=" + value + "\n");
                });
        return out.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
