// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

/// Resource limits of the one who probed (/proc/self/limits).
public record Limits(
        Fact<Limit> lockedMemory,
        Fact<Limit> openFiles,
        Fact<Limit> stack,
        Fact<Limit> processes,
        Fact<Limit> addressSpace) {

    public Limits {
        lockedMemory = Fact.given(lockedMemory);
        openFiles = Fact.given(openFiles);
        stack = Fact.given(stack);
        processes = Fact.given(processes);
        addressSpace = Fact.given(addressSpace);
    }

    /// Bytes or a number; {@link Long#MAX_VALUE} is unlimited.
    public record Limit(long soft, long hard) {

        @Override
        public String toString() {
            return text(soft) + " (hard " + text(hard) + ")";
        }

        private static String text(long value) {
            return value == Long.MAX_VALUE ? "unlimited" : Long.toString(value);
        }
    }
}
