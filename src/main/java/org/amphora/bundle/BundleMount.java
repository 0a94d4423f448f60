// SPDX-License-Identifier: Apache-2.0
package org.amphora.bundle;

import java.util.List;
import org.amphora.launch.LaunchPlan;
import org.amphora.problem.Problem;
import tools.jackson.databind.JsonNode;

/// One entry of `mounts` (runtime-spec v1.2.0 config.md#mounts). A file system of the kernel's own
/// that belongs to a namespace is bound from the node where the container shares that namespace.
///
/// @param source of a bind, relative to the bundle when not absolute
record BundleMount(String destination, String type, String source, List<String> options) {

    /// `config-linux.md#default-devices` without the console and `ptmx`, which `/dev/pts` has.
    private static final List<String> DEVICES =
            List.of("null", "zero", "full", "random", "urandom", "tty");

    BundleMount {
        options = List.copyOf(options);
    }

    static BundleMount parse(JsonNode node) {
        return new BundleMount(
                node.path("destination").asString(""),
                node.path("type").asString("bind"),
                node.path("source").asString(""),
                Bundle.texts(node.path("options")));
    }

    void addTo(LaunchPlan plan, Bundle bundle) {
        String at = LaunchPlan.raw(destination);
        if (options.contains("bind") || options.contains("rbind") || type.equals("bind")) {
            String from = LaunchPlan.raw(bundle.directory().resolve(source).toString());
            plan.add("bind", from, at, access() + (options.contains("bind") ? "" : ",rec"));
            return;
        }
        switch (type) {
            case "proc" -> own(plan, bundle, "pid", "proc", "/proc");
            case "mqueue" -> own(plan, bundle, "ipc", "mqueue", "/dev/mqueue");
            case "sysfs" -> plan.add("bind", "/sys", at, "ro,rec");
            case "cgroup", "cgroup2" -> plan.add("bind", "/sys/fs/cgroup", at, "ro,rec,optional");
            case "devpts" -> plan.add("devpts", at);
            case "tmpfs" -> {
                plan.add("tmpfs", at, option("mode=", "0755"), option("size=", "-"));
                if (destination.equals("/dev")) {
                    addDevices(plan);
                }
            }
            default ->
                    throw new Problem(
                            "cannot start bundle " + bundle.directory(),
                            "it mounts a file system of type " + type + " on " + destination,
                            "bind it from the node, or leave it out of config.json");
        }
    }

    private void own(LaunchPlan plan, Bundle bundle, String namespace, String verb, String onNode) {
        if (bundle.namespaces().contains(namespace)) {
            plan.add(verb, LaunchPlan.raw(destination));
        } else {
            plan.add("bind", onNode, LaunchPlan.raw(destination), access() + ",rec,optional");
        }
    }

    /// `runtime-linux.md#dev-symbolic-links` has the links.
    private static void addDevices(LaunchPlan plan) {
        for (String device : DEVICES) {
            plan.add("bind", "/dev/" + device, "/dev/" + device, "rw,dev,optional");
        }
        plan.add("symlink", "pts/ptmx", "/dev/ptmx");
        plan.add("symlink", "/proc/self/fd", "/dev/fd");
        plan.add("symlink", "/proc/self/fd/0", "/dev/stdin");
        plan.add("symlink", "/proc/self/fd/1", "/dev/stdout");
        plan.add("symlink", "/proc/self/fd/2", "/dev/stderr");
    }

    private String access() {
        return options.contains("ro") ? "ro" : "rw";
    }

    private String option(String prefix, String otherwise) {
        return options.stream()
                .filter(option -> option.startsWith(prefix))
                .map(option -> option.substring(prefix.length()))
                .findFirst()
                .orElse(otherwise);
    }
}
