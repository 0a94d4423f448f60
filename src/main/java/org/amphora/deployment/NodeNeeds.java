// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.amphora.catalog.AppVersion.Needs;
import org.amphora.fragment.Fragment;
import org.amphora.fragment.NodeFolder;
import org.amphora.problem.Problem;

/// What deployed commands want of the node that they start on. The name of the fragment that they
/// include says it all, so that a node needs to know nothing but the commands:
/// `IMAGE-gpu-mpi.plan`.
///
/// @param image in the cluster's root
public record NodeNeeds(Path image, boolean gpu, boolean mpi) {
    private static final String GPU = "-gpu";
    private static final String MPI = "-mpi";
    private static final String IMAGE = ".sif";
    private static final String INCLUDE = "include-optional\t" + NodeFolder.SHARED + "/";

    /// Deeper lies nothing: commands/APP/VERSION/bin/COMMAND.
    private static final int DEPTH = 4;

    NodeNeeds(Path image, Needs needs) {
        this(image, needs.gpu(), needs.mpi());
    }

    /// File name of the fragment.
    public String name() {
        String file = String.valueOf(image.getFileName());
        String stem = file.endsWith(IMAGE) ? file.substring(0, file.length() - 4) : file;
        return stem + (gpu ? GPU : "") + (mpi ? MPI : "") + Fragment.ENDING;
    }

    /// Of all commands below a cluster's root, each once.
    ///
    /// @throws Problem when it cannot be read
    public static List<NodeNeeds> in(Path root) {
        Layout layout = new Layout(root);
        Set<String> names = new TreeSet<>();
        Path commands = root.resolve("commands");
        try (Stream<Path> files = Files.walk(commands, DEPTH)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                addNames(file, names);
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot see what is deployed below " + root,
                    "no commands can be read in " + commands + " (" + e.getMessage() + ")",
                    "name the root of a cluster, as in clusters/NAME.yaml of the site",
                    e);
        }
        List<NodeNeeds> all = new ArrayList<>();
        for (String name : names) {
            String rest = name.substring(0, name.length() - Fragment.ENDING.length());
            boolean mpi = rest.endsWith(MPI);
            rest = mpi ? rest.substring(0, rest.length() - MPI.length()) : rest;
            boolean gpu = rest.endsWith(GPU);
            rest = gpu ? rest.substring(0, rest.length() - GPU.length()) : rest;
            all.add(new NodeNeeds(layout.images().resolve(rest + IMAGE), gpu, mpi));
        }
        return all;
    }

    private static void addNames(Path command, Set<String> names) throws IOException {
        for (String line : Files.readAllLines(command, StandardCharsets.ISO_8859_1)) {
            if (line.startsWith(INCLUDE) && line.endsWith(Fragment.ENDING)) {
                names.add(line.substring(INCLUDE.length()));
            }
        }
    }
}
