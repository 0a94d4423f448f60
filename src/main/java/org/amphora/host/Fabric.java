// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;

/// Fast networks: hardware with its state, and the software of the node that drives it.
///
/// @param adapters `/sys/class/infiniband/*` (InfiniBand, RoCE, Omni-Path, EFA) and
/// `/sys/class/cxi/*`
/// @param devices `/dev/infiniband/*`, `/dev/cxi*`, `/dev/hfi1*`, `/dev/xpmem`, `/dev/knem`,
///     `/dev/kgni0`, `/dev/ss0`, `/dev/gdrdrv`
/// @param verbsAbi `/sys/class/infiniband_verbs/abi_version`
/// @param verbs libibverbs with its providers
/// @param libfabric with its providers
/// @param ucx with its modules
/// @param cxi libcxi, which Slingshot's libfabric needs
/// @param networks Ethernet and the like, for what is left when the fabric is not used
public record Fabric(
        List<Adapter> adapters,
        List<Device> devices,
        Fact<Integer> verbsAbi,
        Fact<Verbs> verbs,
        Fact<Libfabric> libfabric,
        Fact<Ucx> ucx,
        Fact<Library> cxi,
        List<Network> networks) {

    public Fabric {
        adapters = Given.list(adapters);
        devices = Given.list(devices);
        verbsAbi = Fact.given(verbsAbi);
        verbs = Fact.given(verbs);
        libfabric = Fact.given(libfabric);
        ucx = Fact.given(ucx);
        cxi = Fact.given(cxi);
        networks = Given.list(networks);
    }

    /// The adapters that have a port which is up.
    public List<Adapter> active() {
        return adapters.stream().filter(Adapter::isActive).toList();
    }

    /// One adapter.
    ///
    /// @param name `mlx5_0`, `hfi1_0`, `cxi0`
    /// @param source its directory in /sys
    /// @param driver kernel driver: `mlx5_core`, `hfi1`, `efa`, `cxi_ss1`
    /// @param abi of its user interface (`abi_version`)
    public record Adapter(
            String name, String source, Fact<String> driver, Fact<Integer> abi, List<Port> ports) {

        public Adapter {
            name = Given.text(name);
            source = Given.text(source);
            driver = Fact.given(driver);
            abi = Fact.given(abi);
            ports = Given.list(ports);
        }

        public boolean isActive() {
            return ports.stream().anyMatch(Port::isActive);
        }
    }

    /// Part of it.
    ///
    /// @param state as the kernel writes it: `4: ACTIVE`; `up` for cxi
    /// @param rate `100 Gb/sec (4X EDR)`
    /// @param layer `InfiniBand` or `Ethernet`
    /// @param sent file of the counter of sent data, in 4-byte words; evidence after a run
    public record Port(
            int number, Fact<String> state, Fact<String> rate, Fact<String> layer, String sent) {

        public Port {
            state = Fact.given(state);
            rate = Fact.given(rate);
            layer = Fact.given(layer);
            sent = Given.text(sent);
        }

        public boolean isActive() {
            String seen = state.orElse("");
            return seen.endsWith("ACTIVE") || seen.equals("up");
        }
    }

    /// The verbs libraries, which are replaced together or not at all.
    ///
    /// @param privateVersion N of `IBVERBS_PRIVATE_N`
    /// @param publicVersion the highest `IBVERBS_1.x`
    /// @param providerDirectory `/usr/lib/x86_64-linux-gnu/libibverbs`
    /// @param configuration `/etc/libibverbs.d/*.driver`
    /// @param closure all of these and what they need, the glibc family left out
    public record Verbs(
            Library library,
            Fact<Integer> privateVersion,
            Fact<String> publicVersion,
            Fact<Library> rdmacm,
            Fact<String> providerDirectory,
            List<Library> providers,
            List<String> configuration,
            List<Library> closure) {

        public Verbs {
            privateVersion = Fact.given(privateVersion);
            publicVersion = Fact.given(publicVersion);
            rdmacm = Fact.given(rdmacm);
            providerDirectory = Fact.given(providerDirectory);
            providers = Given.list(providers);
            configuration = Given.list(configuration);
            closure = Given.list(closure);
        }
    }

    /// Part of it.
    ///
    /// @param version the highest `FABRIC_1.x` that it defines, `1.6`
    /// @param providers separate provider libraries
    /// @param builtIn providers that the library holds itself, as far as it shows: `cxi`, `verbs`
    /// @param closure library, providers and what they need, the glibc family left out
    public record Libfabric(
            Library library,
            Fact<String> version,
            Fact<String> providerDirectory,
            List<Library> providers,
            List<String> builtIn,
            List<Library> closure) {

        public Libfabric {
            version = Fact.given(version);
            providerDirectory = Fact.given(providerDirectory);
            providers = Given.list(providers);
            builtIn = Given.list(builtIn);
            closure = Given.list(closure);
        }
    }

    /// Part of it.
    ///
    /// @param version `1.13.1`
    /// @param modules `libuct_ib.so` and others
    /// @param closure libraries, modules and what they need, the glibc family left out
    public record Ucx(
            Library library,
            Fact<String> version,
            Fact<String> moduleDirectory,
            List<Library> modules,
            List<Library> closure) {

        public Ucx {
            version = Fact.given(version);
            moduleDirectory = Fact.given(moduleDirectory);
            modules = Given.list(modules);
            closure = Given.list(closure);
        }
    }

    /// A network interface that is not the loopback.
    ///
    /// @param state `up`, `down`, `unknown`
    /// @param megabitsPerSecond as the driver says
    public record Network(
            String name, Fact<String> state, Fact<Integer> megabitsPerSecond, Fact<String> driver) {

        public Network {
            name = Given.text(name);
            state = Fact.given(state);
            megabitsPerSecond = Fact.given(megabitsPerSecond);
            driver = Fact.given(driver);
        }
    }
}
