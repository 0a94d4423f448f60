// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Nodes that amphora-alice reaches by real sshd, each with its own host name and `/var/tmp`,
/// started by `setup/ssh-nodes`. They end with this object, and with this process should that be
/// killed.
public final class SshNodes implements AutoCloseable {

    private final Daemons daemons;

    private SshNodes(Daemons daemons) {
        this.daemons = daemons;
    }

    /// Takes about a second. Skips the test on a machine without sshd, or when not root.
    ///
    /// @param names of nodes; what is sent to one whose name begins with `broken` arrives in part
    public static SshNodes start(String... names) throws IOException {
        Needs.that(Files.isExecutable(Path.of("/usr/sbin/sshd")), "sshd", "no /usr/sbin/sshd");
        Needs.user("amphora-alice");
        String[] arguments = new String[names.length + 1];
        arguments[0] = "amphora-alice";
        System.arraycopy(names, 0, arguments, 1, names.length);
        return new SshNodes(Daemons.start("ssh-nodes", arguments));
    }

    /// Words before a command that bring it to a node.
    public List<String> entry(String node) {
        return List.of(
                "nsenter", "--target=" + daemons.environment().get(node), "--mount", "--uts");
    }

    /// A node's own `/var/tmp`.
    public Path disk(String node) {
        return daemons.directory().resolve("files-" + node).resolve("var/tmp");
    }

    @Override
    public void close() throws IOException {
        daemons.close();
    }
}
