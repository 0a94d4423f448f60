// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.compat.check.Catalogue;
import org.amphora.compat.check.Check;

/// The documentation of the checks, made from the checks themselves: a page each and a list.
public final class CheckPages {

    private CheckPages() {}

    /// File name to text, `README.md` first.
    public static Map<String, String> all() {
        Map<String, String> pages = new LinkedHashMap<>();
        pages.put("README.md", list());
        for (Check check : Catalogue.checks()) {
            pages.put(check.id() + ".md", page(check));
        }
        return pages;
    }

    private static String list() {
        StringBuilder page = new StringBuilder();
        page.append("# The checks\n\n");
        page.append(
                "What `amphora check` looks at, in the order of how often the trouble is met. ");
        page.append("How to read its output stands in [check.md](../check.md).\n");
        page.append(
                "These pages are made from the checks (`amphora generate checks docs/checks`).\n\n");
        page.append("| check | finds | at worst |\n|---|---|---|\n");
        for (Check check : Catalogue.checks()) {
            page.append(
                    "| [%s](%s.md) | %s | %s |\n"
                            .formatted(
                                    check.id(),
                                    check.id(),
                                    check.title(),
                                    check.severity().words()));
        }
        return page.toString();
    }

    private static String page(Check check) {
        StringBuilder page = new StringBuilder();
        page.append("# ").append(check.id()).append(": ").append(check.title()).append("\n\n");
        page.append(check.about()).append("\n\n");
        page.append("- at worst: ").append(check.severity().words()).append('\n');
        page.append("- rule: ").append(check.rules()).append('\n');
        page.append("- source: ").append(check.source()).append('\n');
        List<Symptom> symptoms =
                Symptoms.all().stream().filter(one -> one.check().equals(check.id())).toList();
        if (!symptoms.isEmpty()) {
            page.append("\n## What logs show\n");
            symptoms.forEach(symptom -> page.append(symptom(symptom)));
        }
        return page.toString();
    }

    private static String symptom(Symptom symptom) {
        StringBuilder text = new StringBuilder("\n```\n");
        symptom.examples().forEach(example -> text.append(example.strip()).append('\n'));
        text.append("```\n\n").append(symptom.cause()).append("\n\n");
        return text.append("To do: ").append(symptom.fix()).append('\n').toString();
    }
}
