// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.amphora.image.Attributes;
import org.amphora.image.ExtraFile;
import org.amphora.image.ImageConfig;
import org.amphora.image.Node;
import org.amphora.image.SourceImage;
import org.amphora.image.sif.SifObject;
import org.amphora.image.tree.ImageTree;

/// The files under `/.singularity.d` that tell Apptainer, SingularityCE and Amphora how to run an
/// image: environment scripts, runscript, labels, and the links and directories at the root
/// (apptainer `internal/pkg/build/sources/base_environment.go`; the scripts are our own).
///
/// The same arguments give the same files.
public final class RuntimeMetadata {
    private static final String BASE = ".singularity.d/";
    private static final String LABELS = BASE + "labels.json";
    private static final String DEFINITION = BASE + "Singularity";
    private static final String ENVIRONMENT = BASE + "env/90-environment.sh";
    private static final String RUNSCRIPT = BASE + "runscript";
    private static final String STARTSCRIPT = BASE + "startscript";
    private static final String TEST = BASE + "test";
    private static final String HELP = BASE + "runscript.help";

    private static final List<String> ROOT_DIRECTORIES =
            List.of("dev", "proc", "sys", "tmp", "var", "var/tmp", "root", "home", "etc");

    private static final int MAXIMUM_TEXT = 16 << 20;

    /// Unlike POSIX permissions, this attribute can have the sticky bit.
    private static final String MODE = "unix:mode";

    private RuntimeMetadata() {}

    /// Where an image comes from.
    ///
    /// @param definition what the image keeps as its definition file: the whole text of it, or the
    ///     header that would build the same image
    /// @param labels what is said of it in labels: `bootstrap` and `from` of the definition
    /// @param architecture as OCI names it
    /// @param date when it was built, for a label; a fixed date or none where the same input shall
    ///     give the same file
    public record Origin(
            String definition,
            Map<String, String> labels,
            String architecture,
            Optional<Instant> date) {

        /// For a source that is no definition file.
        public static Origin of(
                String bootstrap, String from, String architecture, Optional<Instant> date) {
            return new Origin(
                    "bootstrap: " + bootstrap + "\nfrom: " + from + "\n\n",
                    Map.of("bootstrap", bootstrap, "from", from),
                    architecture,
                    date);
        }
    }

    /// What a definition file adds. The scripts are whole programs with their `#!` line.
    ///
    /// @param environment lines that are appended to the environment script
    public record Sections(
            Optional<String> environment,
            Optional<String> runscript,
            Optional<String> startscript,
            Optional<String> test,
            Optional<String> help,
            SortedMap<String, String> labels) {

        /// Of an image that was made without definition file.
        public static final Sections NONE =
                new Sections(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Collections.emptySortedMap());
    }

    /// The files of an image without definition file, and of the base of one with it.
    ///
    /// @param config of an image from an OCI source: its environment, entrypoint, command and
    ///     labels
    public static List<ExtraFile> files(Origin origin, Optional<ImageConfig> config) {
        List<ExtraFile> files = new ArrayList<>();
        for (String directory : ROOT_DIRECTORIES) {
            files.add(ExtraFile.directory(directory, mode(directory)));
        }
        files.add(new ExtraFile("etc/hosts", new ExtraFile.Text(0644, ""), true));
        files.add(new ExtraFile("etc/resolv.conf", new ExtraFile.Text(0644, ""), true));
        for (String directory : List.of("", "actions", "env", "libs")) {
            String path = directory.isEmpty() ? ".singularity.d" : BASE + directory;
            files.add(ExtraFile.directory(path, 0755));
        }
        for (String action : List.of("exec", "run", "shell", "start", "test")) {
            files.add(
                    ExtraFile.text(
                            BASE + "actions/" + action,
                            0755,
                            resource("actions/environment") + resource("actions/" + action)));
        }
        for (String script : List.of("01-base", "95-apps", "99-base", "99-runtimevars")) {
            files.add(environmentScript(script, resource("env/" + script + ".sh")));
        }
        files.add(environmentScript("94-appsbase", ""));
        files.add(missing(ENVIRONMENT, emptyEnvironment()));
        files.add(missing(STARTSCRIPT, "#!/bin/sh\n"));
        config.ifPresent(
                c -> {
                    files.add(environmentScript("10-docker2singularity", ociEnvironment(c)));
                    files.add(ExtraFile.text(RUNSCRIPT, 0755, ociRunscript(c)));
                });
        files.add(ExtraFile.text(DEFINITION, 0644, origin.definition()));
        SortedMap<String, String> labels = new TreeMap<>();
        config.ifPresent(c -> labels.putAll(c.labels()));
        labels.putAll(automaticLabels(origin));
        files.add(ExtraFile.text(LABELS, 0644, GoJson.indented(labels)));
        for (String action : List.of("exec", "run", "shell", "test")) {
            files.add(ExtraFile.symlink("." + action, BASE + "actions/" + action));
        }
        files.add(ExtraFile.symlink("singularity", RUNSCRIPT));
        files.add(ExtraFile.symlink("environment", ENVIRONMENT));
        return files;
    }

