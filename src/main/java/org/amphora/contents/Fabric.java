// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.amphora.elf.Version;

/// The libraries of an image that reach a fast network.
public record Fabric(
        Optional<Verbs> verbs,
        Optional<Libfabric> libfabric,
        Optional<Ucx> ucx,
        List<Helper> helpers) {

    public Fabric {
        helpers = List.copyOf(helpers);
    }

    /// libibverbs and its drivers.
    ///
    /// @param privateAbi the number of `IBVERBS_PRIVATE_`
    /// @param version the greatest `IBVERBS_` it defines
    /// @param configuration files of `/etc/libibverbs.d`
    /// @param rdmacm path of librdmacm
    public record Verbs(
            String path,
            OptionalInt privateAbi,
            Optional<Version> version,
            List<Provider> providers,
            List<String> configuration,
            Optional<String> rdmacm) {
        public Verbs {
            providers = List.copyOf(providers);
            configuration = List.copyOf(configuration);
        }
    }

    /// A driver of libibverbs.
    ///
    /// @param name `mlx5`, `efa`
    /// @param path where libibverbs looks for it, which may be a link
    /// @param privateAbi the number of `IBVERBS_PRIVATE_` it needs
    public record Provider(String name, String path, OptionalInt privateAbi) {}

    /// libfabric.
    ///
    /// @param version the greatest `FABRIC_` it defines
    /// @param needed the greatest `FABRIC_` that another file of the image needs
    /// @param providers built in, as the libraries it asks for tell, and those beside it
    public record Libfabric(
            String path,
            Optional<Version> version,
            Optional<Version> needed,
            Set<String> providers) {
        public Libfabric {
            providers = Ordered.copy(providers);
        }
    }

    /// UCX.
    ///
    /// @param version of the release
    /// @param modules `ib`, `cma`, `rdmacm`, `cuda`, of the directory `ucx`
    public record Ucx(String path, Optional<Version> version, Set<String> modules) {
        public Ucx {
            modules = Ordered.copy(modules);
        }
    }

    /// Another library that belongs to a fabric or a resource manager: `libcxi.so.1`,
    /// `libpsm2.so.2`, `libxpmem.so.0`, `libmunge.so.2`.
    public record Helper(String soname, String path) {}
}
