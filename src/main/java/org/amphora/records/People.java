// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.amphora.process.Command;

/// Names of users by their numbers, as this machine knows them; each is asked for once.
final class People {

    private final Map<Long, Person> known = new HashMap<>();
    private final Map<String, String> groups = new HashMap<>();

    /// @param login the number as text when this machine does not know the user
    /// @param team primary group; empty then
    record Person(String login, String team) {}

    /// Asks for all that are new at once: directories of large sites answer slowly.
    void learn(Collection<Long> uids) {
        List<String> argv = new ArrayList<>(List.of("getent", "passwd"));
        for (long uid : uids) {
            if (!known.containsKey(uid)) {
                known.put(uid, new Person(Long.toString(uid), ""));
                argv.add(Long.toString(uid));
            }
        }
        if (argv.size() > 2) {
            // Status 2: some are not known.
            for (String line : Command.of(argv).run().output().lines().toList()) {
                String[] fields = line.split(":");
                if (fields.length > 3) {
                    known.put(
                            Long.parseLong(fields[2]),
                            new Person(
                                    fields[0], groups.computeIfAbsent(fields[3], People::group)));
                }
            }
        }
    }

    Person of(long uid) {
        return known.getOrDefault(uid, new Person(Long.toString(uid), ""));
    }

    private static String group(String gid) {
        String line = Command.of("getent", "group", gid).run().output().strip();
        int colon = line.indexOf(':');
        return colon < 0 ? gid : line.substring(0, colon);
    }
}
