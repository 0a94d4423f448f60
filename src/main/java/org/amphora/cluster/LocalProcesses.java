// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The processes of a job of the local queue, which are those of its session, as /proc shows them
/// (proc(5)). Processes come and go while they are looked at; what is gone counts for nothing.
final class LocalProcesses {
    private static final Path PROC = Path.of("/proc");

    private LocalProcesses() {}

    static List<Long> ofSession(long session) {
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : all) {
                if (session(process) == session) {
                    found.add(Long.parseLong(process.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            return found;
        }
        return found;
    }

    /// The sixth field of `stat`; the second, in parentheses, may hold anything.
    private static long session(Path process) {
        try {
            String stat = Files.readString(process.resolve("stat"));
            return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3]);
        } catch (IOException e) {
            return -1;
        }
    }

    /// Proportional set sizes and what is swapped out.
    static long memoryInBytes(List<Long> processes) {
        return processes.stream().mapToLong(LocalProcesses::memoryInBytes).sum();
    }

    private static long memoryInBytes(long pid) {
        try {
            long kibibytes = 0;
            for (String line :
                    Files.readAllLines(PROC.resolve(Long.toString(pid)).resolve("smaps_rollup"))) {
                if (line.startsWith("Pss:") || line.startsWith("SwapPss:")) {
                    kibibytes += Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
            return kibibytes << 10;
        } catch (IOException e) {
            return 0;
        }
    }
}
