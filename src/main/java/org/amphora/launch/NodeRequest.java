// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.amphora.injection.GpuVendor;
import org.amphora.injection.InjectionRequest;
import org.amphora.injection.InjectionRequest.MpiModel;
import org.amphora.injection.Remedy;

/// What a command line wants of the node. A class of its own, because the words of package
/// `injection` are loaded with it.
final class NodeRequest {
    private NodeRequest() {}

    /// @param root the node's root directory, `""` for this one
    static InjectionRequest of(
            LaunchArguments arguments, Caller caller, Messages messages, String root) {
        Set<GpuVendor> vendors = vendors(arguments, messages, root);
        MpiModel mpi = mpi(arguments);
        Map<String, String> environment = environment(caller);
        Set<Remedy> every = EnumSet.allOf(Remedy.class);
        InjectionRequest without = new InjectionRequest(vendors, mpi, Set.of(), environment);
        List<String> words = arguments.items(LaunchOption.FIX);
        // What looks at node and image anyway may as well mend.
        Set<Remedy> remedies =
                words.isEmpty() ? (without.isEmpty() ? Set.of() : every) : remedies(words);
        return new InjectionRequest(vendors, mpi, remedies, environment);
    }

    /// `all`, `none`, names, and names behind `no-`, which take away from all when nothing else
    /// stands before them.
    private static Set<Remedy> remedies(List<String> words) {
        Set<Remedy> remedies = EnumSet.noneOf(Remedy.class);
        if (words.getFirst().startsWith("no-")) {
            remedies.addAll(EnumSet.allOf(Remedy.class));
        }
        for (String word : words) {
            switch (word) {
                case "all" -> remedies.addAll(EnumSet.allOf(Remedy.class));
                case "none" -> remedies.clear();
                default -> {
                    boolean less = word.startsWith("no-");
                    String name = less ? word.substring(3) : word;
                    Remedy remedy = named(Remedy.values(), "--fix", name, "all", "none");
                    if (less) {
                        remedies.remove(remedy);
                    } else {
                        remedies.add(remedy);
                    }
                }
            }
        }
        return remedies;
    }

    /// The vendors that were asked for and that this node has. As with Apptainer, a node that lacks
    /// one that was named is worth a warning, no more.
    private static Set<GpuVendor> vendors(
            LaunchArguments arguments, Messages messages, String root) {
        Set<GpuVendor> named = new TreeSet<>();
        if (arguments.has(LaunchOption.NV) || arguments.has(LaunchOption.NVCCLI)) {
            named.add(GpuVendor.NVIDIA);
        }
        if (arguments.has(LaunchOption.ROCM)) {
            named.add(GpuVendor.AMD);
        }
        Set<GpuVendor> present = new TreeSet<>();
        for (String word : arguments.items(LaunchOption.GPU)) {
            switch (word) {
                case "none" -> {}
                case "auto" -> present.addAll(List.of(GpuVendor.values()));
                default -> named.add(named(GpuVendor.values(), "--gpu", word, "auto", "none"));
            }
        }
        present.addAll(named);
        present.removeIf(vendor -> !vendor.isOn(root));
        for (GpuVendor vendor : named) {
            if (!present.contains(vendor)) {
                messages.warning("this node has no GPU of " + vendor + ", none is brought in");
            }
        }
        return present;
    }

    private static MpiModel mpi(LaunchArguments arguments) {
        String word = arguments.value(LaunchOption.MPI);
        return word == null ? MpiModel.NONE : named(MpiModel.values(), "--mpi", word);
    }

    private static Map<String, String> environment(Caller caller) {
        Map<String, String> environment = new HashMap<>();
        for (Map.Entry<String, String> variable : caller.environment().entrySet()) {
            environment.put(Bytes.text(variable.getKey()), Bytes.text(variable.getValue()));
        }
        return environment;
    }

    private static <E extends Enum<E>> E named(
            E[] choices, String option, String word, String... others) {
        List<String> known = new ArrayList<>(List.of(others));
        for (E choice : choices) {
            String name = choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
            if (name.equals(word)) {
                return choice;
            }
            known.add(name);
        }
        throw new UsageError(
                option + " does not know " + word, "write one of " + String.join(", ", known));
    }
}