    /// What a definition file changes in a tree that has the files of its base already.
    ///
    /// @param root of that tree; its environment script and labels are extended
    /// @param origin with the text of the definition file
    public static List<ExtraFile> files(Origin origin, Sections sections, Path root) {
        List<ExtraFile> files = new ArrayList<>();
        sections.environment()
                .ifPresent(
                        lines ->
                                files.add(
                                        ExtraFile.text(
                                                ENVIRONMENT,
                                                0755,
                                                text(root, ENVIRONMENT).orElse(emptyEnvironment())
                                                        + endLine(lines))));
        sections.runscript().ifPresent(s -> files.add(ExtraFile.text(RUNSCRIPT, 0755, s)));
        sections.startscript().ifPresent(s -> files.add(ExtraFile.text(STARTSCRIPT, 0755, s)));
        sections.test().ifPresent(s -> files.add(ExtraFile.text(TEST, 0755, s)));
        sections.help().ifPresent(s -> files.add(ExtraFile.text(HELP, 0644, endLine(s))));
        files.add(ExtraFile.text(DEFINITION, 0644, origin.definition()));

        SortedMap<String, String> labels = new TreeMap<>();
        text(root, LABELS).ifPresent(json -> labels.putAll(Labels.parse(json)));
        labels.putAll(automaticLabels(origin));
        if (sections.help().isPresent() || text(root, HELP).isPresent()) {
            labels.put("org.label-schema.usage", "/" + HELP);
            labels.put("org.label-schema.usage.apptainer.runscript.help", "/" + HELP);
        }
        labels.putAll(sections.labels());
        files.add(ExtraFile.text(LABELS, 0644, GoJson.indented(labels)));
        return files;
    }

    /// Lays files over a directory on disk.
    ///
    /// @throws IOException when they cannot be written
    public static void lay(List<ExtraFile> files, Path root) throws IOException {
        for (ExtraFile file : files) {
            Path path = root.resolve(file.path());
            if (!isInside(root, path)) {
                // A link of the image stands in the way; it shall not lead us out of the tree.
                continue;
            }
            boolean exists = Files.exists(path, LinkOption.NOFOLLOW_LINKS);
            if (exists && file.onlyIfMissing()) {
                continue;
            }
            switch (file.kind()) {
                case ExtraFile.Directory directory -> {
                    Files.createDirectory(path);
                    Files.setAttribute(path, MODE, directory.mode());
                }
                case ExtraFile.Text text -> writeText(path, text);
                case ExtraFile.Symlink link ->
                        Files.createSymbolicLink(path, Path.of(link.target()));
            }
        }
    }

    /// Lays files over a tree.
    ///
    /// @param mtime of what is made, in seconds since 1970
    /// @param contents keeps the bytes of a file where the writer of the image finds them
    public static void lay(
            List<ExtraFile> files, Node.Directory root, long mtime, SifContent.Contents contents)
            throws IOException {
        for (ExtraFile file : files) {
            int slash = file.path().lastIndexOf('/');
            Optional<Node.Directory> parent =
                    slash < 0
                            ? Optional.of(root)
                            : directory(root, file.path().substring(0, slash));
            if (parent.isEmpty()) {
                continue;
            }
            String name = file.path().substring(slash + 1);
            if (file.onlyIfMissing() && parent.get().child(name) != null) {
                continue;
            }
            parent.get().put(name, node(file, mtime, contents));
        }
    }

