// SPDX-License-Identifier: Apache-2.0
package org.amphora.yaml;

/// Something in a site's files that must be put right.
///
/// @param file path below the site's directory
/// @param line counted from 1; 1 when it concerns the whole file
public record Finding(String file, int line, String message) implements Comparable<Finding> {

    @Override
    public String toString() {
        return file + ":" + line + ": " + message;
    }

    @Override
    public int compareTo(Finding other) {
        int order = file.compareTo(other.file);
        if (order == 0) {
            order = Integer.compare(line, other.line);
        }
        return order == 0 ? message.compareTo(other.message) : order;
    }
}
