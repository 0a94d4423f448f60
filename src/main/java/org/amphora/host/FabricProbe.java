// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.amphora.elf.Version;

/// Looks for fast networks and for the libraries that drive them.
final class FabricProbe {

    private static final Pattern PRIVATE = Pattern.compile("IBVERBS_PRIVATE_(\\d+)");
    private static final Pattern DEVICE =
            Pattern.compile("cxi\\d+|hfi1_\\d+|xpmem|knem|kgni0|ss0|gdrdrv");

    private final Tree tree;
    private final Libraries libraries;

    private FabricProbe(Tree tree, Libraries libraries) {
        this.tree = tree;
        this.libraries = libraries;
    }

    static Fabric probe(Tree tree, Libraries libraries) {
        FabricProbe probe = new FabricProbe(tree, libraries);
        return new Fabric(
                probe.adapters(),
                probe.devices(),
                tree.integer("/sys/class/infiniband_verbs/abi_version"),
                probe.verbs(),
                probe.libfabric(),
                probe.ucx(),
                libraries
                        .find("libcxi.so.1")
                        .map(library -> Fact.known(library, library.path()))
                        .orElse(Fact.absent("libcxi.so.1")),
                probe.networks());
    }

    private List<Fabric.Adapter> adapters() {
        List<Fabric.Adapter> adapters = new ArrayList<>();
        String infiniband = "/sys/class/infiniband";
        for (String name : tree.list(infiniband)) {
            String directory = infiniband + "/" + name;
            List<Fabric.Port> ports = new ArrayList<>();
            for (String number : tree.list(directory + "/ports")) {
                Numbers.integer(directory, number)
                        .value()
                        .ifPresent(port -> ports.add(port(directory + "/ports/" + number, port)));
            }
            adapters.add(new Fabric.Adapter(name, directory, driver(directory), abi(name), ports));
        }
        String cxi = "/sys/class/cxi";
        for (String name : tree.list(cxi)) {
            String directory = cxi + "/" + name;
            Fact<String> state = tree.line(directory + "/device/properties/link_state");
            state = state.isKnown() ? state : Fact.known("up", directory);
            adapters.add(
                    new Fabric.Adapter(
                            name,
                            directory,
                            driver(directory),
                            Fact.absent(directory),
                            List.of(
                                    new Fabric.Port(
                                            1,
                                            state,
                                            Fact.absent(directory),
                                            Fact.known("Slingshot", directory),
                                            ""))));
        }
        return adapters;
    }

    private Fabric.Port port(String directory, int number) {
        return new Fabric.Port(
                number,
                tree.line(directory + "/state"),
                tree.line(directory + "/rate"),
                tree.line(directory + "/link_layer"),
                directory + "/counters/port_xmit_data");
    }

    /// The uverbs device of an adapter has its own interface version.
    private Fact<Integer> abi(String adapter) {
        String verbs = "/sys/class/infiniband_verbs";
        for (String name : tree.list(verbs)) {
            if (tree.line(verbs + "/" + name + "/ibdev").orElse("").equals(adapter)) {
                return tree.integer(verbs + "/" + name + "/abi_version");
            }
        }
        return Fact.absent(verbs);
    }

    private Fact<String> driver(String directory) {
        String link = directory + "/device/driver";
        return tree.real(link)
                .map(path -> Fact.known(path.substring(path.lastIndexOf('/') + 1), link))
                .orElse(Fact.absent(link));
    }

    private List<Device> devices() {
        List<Device> devices = new ArrayList<>();
        tree.list("/dev/infiniband")
                .forEach(name -> devices.add(tree.device("/dev/infiniband/" + name)));
        for (String name : tree.list("/dev")) {
            if (DEVICE.matcher(name).matches()) {
                devices.add(tree.device("/dev/" + name));
            }
        }
        return devices;
    }

