// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.amphora.contents.Contents;
import org.amphora.host.Host;
import org.amphora.image.store.Cache;
import org.amphora.injection.Injection;
import org.amphora.injection.InjectionRequest;
import org.amphora.injection.InjectionRequest.GpuChoice;
import org.amphora.injection.InjectionRequest.MpiModel;
import org.jspecify.annotations.Nullable;

/// What `--gpu` and `--mpi` bring from the node, as directives. Without these options nothing is
/// looked at, and none of the classes behind it is loaded.
final class NodeParts {
    private static final NodeParts NONE = new NodeParts(null);

    private final @Nullable Injection injection;

    private NodeParts(@Nullable Injection injection) {
        this.injection = injection;
    }

    /// @param image its path, a byte string
    static NodeParts of(LaunchArguments arguments, Caller caller, String image) {
        String gpu = arguments.value(LaunchOption.GPU);
        String mpi = arguments.value(LaunchOption.MPI);
        if (isNone(gpu) && isNone(mpi)) {
            return NONE;
        }
        InjectionRequest request = request(gpu, mpi, caller);
        if (request.gpu() == GpuChoice.NONE
                && request.mpi() == MpiModel.AUTO
                && !request.isRank()) {
            return NONE;
        }
        Contents contents =
                Contents.of(Path.of(Bytes.text(image)), Cache.rootOf(caller.environment()));
        return new NodeParts(Injection.of(Host.probe(Path.of("/")), contents, request));
    }

    private static boolean isNone(@Nullable String value) {
        return value == null || value.equals("none");
    }

    private static InjectionRequest request(
            @Nullable String gpu, @Nullable String mpi, Caller caller) {
        Map<String, String> environment = new HashMap<>();
        for (Map.Entry<String, String> variable : caller.environment().entrySet()) {
            environment.put(Bytes.text(variable.getKey()), Bytes.text(variable.getValue()));
        }
        return new InjectionRequest(
                named(GpuChoice.class, "--gpu", gpu),
                named(MpiModel.class, "--mpi", mpi),
                environment);
    }

    private static <E extends Enum<E>> E named(
            Class<E> kind, String option, @Nullable String value) {
        String word = value == null ? "none" : value;
        List<String> known = new ArrayList<>();
        for (E choice : kind.getEnumConstants()) {
            String name = choice.name().toLowerCase(Locale.ROOT);
            if (name.equals(word)) {
                return choice;
            }
            known.add(name);
        }
        throw new UsageError(
                option + " does not know " + word, "write one of " + String.join(", ", known));
    }

    /// What a launch binds for GPUs, with what this adds.
    Gpu with(Gpu gpu) {
        if (injection == null) {
            return gpu;
        }
        List<Bind> files = new ArrayList<>(gpu.files());
        for (Injection.Bind bind : injection.binds()) {
            files.add(new Bind(Bytes.raw(bind.source()), Bytes.raw(bind.destination()), true));
        }
        List<String> devices = new ArrayList<>(gpu.devices());
        for (String device : injection.devices()) {
            if (!devices.contains(Bytes.raw(device))) {
                devices.add(Bytes.raw(device));
            }
        }
        return new Gpu(files, devices);
    }

    /// Adds what is no bind of a file: reasons, links, directories, variables. It stands before the
    /// image's environment, which fills what is left.
    void addTo(LaunchPlan plan) {
        if (injection == null) {
            return;
        }
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
