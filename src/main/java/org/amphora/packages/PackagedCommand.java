// SPDX-License-Identifier: Apache-2.0
package org.amphora.packages;

/// A program of an image and the package that brought it.
///
/// @param path in the image
/// @param manager whose records say so: `dpkg`, `apk`, `conda`, `python`
/// @param isWanted whether somebody asked for that package; else it came as a dependency or with
///     the base
public record PackagedCommand(
        String name,
        String path,
        String packageName,
        String version,
        String manager,
        boolean isWanted) {}