    /// All that a SIF file made from an OCI image has beside the files of the image. It names the
    /// image by its digest alone: the same digest gives the same file, under whatever name and from
    /// whatever registry or directory it came.
    public static SifContent sifContent(SourceImage image) {
        Origin origin =
                Origin.of(
                        "oci",
                        image.digest().toString(),
                        image.config().platform().architecture(),
                        image.config().created());
        List<ExtraFile> files = files(origin, Optional.of(image.config()));
        long mtime = seconds(image.config().created());
        return new SifContent(
                objects(
                        origin.definition(),
                        inspectMetadata(files),
                        Optional.of(image.config().configJson())),
                (root, contents) -> lay(files, root, mtime, contents));
    }

    /// All that a SIF file made from a directory has beside the files in it. Where the directory
    /// has no `.singularity.d`, one is added.
    ///
    /// @param architecture as OCI names it
    /// @param ociConfig the `config` object of the OCI image at the base
    public static SifContent sifContent(
            Path root, String architecture, Optional<String> ociConfig) {
        if (Files.isDirectory(root.resolve(BASE), LinkOption.NOFOLLOW_LINKS)) {
            return new SifContent(
                    objects(text(root, DEFINITION).orElse(""), inspectMetadata(root), ociConfig),
                    (tree, contents) -> {});
        }
        String name = String.valueOf(root.toAbsolutePath().normalize().getFileName());
        Origin origin = Origin.of("localimage", name, architecture, Optional.empty());
        List<ExtraFile> files = files(origin, Optional.empty());
        return new SifContent(
                objects(origin.definition(), inspectMetadata(files), ociConfig),
                (tree, contents) -> lay(files, tree, 0, contents));
    }

    private static List<SifContent.Part> objects(
            String definition, String inspectMetadata, Optional<String> ociConfig) {
        List<SifContent.Part> objects = new ArrayList<>();
        objects.add(part(SifObject.Type.DEFINITION, "", definition));
        objects.add(part(SifObject.Type.GENERIC_JSON, "inspect-metadata.json", inspectMetadata));
        ociConfig.ifPresent(
                json -> objects.add(part(SifObject.Type.GENERIC_JSON, "oci-config.json", json)));
        return objects;
    }

    private static SifContent.Part part(SifObject.Type type, String name, String content) {
        return new SifContent.Part(type, name, content.getBytes(StandardCharsets.UTF_8));
    }

    private static long seconds(Optional<Instant> time) {
        return Math.clamp(time.map(Instant::getEpochSecond).orElse(0L), 0, 0xFFFF_FFFFL);
    }

    /// The SIF object `inspect-metadata.json` for a tree that these files were laid over.
    public static String inspectMetadata(List<ExtraFile> files) {
        SortedMap<String, String> texts = new TreeMap<>();
        for (ExtraFile file : files) {
            if (file.kind() instanceof ExtraFile.Text text) {
                texts.put(file.path(), text.content());
            }
        }
        return InspectData.of(new TextTree.InMemory(texts)).compactJson();
    }

    /// The same for a tree on disk.
    public static String inspectMetadata(Path root) {
        return InspectData.of(new TextTree.InImage(ImageTree.directory(root))).compactJson();
    }

    private static int mode(String directory) {
        return switch (directory) {
            case "tmp", "var/tmp" -> 01777;
            case "root" -> 0700;
            default -> 0755;
        };
    }

    private static ExtraFile environmentScript(String name, String content) {
        return ExtraFile.text(BASE + "env/" + name + ".sh", 0755, content);
    }

    private static ExtraFile missing(String path, String content) {
        return new ExtraFile(path, new ExtraFile.Text(0755, content), true);
    }

    private static String emptyEnvironment() {
        return "#!/bin/sh\n# The lines of %environment follow.\n\n";
    }

    /// A variable that is set and not empty, because the caller asked for it, stays.
    private static String ociEnvironment(ImageConfig config) {
        StringBuilder script = new StringBuilder("#!/bin/sh\n");
        for (Map.Entry<String, String> variable : config.environment().entrySet()) {
            String name = variable.getKey();
            if (!isShellName(name)) {
                continue;
            }
            String assignment = name + "=" + singleQuoted(variable.getValue());
            if (name.equals("PATH")) {
                script.append("export ").append(assignment).append('\n');
            } else {
                script.append("[ -n \"${").append(name).append(":-}\" ] || ");
                script.append(assignment).append("\nexport ").append(name).append('\n');
            }
        }
        return script.toString();
    }

