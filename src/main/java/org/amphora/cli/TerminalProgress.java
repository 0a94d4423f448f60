// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.amphora.progress.Progress;

/// Draws the running tasks as bars at the end of a terminal, one line each, at most ten times a
/// second; a finished task leaves one line behind. Without a terminal only those lines are printed.
final class TerminalProgress implements Progress {

    private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
    /// A task shorter than this leaves no line: nobody waited for it.
    private static final long WORTH_A_LINE_NANOS = Duration.ofMillis(300).toNanos();
    private static final int BAR_WIDTH = 24;
    private static final int LABEL_WIDTH = 28;

    private final PrintStream out;
    private final boolean terminal;
    private final List<Bar> running = new ArrayList<>();
    private int linesDrawn;
    private long lastDraw;

    /// @param terminal whether `out` is one, so that lines can be drawn over
    TerminalProgress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    @Override
    public synchronized Task begin(String label, long total, Unit unit) {
        Bar bar = new Bar(label, total, unit, System.nanoTime());
        running.add(bar);
        redraw(true);
        return bar;
    }

    /// Prints a line of text above the bars.
    synchronized void println(String line) {
        erase();
        out.println(line);
        draw();
    }

    private synchronized void advanced(Bar bar, long amount) {
        bar.done += amount;
        redraw(false);
    }

    private synchronized void finished(Bar bar) {
        if (!running.remove(bar)) {
            return;
        }
        erase();
        if (System.nanoTime() - bar.begun >= WORTH_A_LINE_NANOS) {
            out.println(bar.summary());
        }
        draw();
        out.flush();
    }

    private void redraw(boolean now) {
        if (!terminal || (!now && System.nanoTime() - lastDraw < REDRAW_NANOS)) {
            return;
        }
        erase();
        draw();
        out.flush();
    }

    private void erase() {
        if (linesDrawn > 0) {
            out.print("\u001b[" + linesDrawn + "A\r\u001b[J");
            linesDrawn = 0;
        }
    }

    private void draw() {
        if (!terminal) {
            return;
        }
        for (Bar bar : running) {
            out.println(bar.line());
        }
        linesDrawn = running.size();
        lastDraw = System.nanoTime();
    }

    /// `1.5 MB`, in powers of 1000.
    static String bytes(long count) {
        if (count < 1000) {
            return count + " B";
        }
        double value = count;
        int unit = -1;
        while (value >= 999.5 && unit < 4) {
            value /= 1000;
            unit++;
        }
        return (value < 10 ? String.format("%.1f", value) : String.format("%.0f", value))
                + " "
                + "kMGTP".charAt(unit)
                + "B";
    }

    private final class Bar implements Task {
        private final String label;
        private final long total;
        private final Unit unit;
        private final long begun;
        private long done;

        private Bar(String label, long total, Unit unit, long begun) {
            this.label = label;
            this.total = total;
            this.unit = unit;
            this.begun = begun;
        }

        @Override
        public void advance(long amount) {
            advanced(this, amount);
        }

        @Override
        public void close() {
            finished(this);
        }

        private String line() {
            double seconds = (System.nanoTime() - begun) / 1e9;
            StringBuilder text = new StringBuilder("  ").append(padded()).append(' ');
            if (total > 0) {
                double part = Math.min(1.0, (double) done / total);
                int filled = (int) (part * BAR_WIDTH);
                text.append('[')
                        .append("#".repeat(filled))
                        .append("-".repeat(BAR_WIDTH - filled))
                        .append("] ")
                        .append(String.format("%3d%% ", (int) (part * 100)));
            }
            text.append(total < 0 && done == 0 ? clock(seconds) : amount(done));
            if (seconds > 1 && done > 0) {
                text.append(", ").append(amount((long) (done / seconds))).append("/s");
                if (total > done) {
                    text.append(", ")
                            .append(clock((total - done) * seconds / done))
                            .append(" left");
                }
            }
            return text.toString();
        }

        private String summary() {
            double seconds = (System.nanoTime() - begun) / 1e9;
            return "  "
                    + padded()
                    + (done > 0 ? " " + amount(done) : "")
                    + String.format(" in %.1f s", seconds);
        }

        private String padded() {
            String shown =
                    label.length() <= LABEL_WIDTH
                            ? label
                            : label.substring(0, LABEL_WIDTH - 1) + "…";
            return shown + " ".repeat(LABEL_WIDTH - shown.length());
        }

        private String amount(long count) {
            return unit == Unit.BYTES ? bytes(count) : Long.toString(count);
        }

        private static String clock(double seconds) {
            long whole = (long) seconds;
            return String.format("%d:%02d", whole / 60, whole % 60);
        }
    }
}
