// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.process.Command;

/// Debian's `docker-registry` on a free port of the loopback interface, with its data in a
/// directory of the test.
public final class DockerRegistry implements AutoCloseable {

    /// User `alice`, password `secret`; made with `perl -e 'print crypt("secret", "\$2y\$05\$…")'`.
    private static final String HTPASSWD =
            "alice:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

    private final int port;
    private final Process process;

    private DockerRegistry(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    public static DockerRegistry start(Path directory, boolean wantsPassword) throws Exception {
        Path passwords =
                Files.writeString(Files.createDirectories(directory).resolve("htpasswd"), HTPASSWD);
        String auth = "auth:\n  htpasswd:\n    realm: lab\n    path: " + passwords + "\n";
        return serve(directory, wantsPassword ? auth : "");
    }

    /// Speaks HTTPS, with a certificate for 127.0.0.1 that no authority of the machine knows:
    /// `authority.crt` in the directory, signed by itself.
    static DockerRegistry startWithTls(Path directory) throws Exception {
        Path key = Files.createDirectories(directory).resolve("key.pem");
        Path certificate = directory.resolve("authority.crt");
        String words =
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
                        + " -subj /CN=lab -addext subjectAltName=IP:127.0.0.1";
        List<String> argv = new ArrayList<>(List.of(words.split(" ")));
        argv.addAll(List.of("-keyout", key.toString(), "-out", certificate.toString()));
        Command.of(argv).run().orProblem("cannot make a certificate", "see above");
        String tls = "  tls:\n    certificate: " + certificate + "\n    key: " + key + "\n";
        return serve(directory, tls);
    }

    /// @param more ends the configuration, which ends within `http:`
    private static DockerRegistry serve(Path directory, String more) throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path config =
                Files.writeString(
                        directory.resolve("config.yml"),
                        "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n"
                                + "    rootdirectory: "
                                + directory.resolve("data")
                                + "\nhttp:\n  addr: 127.0.0.1:"
                                + port
                                + "\n"
                                + more);
        Process process =
                new ProcessBuilder("docker-registry", "serve", config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("log").toFile())
                        .start();
        DockerRegistry registry = new DockerRegistry(port, process);
        for (int i = 0; i < 200 && !registry.answers(); i++) {
            if (!process.isAlive()) {
                throw new IOException(Files.readString(directory.resolve("log")));
            }
            Thread.sleep(50);
        }
        return registry;
    }

    /// `docker://127.0.0.1:PORT/NAME`.
    public String reference(String name) {
        return "docker://127.0.0.1:" + port + "/" + name;
    }

    /// `127.0.0.1:PORT`.
    public String host() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
