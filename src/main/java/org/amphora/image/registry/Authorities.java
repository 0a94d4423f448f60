// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Whose certificates are believed: the authorities of the machine, as its other programs have
/// them, and those that a site has set for one registry. The Java runtime's own list serves where
/// the machine has none. Thread-safe.
final class Authorities {

    /// Where Debian, Red Hat and SUSE keep them, and with them OpenSSL and Go.
    private static final List<String> BUNDLES =
            List.of(
                    "/etc/ssl/certs/ca-certificates.crt",
                    "/etc/pki/tls/certs/ca-bundle.crt",
                    "/etc/ssl/ca-bundle.pem");

    /// containers-certs.d(5), and Docker's: a directory for each `HOST` or `HOST:PORT`.
    private static final List<String> PER_HOST =
            List.of("/etc/containers/certs.d", "/etc/docker/certs.d");

    private final Map<String, String> environment;
    private final Map<String, SSLSocketFactory> factories = new HashMap<>();

    /// @param environment in which `SSL_CERT_FILE` takes the place of the machine's list, as for
    ///     OpenSSL and Go
    Authorities(Map<String, String> environment) {
        this.environment = environment;
    }

    /// What makes the connections to this server.
    ///
    /// @throws Problem when a file of certificates cannot be read
    synchronized SSLSocketFactory socketsTo(URI server) {
        List<Certificate> own = ofHost(server.getAuthority());
        String key = own.isEmpty() ? "" : server.getAuthority();
        SSLSocketFactory factory = factories.get(key);
        if (factory == null) {
            List<Certificate> all = new ArrayList<>(ofMachine());
            all.addAll(own);
            factory = factory(all);
            factories.put(key, factory);
        }
        return factory;
    }

    private List<Certificate> ofMachine() {
        String file = environment.getOrDefault("SSL_CERT_FILE", "");
        if (!file.isEmpty()) {
            return read(Path.of(file));
        }
        for (String bundle : BUNDLES) {
            if (Files.exists(Path.of(bundle))) {
                return read(Path.of(bundle));
            }
        }
        for (TrustManager manager : managers(null)) {
            if (manager instanceof X509TrustManager runtime) {
                return List.of(runtime.getAcceptedIssuers());
            }
        }
        return List.of();
    }

    private List<Certificate> ofHost(String host) {
        List<String> places = new ArrayList<>(PER_HOST);
        String home = environment.getOrDefault("HOME", "");
        if (!home.isEmpty()) {
            places.addFirst(home + "/.config/containers/certs.d");
        }
        List<Certificate> certificates = new ArrayList<>();
        for (String place : places) {
            Path directory = Path.of(place, host);
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.crt")) {
                files.forEach(file -> certificates.addAll(read(file)));
            } catch (NoSuchFileException | NotDirectoryException e) {
                // Nothing is set for this registry.
            } catch (IOException e) {
                throw unreadable(directory, e);
            }
        }
        return certificates;
    }

    private static List<Certificate> read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
        } catch (GeneralSecurityException | IOException e) {
            throw unreadable(file, e);
        }
    }

    private static SSLSocketFactory factory(List<Certificate> certificates) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (int i = 0; i < certificates.size(); i++) {
                store.setCertificateEntry("authority-" + i, certificates.get(i));
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers(store), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("cannot set up TLS", e);
        }
    }

    /// @param store null for the runtime's own list
    private static TrustManager[] managers(@Nullable KeyStore store) {
        try {
            TrustManagerFactory factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory.getTrustManagers();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot set up TLS", e);
        }
    }

    private static Problem unreadable(Path file, Exception e) {
        return new Problem(
                "cannot read the certificates in " + file,
                e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(),
                "put PEM certificates there; SSL_CERT_FILE can name another file for all servers",
                e);
    }
}
