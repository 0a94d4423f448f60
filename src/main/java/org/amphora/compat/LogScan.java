// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Looks for symptoms in a log, line by line. A carriage return ends a line too, as progress bars
/// use it, but is not counted; a line longer than {@link #LONGEST} is looked at in pieces of that
/// length.
final class LogScan {

    static final int LONGEST = 64 * 1024;
    private static final int SHOWN = 400;
    private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;?]*[A-Za-z]");
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private final List<Symptom> symptoms;
    private final int[] owner;
    private final TextSearch search;
    private final Map<Symptom, Hit> hits = new LinkedHashMap<>();
    private final byte[] line = new byte[LONGEST];
    private long number = 1;

    /// The first line with a symptom, and how many there are.
    record Hit(long line, String text, long count) {
        Hit again() {
            return new Hit(line, text, count + 1);
        }
    }

    LogScan(List<Symptom> symptoms) {
        this.symptoms = symptoms;
        var words = new java.util.ArrayList<String>();
        var owners = new java.util.ArrayList<Integer>();
        for (int i = 0; i < symptoms.size(); i++) {
            for (LinePattern text : symptoms.get(i).texts()) {
                words.add(text.longest());
                owners.add(i);
            }
        }
        search = new TextSearch(words);
        owner = owners.stream().mapToInt(Integer::intValue).toArray();
    }

    void read(InputStream log) throws IOException {
        byte[] buffer = new byte[LONGEST];
        int length = 0;
        for (int got = log.read(buffer); got >= 0; got = log.read(buffer)) {
            for (int at = 0; at < got; at++) {
                byte b = buffer[at];
                boolean end = b == '\n' || b == '\r';
                if (!end) {
                    line[length++] = b;
                }
                if (end || length == LONGEST) {
                    look(length);
                    length = 0;
                }
                number += b == '\n' ? 1 : 0;
            }
        }
        look(length);
    }

    Map<Symptom, Hit> hits() {
        return hits;
    }

    private void look(int length) {
        BitSet words = search.in(line, 0, length);
        if (words.isEmpty()) {
            return;
        }
        BitSet candidates = new BitSet();
        words.stream().forEach(word -> candidates.set(owner[word]));
        String plain = plain(length);
        Predicate<Symptom> fits = symptom -> symptom.matches(plain);
        candidates.stream()
                .mapToObj(symptoms::get)
                .filter(fits)
                .findFirst()
                .ifPresent(symptom -> note(symptom, plain));
    }

    private void note(Symptom symptom, String plain) {
        String shown = plain.length() > SHOWN ? plain.substring(0, SHOWN) + "…" : plain;
        hits.merge(symptom, new Hit(number, shown.strip(), 1), (hit, _) -> hit.again());
    }

    /// Without what would colour or move a terminal.
    private String plain(int length) {
        String text = new String(line, 0, length, StandardCharsets.UTF_8);
        return CONTROL.matcher(COLOUR.matcher(text).replaceAll("")).replaceAll(" ");
    }
}
