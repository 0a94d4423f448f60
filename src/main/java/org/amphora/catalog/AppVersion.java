// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.amphora.image.Digest;
import org.amphora.image.Reference;

/// One version of an application, as its `app.yaml` describes it.
///
/// @param image digest of the SIF file; empty as long as nobody has built it
/// @param from a reference or path from which the image can be had again
/// @param environment variables that the module sets for the application
/// @param runs groups that may run it; empty when everybody may
/// @param clusters where it is deployed; empty when everywhere
/// @param conflicts modules that cannot be loaded beside it
public record AppVersion(
        VersionId id,
        About about,
        List<String> maintainers,
        Optional<Digest> image,
        Optional<String> from,
        Optional<String> recipe,
        List<ExposedCommand> commands,
        Map<String, String> environment,
        Needs needs,
        List<String> tests,
        List<String> runs,
        List<String> clusters,
        List<String> conflicts) {

    /// What it is, for people.
    public record About(
            String summary,
            Optional<String> homepage,
            Optional<String> licence,
            List<String> keywords,
            Optional<String> cite) {
        public About {
            keywords = List.copyOf(keywords);
        }
    }

    /// What it needs of a node.
    ///
    /// @param gpu whether the node's GPU is brought in
    /// @param resources hints for jobs: cpus, memory, time
    public record Needs(boolean gpu, boolean mpi, Map<String, String> resources) {
        public Needs {
            resources = Map.copyOf(resources);
        }
    }

    public AppVersion {
        maintainers = List.copyOf(maintainers);
        commands = List.copyOf(commands);
        environment = java.util.Collections.unmodifiableMap(new TreeMap<>(environment));
        tests = List.copyOf(tests);
        runs = List.copyOf(runs);
        clusters = List.copyOf(clusters);
        conflicts = List.copyOf(conflicts);
    }

    /// A version of which nothing is known but its name.
    static AppVersion of(VersionId id) {
        return new AppVersion(
                id,
                new About(
                        id.app(), Optional.empty(), Optional.empty(), List.of(), Optional.empty()),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Map.of(),
                new Needs(false, false, Map.of()),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    /// The same version with its image known.
    public AppVersion withImage(Digest digest) {
        return new AppVersion(
                id,
                about,
                maintainers,
                Optional.of(digest),
                from,
                recipe,
                commands,
                environment,
                needs,
                tests,
                runs,
                clusters,
                conflicts);
    }

    /// The registry's name of its image; empty when it came from elsewhere.
    public Optional<Reference.Registry> registry() {
        return from.map(Reference::parse)
                .filter(Reference.Registry.class::isInstance)
                .map(Reference.Registry.class::cast);
    }

    public boolean isFor(String cluster) {
        return clusters.isEmpty() || clusters.contains(cluster);
    }
}