    private static String ociRunscript(ImageConfig config) {
        return "#!/bin/sh\nOCI_ENTRYPOINT="
                + singleQuoted(doubleQuoted(config.entrypoint()))
                + "\nOCI_CMD="
                + singleQuoted(doubleQuoted(config.cmd()))
                + "\n"
                + resource("oci-runscript");
    }

    private static String doubleQuoted(List<String> words) {
        StringBuilder quoted = new StringBuilder();
        for (String word : words) {
            quoted.append(quoted.isEmpty() ? "\"" : " \"");
            for (int i = 0; i < word.length(); i++) {
                char c = word.charAt(i);
                if (c == '"' || c == '$' || c == '`' || c == '\\') {
                    quoted.append('\\');
                }
                quoted.append(c);
            }
            quoted.append('"');
        }
        return quoted.toString();
    }

    private static String singleQuoted(String text) {
        return "'" + text.replace("'", "'\"'\"'") + "'";
    }

    private static boolean isShellName(String name) {
        if (name.isEmpty() || Character.isDigit(name.charAt(0))) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!(c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '_')) {
                return false;
            }
        }
        return true;
    }

    private static SortedMap<String, String> automaticLabels(Origin origin) {
        SortedMap<String, String> labels = new TreeMap<>();
        labels.put("org.label-schema.schema-version", "1.0");
        labels.put("org.label-schema.build-arch", origin.architecture());
        origin.date().ifPresent(d -> labels.put("org.label-schema.build-date", buildDate(d)));
        origin.labels()
                .forEach(
                        (key, value) ->
                                labels.put(
                                        "org.label-schema.usage.singularity.deffile." + key,
                                        value));
        return labels;
    }

    /// `Monday_23_November_2026_23:5:0_UTC`: the numbers have no leading zeros, as Apptainer's.
    private static String buildDate(Instant instant) {
        ZonedDateTime date = instant.atZone(ZoneOffset.UTC);
        return capitalized(date.getDayOfWeek().name())
                + "_"
                + date.getDayOfMonth()
                + "_"
                + capitalized(date.getMonth().name())
                + "_"
                + date.getYear()
                + "_"
                + date.getHour()
                + ":"
                + date.getMinute()
                + ":"
                + date.getSecond()
                + "_UTC";
    }

    private static String capitalized(String name) {
        return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
    }

    private static Optional<String> text(Path root, String path) {
        return new TextTree.InImage(ImageTree.directory(root)).text(path, MAXIMUM_TEXT);
    }

    private static String endLine(String text) {
        return text.endsWith("\n") ? text : text + "\n";
    }

    private static boolean isInside(Path root, Path path) throws IOException {
        Path parent = Objects.requireNonNull(path.getParent());
        return Files.isDirectory(parent)
                && parent.toRealPath().equals(root.toRealPath().resolve(root.relativize(parent)));
    }

    /// Written beside its place first, so that a link which stands there is replaced, not followed.
    private static void writeText(Path path, ExtraFile.Text text) throws IOException {
        Path parent = Objects.requireNonNull(path.getParent());
        Path temporary = Files.createTempFile(parent, ".amphora", "");
        Files.writeString(temporary, text.content());
        Files.setAttribute(temporary, MODE, text.mode());
        Files.move(temporary, path, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Optional<Node.Directory> directory(Node.Directory root, String path) {
        Node.Directory current = root;
        for (String name : path.split("/", -1)) {
            Node child = current.child(name);
            if (child instanceof Node.Directory directory) {
                current = directory;
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(current);
    }

    private static Node node(ExtraFile file, long mtime, SifContent.Contents contents)
            throws IOException {
        return switch (file.kind()) {
            case ExtraFile.Directory directory ->
                    new Node.Directory(attributes(directory.mode(), mtime));
            case ExtraFile.Text text ->
                    new Node.Regular(
                            attributes(text.mode(), mtime),
                            contents.of(text.content().getBytes(StandardCharsets.UTF_8)));
            case ExtraFile.Symlink link -> new Node.Symlink(attributes(0777, mtime), link.target());
        };
    }

    private static Attributes attributes(int mode, long mtime) {
        return new Attributes(mode, mtime, Collections.emptySortedMap());
    }

    private static String resource(String name) {
        try (InputStream in = RuntimeMetadata.class.getResourceAsStream(name)) {
            return new String(
                    Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("resource is not readable: " + name, e);
        }
    }
}
