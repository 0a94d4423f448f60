// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.amphora.catalog.AppVersion;
import org.amphora.image.Digest;
import org.amphora.image.store.FileDigest;
import org.amphora.problem.Problem;

/// Gets the images of versions into a cluster's pool: from the pool itself, the site's, or where
/// they came from.
final class ImageFinder {

    private final ImagePool cluster;
    private final ImagePool site;
    private final Making making;

    ImageFinder(ImagePool cluster, ImagePool site, Making making) {
        this.cluster = cluster;
        this.site = site;
        this.making = making;
    }

    /// The image in the cluster's pool, readable for whom the version says.
    Path get(AppVersion app, Digest digest) {
        List<String> groups = app.runs();
        Path target = cluster.path(digest, groups);
        if (!Files.exists(target)) {
            Path source =
                    cluster.find(digest)
                            .or(() -> site.find(digest))
                            .orElseGet(() -> fetched(app, digest));
            if (groups.isEmpty()) {
                return cluster.take(source, digest, groups);
            }
            cluster.take(source, digest, groups);
        }
        ImagePool.restrict(target, groups);
        return target;
    }

    private Path fetched(AppVersion app, Digest digest) {
        Optional<String> from = app.from();
        String what = "cannot deploy " + app.id();
        if (from.isEmpty()) {
            throw new Problem(
                    what,
                    "no pool has its image "
                            + digest
                            + ", and app.yaml does not say from where to get it",
                    "amphora app add " + app.id() + " --image FILE, with the file of that digest");
        }
        Path fetched = making.fetch(from.get());
        Digest found = FileDigest.compute(fetched);
        if (!found.equals(digest)) {
            throw new Problem(
                    what,
                    from.get() + " now is " + found + ", app.yaml wants " + digest,
                    "name the image by digest (…@sha256:…), or add it as a new version");
        }
        return fetched;
    }
}
