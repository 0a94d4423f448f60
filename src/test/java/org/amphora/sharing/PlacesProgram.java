// SPDX-License-Identifier: Apache-2.0
package org.amphora.sharing;

import java.nio.file.Path;

/// Somebody who stands in line for a pull: `DIRECTORY OWN ALL`. Prints what he is told, then
/// `there`, and leaves when his input ends.
final class PlacesProgram {

    public static void main(String[] args) throws Exception {
        long own = Long.parseLong(args[1]);
        long all = Long.parseLong(args[2]);
        Limits limits =
                new Limits(Limits.UNLIMITED, own, own, all, Limits.UNLIMITED, Path.of(args[0]));
        try (Places.Place _ = new Places(limits, System.out::println).enter(Places.Kind.PULL)) {
            System.out.println("there");
            while (System.in.read() >= 0) {}
        }
        System.out.println("left");
    }
}
