// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.contents.Contents;
import org.amphora.host.Host;
import org.amphora.image.store.Cache;
import org.amphora.injection.Injection;
import org.amphora.injection.InjectionRequest;
import org.jspecify.annotations.Nullable;

/// What `--gpu`, `--mpi`, `--fix` and `--containlibs` bring, as directives. Without the first
/// three, and on nodes without such a GPU, nothing is looked at, and none of the classes behind
/// it is loaded.
final class NodeParts {
    private final List<Bind> files = new ArrayList<>();
    private final List<String> devices = new ArrayList<>();
    private @Nullable Injection injection;

    private NodeParts() {}

    /// @param root the node's root directory, `""` for this one
    /// @param image its path, a byte string
    static NodeParts of(
            LaunchArguments arguments,
            Caller caller,
            Messages messages,
            String root,
            String image) {
        NodeParts parts = new NodeParts();
        parts.addLibraries(arguments, caller);
        if (isAskedFor(arguments)) {
            parts.addInjection(arguments, caller, messages, root, image);
        }
        return parts;
    }

    private void addLibraries(LaunchArguments arguments, Caller caller) {
        for (String library : arguments.items(LaunchOption.CONTAINLIBS)) {
            String source = Bind.absolute(library, caller.directory());
            String name = source.substring(source.lastIndexOf('/') + 1);
            files.add(new Bind(source, ContainerEnvironment.LIBRARIES + "/" + name, true));
        }
    }

    private static boolean isAskedFor(LaunchArguments arguments) {
        return arguments.value(LaunchOption.GPU) != null
                || arguments.value(LaunchOption.MPI) != null
                || arguments.value(LaunchOption.FIX) != null
                || arguments.has(LaunchOption.NV)
                || arguments.has(LaunchOption.NVCCLI)
                || arguments.has(LaunchOption.ROCM);
    }

    private void addInjection(
            LaunchArguments arguments,
            Caller caller,
            Messages messages,
            String root,
            String image) {
        InjectionRequest request = NodeRequest.of(arguments, caller, messages, root);
        if (request.isEmpty()) {
            return;
        }
        Path file = Path.of(Bytes.text(image));
        Path cache = Cache.rootOf(caller.environment()).toAbsolutePath();
        Contents contents = Contents.of(file, cache);
        Host host = Host.probe(Path.of(root.isEmpty() ? "/" : root));
        Injection found = Injection.of(host, contents, request);
        for (String warning : found.warnings()) {
            messages.warning(Bytes.raw(warning));
        }
        for (Injection.Bind bind : found.binds()) {
            files.add(new Bind(Bytes.raw(bind.source()), Bytes.raw(bind.destination()), true));
        }
        for (Map.Entry<String, Path> copy :
                ChangedCopies.of(file, found.copies(), cache).entrySet()) {
            files.add(
                    new Bind(
                            Bytes.raw(copy.getValue().toString()), Bytes.raw(copy.getKey()), true));
        }
        for (String device : found.devices()) {
            devices.add(Bytes.raw(device));
        }
        injection = found;
    }

    /// Files of the node, read-only, at their places in the container.
    List<Bind> files() {
        return files;
    }

    /// Paths that are the same inside; needed where `/dev` is small.
    List<String> devices() {
        return devices;
    }

    /// Adds what is no bind of a file: reasons, links, directories, variables. It stands before the
    /// image's environment, which fills what is left.
    void addTo(LaunchPlan plan) {
        if (injection != null) {
            add(plan, injection);
        }
    }

    static void add(LaunchPlan plan, Injection injection) {
        for (String note : injection.notes()) {
            plan.comment(Bytes.raw(note));
        }
        for (Injection.Link link : injection.links()) {
            plan.add("symlink", Bytes.raw(link.target()), Bytes.raw(link.path()));
        }
        for (String directory : injection.directories()) {
            plan.add("bind", Bytes.raw(directory), Bytes.raw(directory), "rw,rec,optional");
        }
        if (!injection.unset().isEmpty()) {
            plan.add("env-drop", injection.unset().toArray(new String[0]));
        }
        for (Map.Entry<String, String> variable : injection.set().entrySet()) {
            plan.add("env-set", variable.getKey(), Bytes.raw(variable.getValue()));
        }
    }
}
