// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/// Finds any of many words in one pass over the bytes (Aho and Corasick 1975), so that the time for
/// a log does not grow with the table.
final class TextSearch {

    /// Which column of the transition table a byte has; 0 is "in no word".
    private final int[] columns = new int[256];

    private final int width;
    private final int[] next;
    private final BitSet[] found;

    TextSearch(List<String> words) {
        List<byte[]> bytes =
                words.stream().map(word -> word.getBytes(StandardCharsets.UTF_8)).toList();
        int used = 1;
        int states = 1;
        for (byte[] word : bytes) {
            states += word.length;
            for (byte b : word) {
                if (columns[b & 0xff] == 0) {
                    columns[b & 0xff] = used++;
                }
            }
        }
        width = used;
        next = new int[states * width];
        found = new BitSet[states];
        Arrays.setAll(found, state -> new BitSet());
        int last = 0;
        for (int word = 0; word < bytes.size(); word++) {
            last = insert(bytes.get(word), word, last);
        }
        link();
    }

    /// The words, by number, that occur in these bytes.
    BitSet in(byte[] text, int from, int to) {
        BitSet result = new BitSet();
        int state = 0;
        for (int at = from; at < to; at++) {
            state = next[state * width + columns[text[at] & 0xff]];
            if (!found[state].isEmpty()) {
                result.or(found[state]);
            }
        }
        return result;
    }

    private int insert(byte[] word, int number, int lastState) {
        int last = lastState;
        int state = 0;
        for (byte b : word) {
            int cell = state * width + columns[b & 0xff];
            if (next[cell] == 0) {
                next[cell] = ++last;
            }
            state = next[cell];
        }
        found[state].set(number);
        return last;
    }

    /// Fills in where to go on when a word breaks off, breadth first, so that no step goes back.
    private void link() {
        int[] fail = new int[found.length];
        Deque<Integer> queue = new ArrayDeque<>(children(0));
        while (!queue.isEmpty()) {
            int state = queue.remove();
            for (int column = 0; column < width; column++) {
                int child = next[state * width + column];
                int other = next[fail[state] * width + column];
                if (child == 0) {
                    next[state * width + column] = other;
                } else {
                    fail[child] = other;
                    found[child].or(found[other]);
                    queue.add(child);
                }
            }
        }
    }

    private List<Integer> children(int state) {
        List<Integer> children = new ArrayList<>();
        for (int column = 0; column < width; column++) {
            if (next[state * width + column] != 0) {
                children.add(next[state * width + column]);
            }
        }
        return children;
    }
}
