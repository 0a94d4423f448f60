// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.elf.Version;

/// What stands out among the programs and libraries of an image. Libraries that are the C library
/// itself, and variants in `glibc-hwcaps`, which are never forced on a machine, are left out.
///
/// @param count how many were read
/// @param kernelFloors files whose ABI note asks for a newer kernel than the C library does
/// @param levels files that need more than the x86-64 baseline
/// @param strangers programs that the image's own machine and files cannot start
/// @param executableStacks libraries that want an executable stack
/// @param smallestAlignment the file whose segments are aligned for the smallest pages, among
///     programs and libraries of the main architecture
/// @param sonames the libraries in the linker's default and configured directories: SONAME to path
/// @param cxx the newest libstdc++; empty when there is none
/// @param libraryPath the directories that the linker of the image searches, in order: those of
///     `LD_LIBRARY_PATH` of the image, of `/etc/ld.so.conf`, the default ones
public record Binaries(
        long count,
        List<Floor> kernelFloors,
        List<Level> levels,
        List<Stranger> strangers,
        List<String> executableStacks,
        Optional<Alignment> smallestAlignment,
        Map<String, String> sonames,
        Optional<Cxx> cxx,
        List<Directory> libraryPath) {

    public Binaries {
        kernelFloors = List.copyOf(kernelFloors);
        levels = List.copyOf(levels);
        strangers = List.copyOf(strangers);
        executableStacks = List.copyOf(executableStacks);
        sonames = Ordered.copy(sonames);
        libraryPath = List.copyOf(libraryPath);
    }

    /// A file that asks for a kernel.
    ///
    /// @param neededBy the programs that load it when they start, directly or through others
    public record Floor(String path, Version kernel, List<String> neededBy) {
        public Floor {
            neededBy = List.copyOf(neededBy);
        }
    }

    /// A file that needs an x86-64 level.
    ///
    /// @param level 2 to 4
    public record Level(String path, int level) {}

    /// A program of another machine, or one whose loader is not in the image.
    ///
    /// @param missing the loader that it names
    public record Stranger(String path, String architecture, Optional<String> missing) {}

    /// A file and the greatest alignment of its segments in bytes.
    public record Alignment(String path, long bytes) {}

    /// A libstdc++.
    ///
    /// @param glibcxx the greatest `GLIBCXX_` it defines
    /// @param cxxabi the greatest `CXXABI_` it defines
    public record Cxx(String path, Optional<Version> glibcxx, Optional<Version> cxxabi) {}

    /// A directory that the linker searches.
    ///
    /// @param from who says so: `LD_LIBRARY_PATH`, a file below `/etc`, or `default`
    public record Directory(String path, String from) {}
}
