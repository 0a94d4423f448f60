// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.compat.check.Request.GpuChoice;
import org.amphora.contents.Contents;
import org.amphora.contents.Libc;
import org.amphora.contents.Mpi;
import org.amphora.contents.OtherGpu;
import org.amphora.elf.Version;
import org.amphora.host.Host;
import org.amphora.host.Mpi.Installation;

/// All that a check may look at.
public record Situation(Contents contents, Host host, Request request) {

    /// The node's kernel, as three numbers.
    Optional<Version> kernel() {
        return host.kernel().version().value().flatMap(Version::leading);
    }

    /// The glibc of the image; empty for another C library and an unknown version.
    Optional<Version> glibc() {
        Libc libc = contents.libc();
        return libc.kind() == Libc.Kind.GLIBC ? libc.version() : Optional.empty();
    }

    /// The MPI library that the image's programs ask for; the first there is when they do not tell.
    Optional<Mpi.Library> imageMpi() {
        for (Mpi.Program program : contents.mpi().programs()) {
            for (Mpi.Library library : contents.mpi().libraries()) {
                if (program.library().filter(library.names()::contains).isPresent()) {
                    return Optional.of(library);
                }
            }
        }
        return contents.mpi().libraries().stream().findFirst();
    }

    /// The node's MPI that would take its place: one of its family, the first there is otherwise.
    Optional<Installation> nodeMpi() {
        List<Installation> all = host.mpi().installations();
        return imageMpi()
                .flatMap(
                        image ->
                                all.stream()
                                        .filter(one -> new BoundMpi(image, one).isOneFamily())
                                        .findFirst())
                .or(() -> all.stream().findFirst());
    }

    /// Whether the node's MPI takes the place of the image's.
    boolean bindsMpi() {
        return request.mpi() == Request.MpiChoice.BIND;
    }

    /// Whether the launcher's words are translated for the image's Open MPI.
    boolean isTranslated() {
        return request.mpi() == Request.MpiChoice.HYBRID
                && imageMpi().filter(mpi -> mpi.family() == Mpi.Family.OPEN_MPI).isPresent();
    }

    /// Whether the program is to see NVIDIA GPUs: asked for, or the image has code for them.
    boolean wantsNvidia() {
        return request.gpu() == GpuChoice.NVIDIA
                || request.gpu() == GpuChoice.AUTO && contents.cuda().isUsed();
    }

    /// Whether NVIDIA's driver is to be brought in: wanted, and there.
    boolean bringsNvidia() {
        return wantsNvidia() && host.gpus().nvidia().isPresent();
    }

    /// Whether the program is to see AMD GPUs.
    boolean wantsAmd() {
        return request.gpu() == GpuChoice.AMD
                || request.gpu() == GpuChoice.AUTO
                        && contents.otherGpu().rocm().filter(Situation::isMadeForAmd).isPresent();
    }

    /// Libraries alone do not tell: Debian's UCX brings some for every MPI program.
    private static boolean isMadeForAmd(OtherGpu.Rocm rocm) {
        return rocm.version().isPresent() || !rocm.deviceCode().isEmpty();
    }

    /// Whether this program of the image is what is to be started.
    boolean starts(String path) {
        List<String> words =
                request.command().isEmpty() ? contents.entryPoint().words() : request.command();
        return !words.isEmpty()
                && (path.equals(words.getFirst()) || path.endsWith("/" + words.getFirst()));
    }

    /// The launcher with what it gives to ranks.
    RankLauncher launcher() {
        return RankLauncher.of(host, request);
    }
}
