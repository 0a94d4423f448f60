// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.contents.Binaries;
import org.amphora.host.Fact;

/// R6.3: the image was linked for smaller memory pages.
final class PageSize {

    static final Check CHECK =
            new Check(
                    "PAGE-SIZE",
                    "R6.3",
                    Severity.BLOCK,
                    "The image was linked for smaller memory pages",
                    """
                    Some ARM and POWER nodes run a kernel with pages of 64 KiB. A program whose segments
                    are aligned for 4 KiB cannot be mapped there.
                    """,
                    "gABI program header p_align; glibc elf/dl-load.c",
                    PageSize::look);

    private PageSize() {}

    private static Outcome look(Situation s) {
        Fact<Integer> page = s.host().kernel().pageSize();
        if (page.value().isEmpty()) {
            return Outcome.unknown("the node's page size: " + page);
        }
        Binaries.Alignment smallest = s.contents().binaries().smallestAlignment().orElse(null);
        if (smallest == null) {
            return Outcome.unknown("how the image's programs are aligned");
        }
        int size = page.orElse(4096);
        if (smallest.bytes() >= size || smallest.bytes() == 0) {
            return Outcome.passed("aligned for " + smallest.bytes() + " bytes, pages have " + size);
        }
        return Outcome.found(
                Severity.BLOCK,
                smallest.path()
                        + " is linked for pages of "
                        + smallest.bytes()
                        + " bytes; this node's have "
                        + size
                        + ".",
                List.of(
                        Evidence.of(page),
                        Evidence.image(smallest.path(), "p_align " + smallest.bytes())),
                "ELF load command alignment not page-aligned",
                new Fix.Advice(
                        "rebuild with -Wl,-z,max-page-size="
                                + size
                                + " (jemalloc: --with-lg-page=16), or use a node with a 4 KiB kernel"));
    }
}
