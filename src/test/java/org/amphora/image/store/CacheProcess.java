// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.image.Digest;
import org.amphora.progress.Progress;

/// Another process that wants the image of `CacheTest`: `CACHE make MILLISECONDS`. It says what it
/// does, one line each.
final class CacheProcess {

    public static void main(String[] args) throws Exception {
        Progress talk =
                (label, total, unit) -> {
                    System.out.println(label);
                    return Progress.NONE.begin(label, total, unit);
                };
        Path image =
                Cache.at(Path.of(args[0]))
                        .getOrMake(
                                Cache.Kind.IMAGE,
                                Digest.of("x"),
                                talk,
                                to -> {
                                    Files.writeString(to, "half");
                                    System.out.println("I make");
                                    CacheTest.pause(Long.parseLong(args[2]));
                                    Files.writeString(to, "whole");
                                });
        System.out.println("content=" + Files.readString(image));
    }
}
