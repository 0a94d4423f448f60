// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.amphora.cdi.CdiSpecification;
import org.amphora.host.Fact;
import org.amphora.host.Gpus;

/// NVIDIA's driver as the node's own description says (Container Device Interface), which knows
/// drivers in unusual places. Its hooks are programs that change a container from outside; what
/// they do is done here, and none is run.
final class CdiDriver {
    private static final String KIND = "nvidia.com/gpu";

    /// Hooks of nvidia-cdi-hook with nothing left to do: compatibility libraries are decided in
    /// {@link NvidiaDriver}, nobody here may make device files, and modes are those of the node.
    private static final Set<String> NEEDLESS =
            Set.of(
                    "enable-cuda-compat",
                    "disable-device-node-modification",
                    "update-application-profile",
                    "chmod");

    private final Gpus.CdiFile file;
    private final CdiSpecification specification;
    private final Injection.Collected all;

    private CdiDriver(Gpus.CdiFile file, CdiSpecification specification, Injection.Collected all) {
        this.file = file;
        this.specification = specification;
        this.all = all;
    }

    /// Takes the driver from a valid description that is up to date, the one of `/var/run/cdi`
    /// before that of `/etc/cdi`.
    ///
    /// @param cards that the caller is to see
    /// @return whether there was one
    static boolean decide(Gpus.Nvidia driver, List<Gpus.NvidiaGpu> cards, Injection.Collected all) {
        for (Gpus.CdiFile file : driver.specifications().reversed()) {
            Fact<CdiSpecification> specification = file.specification();
            String why = specification.unknown().orElse("");
            if (!file.missing().isEmpty()) {
                why = file.missing().getFirst() + " does not exist";
            } else if (!specification.map(one -> one.kind().equals(KIND)).orElse(true)) {
                why = "it is not for " + KIND;
            }
            if (!why.isEmpty()) {
                all.notes.add("gpu: " + file.path() + " is not used: " + why);
                continue;
            }
            new CdiDriver(file, specification.value().orElseThrow(), all)
                    .add(cards, cards.size() == driver.gpus().size());
            return true;
        }
        return false;
    }

    private void add(List<Gpus.NvidiaGpu> cards, boolean every) {
        List<CdiSpecification.Edits> edits = new ArrayList<>(List.of(specification.edits()));
        for (CdiSpecification.Device device : devices(cards, every)) {
            edits.add(device.edits());
        }
        Set<String> folders = new LinkedHashSet<>();
        for (CdiSpecification.Edits edit : edits) {
            edit.hooks()
                    .forEach(hook -> folders.addAll(values(hook, "update-ldcache", "--folder")));
        }
        Map<String, String> libraries = new LinkedHashMap<>();
        for (CdiSpecification.Edits edit : edits) {
            edit.nodes().forEach(node -> all.device(node.hostPath()));
            edit.mounts().forEach(mount -> mount(mount, folders, libraries));
            edit.environment().forEach(this::set);
        }
        for (CdiSpecification.Edits edit : edits) {
            edit.hooks().forEach(hook -> imitate(hook, folders, libraries));
        }
        all.notes.add("gpu: the driver is that of " + file.path());
    }

    /// The devices that stand for these cards, by number or UUID.
    private List<CdiSpecification.Device> devices(List<Gpus.NvidiaGpu> cards, boolean every) {
        if (every) {
            return specification.device("all").map(List::of).orElse(specification.devices());
        }
        List<CdiSpecification.Device> devices = new ArrayList<>();
        for (Gpus.NvidiaGpu card : cards) {
            String minor = card.minor().value().map(String::valueOf).orElse("");
            String uuid = card.uuid().orElse("");
            specification
                    .device(minor)
                    .or(() -> specification.device(uuid))
                    .ifPresentOrElse(
                            devices::add,
                            () ->
                                    all.warnings.add(
                                            file.path()
                                                    + " does not know GPU "
                                                    + minor
                                                    + ", it is left out"));
        }
        return devices;
    }

    /// A library in a directory that the linker would be told of goes where every image's linker
    /// looks, whatever its distribution; anything else goes to its place.
    private void mount(
            CdiSpecification.Mount mount, Set<String> folders, Map<String, String> libraries) {
        String path = mount.containerPath();
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (!name.contains(".so") || !folders.contains(directory(path))) {
            all.bind(mount.hostPath(), path);
            return;
        }
        for (String known : List.of(name, file.sonames().getOrDefault(mount.hostPath(), name))) {
            all.library(mount.hostPath(), known);
            libraries.put(known, mount.hostPath());
        }
    }

    private void set(String variable) {
        int equals = variable.indexOf('=');
        all.set.put(variable.substring(0, equals), variable.substring(equals + 1));
    }

    private void imitate(
            CdiSpecification.Hook hook, Set<String> folders, Map<String, String> libraries) {
        for (String link : values(hook, "create-symlinks", "--link")) {
            int colons = link.indexOf("::");
            String target = link.substring(0, Math.max(0, colons));
            String path = link.substring(colons < 0 ? 0 : colons + 2);
            String name = path.substring(path.lastIndexOf('/') + 1);
            String source = libraries.get(target.substring(target.lastIndexOf('/') + 1));
            if (!path.startsWith("/") || target.isEmpty()) {
                all.notes.add("gpu: " + file.path() + " has a link that is none: " + link);
            } else if (!folders.contains(directory(path))) {
                all.links.add(new Injection.Link(target, path));
            } else if (source != null) {
                all.library(source, name);
            }
        }
        boolean known =
                hook.arguments().stream()
                        .anyMatch(
                                word ->
                                        NEEDLESS.contains(word)
                                                || word.equals("create-symlinks")
                                                || word.equals("update-ldcache"));
        if (!known) {
            all.notes.add("gpu: hook " + hook.path() + " of " + file.path() + " is not run");
        }
    }

    /// The values of an option of a hook, `--option value` or `--option=value`; none for others.
    private static List<String> values(CdiSpecification.Hook hook, String name, String option) {
        List<String> words = hook.arguments();
        List<String> values = new ArrayList<>();
        for (int i = Math.max(0, words.indexOf(name));
                words.contains(name) && i < words.size();
                i++) {
            String word = words.get(i);
            if (word.startsWith(option + "=")) {
                values.add(word.substring(option.length() + 1));
            } else if (word.equals(option) && i + 1 < words.size()) {
                values.add(words.get(i + 1));
            }
        }
        return values;
    }

    private static String directory(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }
}
