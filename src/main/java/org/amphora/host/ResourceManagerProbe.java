// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Looks for a resource manager, and for what Slurm can start ranks with.
final class ResourceManagerProbe {

    /// Program → manager, the surest first.
    private static final List<List<String>> PROGRAMS =
            List.of(
                    List.of("sbatch", "slurm"),
                    List.of("oarsub", "oar"),
                    List.of("bsub", "lsf"),
                    List.of("condor_submit", "htcondor"),
                    List.of("qconf", "gridengine"),
                    List.of("pbsnodes", "pbs"),
                    List.of("flux", "flux"));

    private static final List<String> JOBS =
            List.of(
                    "SLURM_JOB_ID",
                    "OAR_JOB_ID",
                    "LSB_JOBID",
                    "PBS_JOBID",
                    "FLUX_JOB_ID",
                    "_CONDOR_JOB_AD",
                    "JOB_ID");

    private static final List<String> CONFIGURATIONS =
            List.of(
                    "/etc/slurm/slurm.conf",
                    "/etc/slurm-llnl/slurm.conf",
                    "/run/slurm/conf/slurm.conf");

    private final Tree tree;
    private final Map<String, String> environment;

    private ResourceManagerProbe(Tree tree, Map<String, String> environment) {
        this.tree = tree;
        this.environment = environment;
    }

    static ResourceManager probe(Tree tree, Map<String, String> environment) {
        return new ResourceManagerProbe(tree, environment).all();
    }

    private ResourceManager all() {
        Fact<String> kind = kind();
        String plugins = pluginDirectory();
        List<String> types = new ArrayList<>();
        TreeSet<Integer> pmix = new TreeSet<>();
        for (String name : plugins.isEmpty() ? List.<String>of() : tree.list(plugins)) {
            if (name.startsWith("mpi_") && name.endsWith(".so")) {
                String type = name.substring("mpi_".length(), name.length() - ".so".length());
                if (!type.equals("none")) {
                    types.add(type);
                }
                if (type.startsWith("pmix_v")) {
                    Numbers.integer(name, type.substring("pmix_v".length()))
                            .value()
                            .ifPresent(pmix::add);
                }
            }
        }
        Fact<List<String>> offered =
                plugins.isEmpty() ? Fact.absent("PluginDir") : Fact.known(types, plugins);
        return new ResourceManager(
                kind,
                Fact.unknown(kind.source(), "the programs are not asked"),
                job(),
                plugins.isEmpty() ? Fact.absent("PluginDir") : Fact.known(plugins, plugins),
                offered,
                setting("MpiDefault"),
                offered.map(_ -> List.copyOf(pmix)),
                munge(),
                moduleTool());
    }

    private Fact<String> kind() {
        for (List<String> pair : PROGRAMS) {
            Fact<String> program = tree.program(pair.getFirst());
            if (program.isKnown()) {
                return Fact.known(pair.getLast(), program.orElse(""));
            }
        }
        return Fact.absent("PATH");
    }

    private Fact<String> job() {
        for (String name : JOBS) {
            String value = environment.get(name);
            // JOB_ID alone is a name that anybody may use; Grid Engine sets both.
            if (value != null && (!name.equals("JOB_ID") || environment.containsKey("SGE_ROOT"))) {
                return Fact.known(value, name);
            }
        }
        return Fact.absent("environment");
    }

    private String pluginDirectory() {
        String set = setting("PluginDir").orElse("");
        for (String directory : set.split(":")) {
            if (directory.startsWith("/") && tree.isDirectory(directory)) {
                return directory;
            }
        }
        return tree.first(
                        "/usr/lib/x86_64-linux-gnu/slurm-wlm",
                        "/usr/lib/aarch64-linux-gnu/slurm-wlm",
                        "/usr/lib64/slurm",
                        "/usr/lib/slurm",
                        "/opt/slurm/lib/slurm",
                        "/usr/local/lib/slurm")
                .orElse("");
    }

    /// slurm.conf(5): names in any case, `#` begins a comment.
    private Fact<String> setting(String name) {
        List<String> files = new ArrayList<>();
        String set = environment.getOrDefault("SLURM_CONF", "");
        if (!set.isEmpty()) {
            files.add(set);
        }
        files.addAll(CONFIGURATIONS);
        for (String file : files) {
            for (String line : tree.text(file).orElse("").split("\n")) {
                String text = line.strip();
                if (text.regionMatches(true, 0, name + "=", 0, name.length() + 1)) {
                    return Fact.known(text.substring(name.length() + 1).split("[\\s#]")[0], file);
                }
            }
        }
        return Fact.absent("slurm.conf");
    }

    private Fact<String> munge() {
        return tree.first("/run/munge/munge.socket.2", "/var/run/munge/munge.socket.2")
                .map(path -> Fact.known(path, path))
                .orElse(Fact.absent("/run/munge/munge.socket.2"));
    }

    private Fact<String> moduleTool() {
        Map<String, String> tools = new TreeMap<>();
        for (String path :
                List.of("/usr/share/lmod", "/opt/apps/lmod", "/usr/share/lmod/lmod/libexec/lmod")) {
            tools.put(path, "lmod");
        }
        for (String path :
                List.of(
                        "/usr/share/modules/init",
                        "/usr/share/Modules/init",
                        "/etc/environment-modules")) {
            tools.put(path, "modules");
        }
        String lmod = environment.getOrDefault("LMOD_CMD", "");
        if (!lmod.isEmpty()) {
            return Fact.known("lmod", "LMOD_CMD");
        }
        for (Map.Entry<String, String> tool : tools.entrySet()) {
            if (tree.exists(tool.getKey())) {
                return Fact.known(tool.getValue(), tool.getKey());
            }
        }
        return Fact.absent("/usr/share/lmod");
    }
}
