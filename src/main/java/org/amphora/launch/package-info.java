// SPDX-License-Identifier: Apache-2.0
/// From `exec IMG CMD…` to the launch plan that the starter obeys; the door is
/// {@link org.amphora.launch.Launch}.
///
/// Everything here runs in front of every container, so it loads nothing but the JDK's core and
/// these classes, and avoids what is slow in a cold virtual machine: regular expressions, streams,
/// format strings, lambdas. Opening an image for its facts happens once per image and lives behind
/// {@link org.amphora.launch.FactsCache}.
///
/// Arguments, variables and paths are *byte strings*: each `char` is one byte (ISO-8859-1), because
/// Linux passes bytes and an application must get its arguments unchanged, whatever the locale.
/// `Bytes` turns them into text for people and into files.
@NullMarked
package org.amphora.launch;

import org.jspecify.annotations.NullMarked;
