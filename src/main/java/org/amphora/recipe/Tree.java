// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.amphora.problem.Problem;

/// Finds files below a root directory as a process whose root it is would: an absolute symbolic
/// link leads to the tree's own files, and `..` never out of it.
final class Tree {

    /// As the kernel (path_resolution(7)).
    private static final int LINK_LIMIT = 40;

    private Tree() {}

    /// Where a path of the tree is on disk. What does not exist yet is taken for a directory.
    ///
    /// @throws Problem when symbolic links go in circles, or a directory of the tree is closed to
    ///     this user
    static Path resolve(Path root, String path) {
        Deque<String> rest = new ArrayDeque<>();
        push(rest, path);
        Path at = root;
        int links = 0;
        while (!rest.isEmpty()) {
            String name = rest.pop();
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (name.equals("..")) {
                at = at.equals(root) ? root : at.resolveSibling("").normalize();
                continue;
            }
            Path next = at.resolve(name);
            if (!isLink(next, path)) {
                at = next;
                continue;
            }
            if (++links > LINK_LIMIT) {
                throw new Problem(
                        "cannot find " + path + " in the image",
                        "more than " + LINK_LIMIT + " symbolic links on the way",
                        "name another destination");
            }
            String target = target(next);
            push(rest, target);
            at = target.startsWith("/") ? root : at;
        }
        return at;
    }

    private static boolean isLink(Path path, String wanted) {
        try {
            Files.readAttributes(
                    path,
                    java.nio.file.attribute.BasicFileAttributes.class,
                    java.nio.file.LinkOption.NOFOLLOW_LINKS);
            return Files.isSymbolicLink(path);
        } catch (AccessDeniedException e) {
            throw new Problem(
                    "cannot copy to " + wanted,
                    "a directory on the way belongs to another user of the image",
                    "copy it elsewhere and move it in %post",
                    e);
        } catch (IOException e) {
            return false;
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            throw new Problem(
                    "cannot follow the symbolic link " + link,
                    String.valueOf(e),
                    "name another destination",
                    e);
        }
    }

    private static void push(Deque<String> rest, String path) {
        String[] names = path.split("/");
        for (int i = names.length - 1; i >= 0; i--) {
            rest.push(names[i]);
        }
    }
}
