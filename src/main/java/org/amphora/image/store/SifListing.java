// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.image.sif.SifFile;
import org.amphora.image.sif.SifHeader;
import org.amphora.image.sif.SifObject;
import org.amphora.problem.Problem;

/// Header and objects of a SIF file: the work behind `sif header`, `sif list` and `sif dump`.
public final class SifListing {
    private static final String RULE = "-".repeat(78);

    private static final List<String> UNITS = List.of("", " KiB", " MiB", " GiB", " TiB");

    private final List<Row> rows;

    /// One object.
    ///
    /// @param type as `apptainer sif list` names it, without what follows in brackets
    /// @param detail what follows in brackets, e.g. `Squashfs/*System/amd64`; may be empty
    /// @param group 0 for none
    /// @param link another object's id, or a group's when `linksGroup`; 0 for none
    /// @param offset of the first byte
    /// @param size in bytes; `offset + size` is behind the last one
    public record Row(
            int id,
            String type,
            String detail,
            String name,
            int group,
            int link,
            boolean linksGroup,
            long offset,
            long size) {

        /// Type and detail as Apptainer prints them.
        public String description() {
            return detail.isEmpty() ? type : type + " (" + detail + ")";
        }
    }

    private SifListing(List<Row> rows) {
        this.rows = List.copyOf(rows);
    }

    /// Reads the table of objects.
    ///
    /// @throws Problem when the file is no SIF or cannot be read
    public static SifListing of(Path image) {
        List<Row> rows = new ArrayList<>();
        for (SifObject object : SifFile.open(image).objects()) {
            rows.add(
                    new Row(
                            object.id(),
                            object.type().label(),
                            detail(object.detail()),
                            object.name(),
                            object.group(),
                            object.link(),
                            object.linksGroup(),
                            object.offset(),
                            object.size()));
        }
        return new SifListing(rows);
    }

    /// Writes the bytes of an object.
    ///
    /// @throws Problem when there is no such object, or the file cannot be read
    /// @throws IOException when `out` cannot be written to
    public static void dump(Path image, int id, OutputStream out) throws IOException {
        SifFile sif = SifFile.open(image);
        SifObject object =
                sif.object(id)
                        .orElseThrow(
                                () ->
                                        new Problem(
                                                "cannot dump object " + id + " of " + image,
                                                "there is no object of that id",
                                                "amphora sif list " + image));
        sif.copy(object, out);
    }

    /// The header as `apptainer sif header` prints it.
    public static String headerText(Path image) {
        SifHeader header = SifFile.open(image).header();
        StringBuilder out = new StringBuilder();
        line(out, "Launch Script", header.launchScript().strip());
        line(out, "Version", header.version());
        line(out, "Primary Architecture", header.architecture().ociName());
        line(out, "ID", header.uuid());
        line(out, "Created At", time(header.created()));
        line(out, "Modified At", time(header.modified()));
        line(out, "Descriptors Free", header.descriptorsFree());
        line(out, "Descriptors Total", header.descriptorsTotal());
        line(out, "Descriptors Offset", header.descriptorsOffset());
        line(out, "Descriptors Size", rounded(header.descriptorsSize()));
        line(out, "Data Offset", header.dataOffset());
        line(out, "Data Size", rounded(header.dataSize()));
        return out.toString();
    }

    /// The header as a JSON object; sizes in bytes, times in seconds since 1970.
    public static String headerJson(Path image) {
        SifHeader header = SifFile.open(image).header();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("launchScript", header.launchScript().strip());
        object.put("version", header.version());
        object.put("architecture", header.architecture().ociName());
        object.put("id", header.uuid().toString());
        object.put("created", header.created());
        object.put("modified", header.modified());
        object.put("descriptorsFree", header.descriptorsFree());
        object.put("descriptorsTotal", header.descriptorsTotal());
        object.put("descriptorsOffset", header.descriptorsOffset());
        object.put("descriptorsSize", header.descriptorsSize());
        object.put("dataOffset", header.dataOffset());
        object.put("dataSize", header.dataSize());
        return GoJson.indented(object) + "\n";
    }

    public List<Row> rows() {
        return rows;
    }

    /// The table as `apptainer sif list` prints it.
    public String text() {
        StringBuilder out = new StringBuilder(RULE).append('\n');
        out.append("ID   |GROUP   |LINK    |SIF POSITION (start-end)  |TYPE\n");
        out.append(RULE).append('\n');
        for (Row row : rows) {
            cell(out, String.valueOf(row.id()), 5);
            cell(out, "|" + (row.group() == 0 ? "NONE" : String.valueOf(row.group())), 9);
            cell(out, "|" + link(row), 9);
            cell(out, "|" + row.offset() + "-" + (row.offset() + row.size()), 27);
            out.append('|').append(row.description()).append('\n');
        }
        return out.toString();
    }

    /// A JSON array with an object for each row.
    public String json() {
        if (rows.isEmpty()) {
            return "[]\n";
        }
        StringBuilder out = new StringBuilder("[");
        for (Row row : rows) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("id", row.id());
            object.put("type", row.description());
            object.put("name", row.name());
            object.put("group", row.group());
            object.put("link", row.linksGroup() ? 0 : row.link());
            object.put("linkedGroup", row.linksGroup() ? row.link() : 0);
            object.put("offset", row.offset());
            object.put("size", row.size());
            object.put("end", row.offset() + row.size());
            out.append(out.length() == 1 ? "\n" : ",\n").append(GoJson.indented(object));
        }
        return out.append("\n]\n").toString();
    }

    private static String link(Row row) {
        if (row.link() == 0) {
            return "NONE";
        }
        String id = String.valueOf(row.link());
        return row.linksGroup() ? id + " ".repeat(Math.max(0, 4 - id.length())) + "(G)" : id;
    }

    private static void line(StringBuilder out, String name, Object value) {
        cell(out, name + ":", 22);
        out.append(value).append('\n');
    }

    private static String time(long seconds) {
        return Instant.ofEpochSecond(seconds)
                .toString()
                .replace('T', ' ')
                .replace("Z", " +0000 UTC");
    }

    /// As Apptainer, which drops the rest of each division.
    private static String rounded(long bytes) {
        long size = bytes;
        int unit = 0;
        for (; size > 1024 && unit < UNITS.size() - 1; size /= 1024) {
            unit++;
        }
        return size + UNITS.get(unit);
    }

    private static String detail(SifObject.Detail detail) {
        return switch (detail) {
            case SifObject.Plain _ -> "";
            case SifObject.Remark remark -> remark.text();
            case SifObject.Partition partition ->
                    partition.fileSystem().label()
                            + "/"
                            + partition.role().label()
                            + "/"
                            + partition.architecture().ociName();
        };
    }

    private static void cell(StringBuilder out, String text, int width) {
        out.append(text).append(" ".repeat(Math.max(1, width - text.length())));
    }
}