    private Fact<Fabric.Verbs> verbs() {
        Optional<Library> found = libraries.find("libibverbs.so.1");
        if (found.isEmpty()) {
            return Fact.absent("libibverbs.so.1");
        }
        Library library = found.get();
        TreeSet<Integer> numbers = new TreeSet<>();
        for (String version : library.versionsDefined()) {
            Matcher number = PRIVATE.matcher(version);
            if (number.matches()) {
                Numbers.integer(version, number.group(1)).value().ifPresent(numbers::add);
            }
        }
        String directory = beside(library, "libibverbs");
        List<Library> providers = libraries.in(directory, "lib");
        Optional<Library> rdmacm = libraries.find("librdmacm.so.1");
        List<Library> all = new ArrayList<>(List.of(library));
        rdmacm.ifPresent(all::add);
        all.addAll(providers);
        List<String> configuration = new ArrayList<>();
        for (String name : tree.list("/etc/libibverbs.d")) {
            configuration.add("/etc/libibverbs.d/" + name);
        }
        return Fact.known(
                new Fabric.Verbs(
                        library,
                        numbers.isEmpty()
                                ? Fact.unknown(library.path(), "it defines no IBVERBS_PRIVATE_")
                                : Fact.known(numbers.last(), library.path()),
                        greatest(library, "IBVERBS_1"),
                        rdmacm.map(one -> Fact.known(one, one.path()))
                                .orElse(Fact.absent("librdmacm.so.1")),
                        providers.isEmpty()
                                ? Fact.absent(directory)
                                : Fact.known(directory, directory),
                        providers,
                        configuration,
                        closure(all)),
                library.path());
    }

    /// Plugins lie in a directory beside the library that loads them.
    private String beside(Library library, String name) {
        String file = library.file();
        return file.substring(0, Math.max(0, file.lastIndexOf('/'))) + "/" + name;
    }

    private static Fact<String> greatest(Library library, String prefix) {
        Optional<Version> greatest = Optional.empty();
        String head = prefix.substring(0, prefix.indexOf('_') + 1);
        for (String version : library.versionsDefined()) {
            if (version.startsWith(prefix)) {
                Optional<Version> one = Version.behind(head, version);
                if (one.isPresent()
                        && greatest.stream().allMatch(known -> one.get().isAtLeast(known))) {
                    greatest = one;
                }
            }
        }
        return greatest.map(version -> Fact.known(version.toString(), library.path()))
                .orElse(Fact.unknown(library.path(), "it defines no " + prefix));
    }

    private List<Library> closure(List<Library> from) {
        return libraries.closure(from, new LinkedHashSet<>());
    }

    private Fact<Fabric.Libfabric> libfabric() {
        Optional<Library> found = libraries.find("libfabric.so.1");
        if (found.isEmpty()) {
            return Fact.absent("libfabric.so.1");
        }
        Library library = found.get();
        String directory = beside(library, "libfabric");
        List<Library> providers = libraries.in(directory, "lib");
        List<String> builtIn = new ArrayList<>();
        if (library.needed().stream().anyMatch(name -> name.startsWith("libcxi"))) {
            builtIn.add("cxi");
        }
        if (library.needed().stream().anyMatch(name -> name.startsWith("libibverbs"))) {
            builtIn.add("verbs");
        }
        if (library.needed().stream().anyMatch(name -> name.startsWith("libpsm2"))) {
            builtIn.add("psm2");
        }
        List<Library> all = new ArrayList<>(List.of(library));
        all.addAll(providers);
        return Fact.known(
                new Fabric.Libfabric(
                        library,
                        greatest(library, "FABRIC_1"),
                        providers.isEmpty()
                                ? Fact.absent(directory)
                                : Fact.known(directory, directory),
                        providers,
                        builtIn,
                        closure(all)),
                library.path());
    }

    private Fact<Fabric.Ucx> ucx() {
        Optional<Library> found = libraries.find("libucp.so.0");
        if (found.isEmpty()) {
            return Fact.absent("libucp.so.0");
        }
        Library library = found.get();
        String directory = beside(library, "ucx");
        List<Library> modules = libraries.in(directory, "lib");
        List<Library> all = new ArrayList<>(List.of(library));
        for (String name : List.of("libuct.so.0", "libucs.so.0", "libucm.so.0")) {
            libraries.find(name).ifPresent(all::add);
        }
        all.addAll(modules);
        return Fact.known(
                new Fabric.Ucx(
                        library,
                        Fact.unknown(library.file(), "it does not say its release"),
                        modules.isEmpty()
                                ? Fact.absent(directory)
                                : Fact.known(directory, directory),
                        modules,
                        closure(all)),
                library.path());
    }

    private List<Fabric.Network> networks() {
        List<Fabric.Network> networks = new ArrayList<>();
        String directory = "/sys/class/net";
        for (String name : tree.list(directory)) {
            if (!name.equals("lo") && tree.exists(directory + "/" + name + "/operstate")) {
                Fact<Integer> speed = tree.integer(directory + "/" + name + "/speed");
                networks.add(
                        new Fabric.Network(
                                name,
                                tree.line(directory + "/" + name + "/operstate"),
                                speed,
                                driver(directory + "/" + name)));
            }
        }
        return networks;
    }
}
