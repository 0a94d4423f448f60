// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.amphora.contents.Contents;
import org.amphora.fragment.MadeFrom;
import org.amphora.fragment.NodeFolder;
import org.amphora.host.Host;
import org.amphora.injection.GpuVendor;
import org.amphora.injection.Injection;
import org.amphora.injection.InjectionRequest;
import org.amphora.injection.InjectionRequest.MpiModel;
import org.amphora.injection.Remedy;
import org.amphora.problem.Problem;

/// What this node brings to one image, compiled once for all launches of kept plans, which serve
/// every node and user: a plan fragment with the facts it was made from. The starter refuses it
/// when one of them has changed.
public final class NodeFragment {
    /// Of the driver that runs; absent without one.
    private static final Path NVIDIA = Path.of("/sys/module/nvidia/version");

    private static final Path LINKER_CACHE = Path.of("/etc/ld.so.cache");

    /// Libraries that are exchanged without the linker's cache being told.
    private static final String[] WATCHED = {"libcuda.so", "libmpi", "libmpich"};

    /// Lies in each job's own directory, so it is known at launch only. A destination of `/` is
    /// left out, as an optional bind.
    private static final String PMIX_DIRECTORY = LaunchPlan.reference("PMIX_SERVER_TMPDIR:-/");

    private NodeFragment() {}

    /// Adds the places where plans look for a fragment: root's folder and the caller's.
    static void include(LaunchPlan plan, String name) {
        String own = LaunchPlan.reference("XDG_RUNTIME_DIR:-/nonexistent");
        plan.add("include-optional", NodeFolder.SHARED + "/" + name);
        plan.add("include-optional", own + "/amphora/" + name);
    }

    /// Compiles it. What cannot be brought is left out, with a comment that says why: the
    /// application then has what its image has.
    ///
    /// @param host this node
    /// @param image what is known of it
    /// @param name of the image, for who reads the fragment
    /// @param gpu whether its GPUs are wanted
    /// @param mpi whether its MPI is wanted in place of the image's
    /// @return the text of the fragment, a byte string
    public static String text(Host host, Contents image, String name, boolean gpu, boolean mpi) {
        LaunchPlan parts = new LaunchPlan();
        Set<MadeFrom> facts = new LinkedHashSet<>();
        facts.add(MadeFrom.boot());
        facts.add(MadeFrom.text(NVIDIA));
        facts.add(MadeFrom.file(LINKER_CACHE));
        if (gpu) {
            add(
                    parts,
                    facts,
                    host,
                    image,
                    new InjectionRequest(present(host), MpiModel.NONE, Set.of(), Map.of()));
        }
        if (mpi) {
            add(
                    parts,
                    facts,
                    host,
                    image,
                    new InjectionRequest(Set.of(), MpiModel.BIND, Set.of(Remedy.GLIBC), Map.of()));
            parts.add("bind", PMIX_DIRECTORY, PMIX_DIRECTORY, "rw,rec,optional");
        }
        LaunchPlan whole = new LaunchPlan();
        whole.comment("what this node brings to " + Bytes.raw(name));
        for (MadeFrom fact : facts) {
            whole.add("made-from", Bytes.raw(fact.fact()), Bytes.raw(fact.value()));
        }
        return whole + parts.directives();
    }

    private static Set<GpuVendor> present(Host host) {
        Set<GpuVendor> present = EnumSet.noneOf(GpuVendor.class);
        if (host.gpus().nvidia().isPresent()) {
            present.add(GpuVendor.NVIDIA);
        }
        if (!host.gpus().amd().devices().isEmpty()) {
            present.add(GpuVendor.AMD);
        }
        if (!host.gpus().intel().devices().isEmpty()) {
            present.add(GpuVendor.INTEL);
        }
        return present;
    }

    private static void add(
            LaunchPlan plan,
            Set<MadeFrom> facts,
            Host host,
            Contents contents,
            InjectionRequest request) {
        Injection injection;
        try {
            injection = Injection.of(host, contents, request);
        } catch (Problem problem) {
            String why = problem.what() + ": " + problem.why();
            plan.comment(Bytes.raw(why.replace('\n', ' ')));
            return;
        }
        for (Injection.Bind bind : injection.binds()) {
            plan.add(
                    "bind", Bytes.raw(bind.source()), Bytes.raw(bind.destination()), "ro,optional");
            if (isWatched(bind.source())) {
                facts.add(MadeFrom.file(Path.of(bind.source())));
            }
        }
        NodeParts.add(plan, injection);
    }

    private static boolean isWatched(String source) {
        String name = source.substring(source.lastIndexOf('/') + 1);
        return List.of(WATCHED).stream().anyMatch(name::startsWith);
    }
}
