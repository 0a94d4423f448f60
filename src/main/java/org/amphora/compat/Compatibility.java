// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import org.amphora.compat.NodeReport.Result;
import org.amphora.compat.check.Catalogue;
import org.amphora.compat.check.Request;
import org.amphora.compat.check.Situation;
import org.amphora.contents.Contents;
import org.amphora.host.Host;

/// Tells before a run whether an image will work on a node, and what to do when it will not.
public final class Compatibility {

    private Compatibility() {}

    /// Puts all checks to one image, one node and one request. A function of the facts alone:
    /// nothing is read, run or changed.
    public static NodeReport check(Contents contents, Host host, Request request) {
        Situation situation = new Situation(contents, host, request);
        return new NodeReport(
                host.name().orElse("node"),
                Catalogue.checks().stream()
                        .map(check -> new Result(check, check.apply(situation)))
                        .toList());
    }
}
