// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Fact;

/// R5.12, R5.13: names and displays of the node.
final class Resolv {

    static final Check CHECK =
            new Check(
                    "RESOLV",
                    "R5.12, R5.13",
                    Severity.INFO,
                    "Names and displays of the node",
                    """
                    Name servers come from the node's `/etc/resolv.conf`. A stub resolver on 127.0.0.53
                    answers on the node's network only, which the container shares. X11 needs the
                    display's socket and cookie.
                    """,
                    "resolv.conf(5); systemd-resolved.service(8); X(7)",
                    Resolv::look);

    private Resolv() {}

    private static Outcome look(Situation s) {
        Fact<List<String>> servers = s.host().nameServers();
        if (servers.isUnknown()) {
            return Outcome.unknown("the node's name servers: " + servers);
        }
        if (servers.orElse(List.of()).isEmpty()) {
            return Outcome.found(
                    Severity.INFO,
                    "This node has no name server in /etc/resolv.conf; only names in /etc/hosts resolve inside.",
                    List.of(Evidence.of(servers)),
                    "Temporary failure in name resolution",
                    new Fix.Command("amphora exec --dns ADDRESS IMAGE …"));
        }
        String display = s.request().variable("DISPLAY");
        String cookie = s.request().variable("XAUTHORITY");
        if (!display.isEmpty() && !cookie.isEmpty() && !Visible.isVisible(s.request(), cookie)) {
            return Outcome.found(
                    Severity.INFO,
                    "XAUTHORITY names "
                            + cookie
                            + ", which the container does not see, so the display refuses programs.",
                    List.of(
                            new Evidence("environment DISPLAY", display),
                            new Evidence("environment XAUTHORITY", cookie)),
                    "cannot open display: " + display,
                    new Fix.Command("amphora exec --bind " + cookie + " IMAGE …"));
        }
        return Outcome.passed("name servers " + Evidence.some(servers.orElse(List.of())));
    }
}
