// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.io.PrintStream;

/// How often a prediction of failure was right, and how many failures were predicted.
final class Score {

    private int foreseen;
    private int falseAlarms;
    private int warned;
    private int missed;
    private int sound;

    /// @param predicted whether a check has blocked
    /// @param seen whether it failed
    /// @param named whether the right check has spoken at all
    void add(boolean predicted, boolean seen, boolean named) {
        if (predicted && seen) {
            foreseen++;
        } else if (predicted) {
            falseAlarms++;
        } else if (seen && named) {
            warned++;
        } else if (seen) {
            missed++;
        } else {
            sound++;
        }
    }

    void print(PrintStream out) {
        out.printf(
                "predictions against reality: precision %.1f %%, recall %.1f %%"
                        + " (%d failures foreseen, %d only warned of, %d missed, %d false alarms,"
                        + " %d sound)%n",
                percent(foreseen, falseAlarms),
                percent(foreseen, warned + missed),
                foreseen,
                warned,
                missed,
                falseAlarms,
                sound);
    }

    private static double percent(int right, int wrong) {
        return right + wrong == 0 ? 100 : 100.0 * right / (right + wrong);
    }
}
