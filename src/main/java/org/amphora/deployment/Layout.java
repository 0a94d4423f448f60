// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.nio.file.Path;

/// Where things lie below a cluster's root:
/// ```
/// images/HEX.sif                           each image once
/// copies/HEX-HASH/…                        what commands of an image read when they start
/// commands/APP/VERSION -> .VERSION-HASH    bin/COMMAND, what users have on PATH
/// apps/APP/KEY/modules/…                modulefiles of one state of an application
/// apps/APP/current -> KEY                  the state that counts: one rename changes it
/// modules/{lmod,tcl}/APP -> …/current/…    what users have on MODULEPATH
/// retired/                                 what may go after a while
/// ```
record Layout(Path root) {

    Path lock() {
        return root.resolve(".lock");
    }

    Path images() {
        return root.resolve("images");
    }

    Path copies() {
        return root.resolve("copies");
    }

    Path app(String app) {
        return root.resolve("apps").resolve(app);
    }

    Path current(String app) {
        return app(app).resolve("current");
    }

    Path state(String app, String key) {
        return app(app).resolve(key);
    }

    Path commands(String app) {
        return root.resolve("commands").resolve(app);
    }

    /// The directory that goes on PATH; the same as long as the version exists.
    Path bin(String app, String version) {
        return commands(app).resolve(version).resolve("bin");
    }

    /// @param tool one of {@link org.amphora.modulefile.Modulefiles#TOOLS}
    Path modules(String tool) {
        return root.resolve("modules").resolve(tool);
    }

    Path retired() {
        return root.resolve("retired");
    }
}
