// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.elf.ElfBuilder;
import org.amphora.elf.ElfFile;
import org.amphora.host.NvidiaNode;
import org.amphora.image.store.Cache;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole plans are compared with files of `src/test/resources/org/amphora/launch`; the system
/// property `golden` set to `write` makes them anew.
class LaunchTest {
    private static final Path GOLDEN = Path.of("src/test/resources/org/amphora/launch");

    @TempDir Path temporary;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> provided = new ArrayList<>();
    private Path image;
    private Path work;

    @BeforeEach
    void makeImageAndNode() throws IOException {
        image = Files.createDirectory(temporary.resolve("img"));
        program("bin/sh");
        env("01-base.sh", "#!/bin/sh\n# nothing\n");
        env(
                "10-docker2singularity.sh",
                "#!/bin/sh\nexport PATH=\"/opt/app/bin:/usr/bin\"\n"
                        + "export TOOL=\"${TOOL:-\"/opt/app\"}\"\n");
        env("90-environment.sh", "#!/bin/sh\nexport GREETING=\"from $TOOL\"\n");
        env(
                "99-base.sh",
                """
                #!/bin/sh
                if [ -z "$LD_LIBRARY_PATH" ]; then
                    LD_LIBRARY_PATH="/.singularity.d/libs"
                else
                    LD_LIBRARY_PATH="$LD_LIBRARY_PATH:/.singularity.d/libs"
                fi

                PS1="Apptainer> "
                export LD_LIBRARY_PATH PS1
                """);
        work = Files.createDirectories(temporary.resolve("home/ann/work"));
        Files.createDirectories(temporary.resolve("root/dev"));
        environment.put("PATH", "/usr/bin");
        environment.put("HOME", temporary + "/home/ann");
        environment.put("TOOL", "/host");
        environment.put("AMPHORA_CACHEDIR", temporary + "/cache");
    }

    @Test
    void plansExec() throws IOException {
        assertPlan("exec", "exec", image(), "ls", "-l", "a\tb", "$HOME");
    }

    @Test
    void leavesOutVariablesThatNameFilesOfTheNode() throws IOException {
        environment.put("LD_PRELOAD", "libshim.so");
        environment.put("PYTHONPATH", work + ":/opt/node/lib");
        environment.put("PERL5LIB", work.toString());
        environment.put("R_LIBS", "relative");
        String plan = plan("exec", image(), "true");
        assertThat(plan)
                .contains("env-drop\tPYTHONPATH\n", "env-drop\tLD_PRELOAD\n")
                .contains("# PYTHONPATH is left out, it names what the container does not show: ")
                .doesNotContain("PERL5LIB", "R_LIBS");
        assertThat(plan("exec", "--no-env-filter", image(), "true"))
                .doesNotContain("PYTHONPATH", "LD_PRELOAD");
        assertThat(plan("exec", "--bind", "/usr:/opt/node/lib", image(), "true"))
                .contains("env-drop\tPYTHONPATH");
    }

    @Test
    void plansContainAll() throws IOException {
        assertPlan("containall", "exec", "-C", "--no-init", "--hostname", "h", image(), "true");
    }

    @Test
    void plansTheCommandLineOfCwltool() throws IOException {
        environment.put("SINGULARITYENV_TMPDIR", "/tmp");
        Files.createDirectories(temporary.resolve("out"));
        assertPlan(
                "cwltool",
                "--quiet",
                "run",
                "--contain",
                "--ipc",
                "--cleanenv",
                "--no-eval",
                "--userns",
                "--home",
                temporary + "/out:/out",
                "--mount=type=bind,source=" + work + ",target=/in,readonly",
                "--pwd",
                "/out",
                "--net",
                "--network",
                "none",
                image(),
                "cat",
                "$x");
    }

    @Test
    void plansTheCommandLineOfNextflow() throws IOException {
        environment.remove("HOME");
        environment.put("SINGULARITYENV_NXF_TASK_WORKDIR", "/work/dir");
        assertPlan(
                "nextflow",
                "exec",
                "--no-home",
                "--pid",
                "-B",
                work.toString(),
                image(),
                "/bin/bash",
                "-c",
                "cd \"$NXF_TASK_WORKDIR\"; true");
    }

    @Test
    void plansTheCommandLineOfSnakemake() throws IOException {
        environment.put("SINGULARITYENV_K", "V");
        assertPlan(
                "snakemake",
                "--quiet",
                "--silent",
                "exec",
                "--home",
                work.toString(),
                "--bind",
                temporary + ":/mnt/snakemake_searchpaths/item_0",
                "--pwd",
                work.toString(),
                image(),
                "sh",
                "-c",
                "echo 'x'");
    }

    @Test
    void plansTheCommandLineOfGalaxy() throws IOException {
        assertPlan(
                "galaxy",
                "-s",
                "exec",
                "--contain",
                "--pwd",
                work.toString(),
                "--cleanenv",
                "--ipc",
                "--pid",
                "--no-mount",
                "tmp",
                "-B",
                work + ":" + work + ":ro",
                "--home",
                work + ":" + work,
                image(),
                "/bin/sh",
                "script");
    }

    @Test
    void plansTheCommandLineOfMiniwdl() throws IOException {
        Files.createDirectories(temporary.resolve("T/tmp"));
        assertPlan(
                "miniwdl",
                "--verbose",
                "exec",
                "--pwd",
                "/mnt/work",
                "--add-caps",
                "all",
                "--containall",
                "--no-mount",
                "hostfs",
                "--fakeroot",
                "--bind",
                work + ":/mnt/work",
                "--bind",
                temporary + "/T/tmp:/tmp",
                image(),
                "/bin/sh",
                "-c",
                "x");
    }

    @Test
    void mapsSubordinateIdsWhereTheCallerHasThem() throws IOException {
        String name = System.getProperty("user.name");
        Path etc = Files.createDirectories(temporary.resolve("root/etc"));
        Path bin = Files.createDirectories(temporary.resolve("root/usr/bin"));
        Files.writeString(etc.resolve("subuid"), "x:1:2\n" + name + ":100000:65536\n");
        Files.writeString(etc.resolve("subgid"), "x" + name + ":100000:65536\n");
        for (String program : List.of("newuidmap", "newgidmap")) {
            assertThat(Files.createFile(bin.resolve(program)).toFile().setExecutable(true))
                    .isTrue();
        }
        String faked = "identity\troot\nfake-ids\n";
        assertThat(plan("exec", "--fakeroot", image(), "true")).contains(faked);

        Files.writeString(etc.resolve("subgid"), name + ":100000:65536\n");
        assertThat(plan("exec", "--fakeroot", image(), "true"))
                .contains("identity\tsubids\n")
                .doesNotContain("fake-ids");
        environment.put("PATH", "/bin");
        assertThat(plan("exec", "--fakeroot", image(), "true")).contains(faked);
    }

    @Test
    void makesTheHomeDirectoryThatIsAskedFor() throws IOException {
        assertThat(plan("exec", "--home", "new/home:/h", image(), "true"))
                .contains("bind\t" + work + "/new/home\t/h\trw,rec\n");
        assertThat(work.resolve("new/home")).isDirectory();
        Files.createFile(work.resolve("file"));
        assertProblem(
                work + "/file/home does not exist and cannot be made",
                "exec",
                "--home",
                "file/home",
                image(),
                "true");
    }

    @Test
    void letsRanksJoinUnlessTheContainerHasPlacesOfItsOwn() throws IOException {
        String slurm = "join\tSLURM_PROCID\tSLURM_JOB_ID\tSLURM_STEP_ID\n";
        String parent = "join\t-\n";
        assertThat(plan("exec", image(), "c")).contains(slurm).doesNotContain(parent);
        for (String option : List.of("--no-join", "-c", "--writable-tmpfs", "-S=/s", "--pid")) {
            assertThat(plan("exec", option, image(), "c")).doesNotContain("join");
        }
        assertThat(plan("exec", "-c", "--join", image(), "c")).contains(slurm, parent);
        assertThat(plan("exec", "--sharens", image(), "c")).contains(slurm, parent);
        assertThat(plan("exec", "--join", "-p", image(), "c")).doesNotContain("join");
        assertThat(saidText()).contains("--join has no effect with --pid");
    }

    @Test
    void recordsWhereTheSiteSays() throws IOException {
        assertThat(plan("exec", image(), "c")).doesNotContain("record\t");
        environment.put("AMPHORA_RECORD", "/users/own");
        environment.put("AMPHORA_APPLICATION", "tool/1");
        assertThat(plan("exec", image(), "c", "secret"))
                .contains("record\t/users/own\tapplication=tool/1\timage=" + image)
                .contains("\tcommand=c\tplan=sha256:")
                .contains("\tjob:SLURM_JOB_ID,OAR_JOB_ID");

        Path etc = Files.createDirectories(temporary.resolve("root/etc/amphora"));
        Files.writeString(etc.resolve("record"), "syslog\n");
        assertThat(plan("exec", image(), "c")).contains("record\tsyslog\t");

        Files.writeString(etc.resolve("record"), "relative\n");
        assertThat(plan("exec", image(), "c")).doesNotContain("record\t");
        assertThat(saidText()).contains("no launch record: relative is neither syslog");
    }

    @Test
    void leavesScriptsToTheImagesShell() throws IOException {
        env("90-environment.sh", "export NOW=$(date)\n");
        environment.put("APPTAINERENV_QUOTED", "a\"b $NOW");
        environment.put("APPTAINERENV_PREPEND_PATH", "/first");
        assertPlan("dynamic", "exec", "--env", "A=1,B=2", image(), "true");
    }

    @Test
    void runsEntrypointsDirectlyWhereNoShellIsNeeded() throws IOException {
        runscript("'\"/app\" \"-v\"'", "'\"a b\"'");

        assertThat(last("run", image())).isEqualTo("exec\t/app\t-v\ta b");
        assertThat(last("run", image(), "-c", "x")).isEqualTo("exec\t/app\t-v\t-c\tx");
        assertThat(last("run", image(), "$HOME"))
                .isEqualTo("exec\t/.singularity.d/runscript\t\\$HOME");
        assertThat(last("run", "--no-eval", image(), "$HOME")).isEqualTo("exec\t/app\t-v\t\\$HOME");
    }

    @Test
    void findsWhatAnImageOffers() throws IOException {
        assertThat(last("run", image(), "x")).isEqualTo("exec\t/bin/sh\tx");
        assertThat(last("shell", image())).isEqualTo("exec\t/bin/sh");
        assertThat(run("test", image())).isZero();
        assertThat(saidText()).contains("INFO:    No test script found in container, exiting");
        program(".singularity.d/test");
        program(".singularity.d/runscript");
        program("bin/bash");
        assertThat(last("run", image(), "x")).isEqualTo("exec\t/.singularity.d/runscript\tx");
        assertThat(last("test", image())).isEqualTo("exec\t/.singularity.d/test");
        assertThat(last("shell", image())).isEqualTo("exec\t/bin/bash\t--norc");
        assertThat(last("plan", image())).isEqualTo("exec\t/.singularity.d/runscript");
        assertThat(last("plan", image(), "x")).isEqualTo("exec\tx");
    }

    @Test
    void putsInjectedVariablesAboveTheImages() throws IOException {
        Path file = Files.writeString(temporary.resolve("f.env"), "F=\"file $TOOL\"\nG=file\n");
        environment.put("SINGULARITYENV_TOOL", "singularity");
        environment.put("APPTAINERENV_TOOL", "apptainer");
        environment.put("APPTAINERENV_G", "apptainer");
        environment.put("APPTAINERENV_HOME", "/nowhere");
        environment.put("APPTAINERENV_LD_LIBRARY_PATH", "/x");
        environment.put("APPTAINERENV_APPEND_PATH", "/last");
        String plan =
                plan("exec", "--env", "E=a=b,c", "--env-file", file.toString(), image(), "true");

        assertThat(plan)
                .contains("env-set\tTOOL\tapptainer\n")
                .contains("env-set\tGREETING\tfrom /opt/app\n")
                .contains("env-set\tE\ta=b,c\n")
                .contains("env-set\tF\tfile /host\n")
                .contains("env-set\tG\tfile\n")
                .contains("env-set\tLD_LIBRARY_PATH\t/x:/.singularity.d/libs\n")
                .contains(
                        "env-set\tPATH\t/opt/app/bin:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin"
                                + ":/sbin:/bin:/last\n")
                .doesNotContain("/nowhere");
        assertThat(saidText()).contains("HOME cannot be overridden");
    }

    @Test
    void evaluatesFilesOfVariablesWithAShellWhereNeeded() throws IOException {
        Path file = Files.writeString(temporary.resolve("f.env"), "F=$(echo done)\n");

        assertThat(plan("exec", "--env-file", file.toString(), image(), "true"))
                .contains("env-set\tF\tdone\n");
    }

    @Test
    void bringsTheDriverOfTheNode() throws IOException {
        assertThat(plan("exec", "--nv", image(), "true")).doesNotContain("nvidia");

        assertThat(saidText()).contains("WARNING: this node has no GPU of NVIDIA");

        new NvidiaNode(temporary.resolve("root"), NvidiaNode.DESKTOP);
        assertPlan("nv", "exec", "--nv", "--contain", image(), "nvidia-smi");
        String asked = plan("exec", "--gpu=nvidia", "--contain", image(), "nvidia-smi");
        for (String[] same :
                new String[][] {{"--nv"}, {"--nvccli"}, {"--gpu=auto"}, {"--nv", "--rocm"}}) {
            List<String> words = new ArrayList<>(List.of("exec", "--contain"));
            words.addAll(List.of(same));
            words.addAll(List.of(image(), "nvidia-smi"));
            assertThat(plan(words.toArray(new String[0]))).isEqualTo(asked);
        }
    }

    @Test
    void mendsWhatIsAskedFor() throws IOException {
        environment.put("LANG", "fr_FR.UTF-8");
        Path library = image.resolve("usr/lib/libold.so");
        Files.createDirectories(library.getParent());
        Files.write(library, ElfBuilder.library("libold.so").stack(7).build());
        libc("2.41");

        assertThat(plan("exec", image(), "true")).doesNotContain("exec-stack");
        String mended = plan("exec", "--fix=all", image(), "true");
        assertThat(mended)
                .contains(
                        "# exec-stack: copies that want no executable stack lie over /usr/lib/libold.so\n")
                .contains("# locale: the image has no locale fr_FR.UTF-8, LANG is C.UTF-8\n")
                .contains("env-set\tLANG\tC.UTF-8\n");
        String copy = mended.substring(0, mended.indexOf("\t/usr/lib/libold.so\tro"));
        copy = copy.substring(copy.lastIndexOf('\t') + 1);
        assertThat(ElfFile.read(new File(copy)).executableStack()).isFalse();
        assertThat(new File(copy)).canRead().satisfies(c -> assertThat(c.canExecute()).isTrue());
        Cache.Entry kept = Cache.of(environment).list().getFirst();
        assertThat(kept.kind()).isEqualTo(Cache.Kind.COPY);
        assertThat(kept.path()).hasToString(copy);
        assertThat(kept.sizeInBytes()).isEqualTo(Files.size(library));
        assertThat(plan("exec", "--fix=no-exec-stack", image(), "true"))
                .doesNotContain("exec-stack")
                .contains("# locale");
        assertThat(plan("exec", "--fix=locale", image(), "true")).doesNotContain("exec-stack");
        assertThat(run("exec", "--fix=everything", image(), "true")).isEqualTo(1);
        assertThat(saidText()).contains("--fix does not know everything", "abi-note");
    }

    /// A glibc that says so.
    private void libc(String version) throws IOException {
        Files.createDirectories(image.resolve("lib64"));
        Files.write(
                image.resolve("lib64/ld-linux-x86-64.so.2"),
                ElfBuilder.library("ld-linux-x86-64.so.2").build());
        Files.write(
                image.resolve("lib64/libc.so.6"),
                ElfBuilder.library("libc.so.6").definesVersions("GLIBC_" + version).build());
        Files.write(
                image.resolve("usr/tool"),
                ElfBuilder.program("/lib64/ld-linux-x86-64.so.2").needs("libc.so.6").build());
        assertThat(image.resolve("usr/tool").toFile().setExecutable(true)).isTrue();
    }

    @Test
    void fetchesReferencesThroughTheProvider() throws IOException {
        assertThat(plan("exec", "--no-https", "--authfile", "f", "docker://x/y", "true"))
                .contains("directory\t" + image + "\n");
        assertThat(provided).containsExactly("docker://x/y", "--no-https", "--authfile=f");
    }

    @Test
    void takesAFileForWhatItIs() throws IOException {
        Path file = temporary.resolve("x.sif");
        assertProblem("there is no file " + file, "exec", file.toString(), "true");
        Files.writeString(file, "no image at all");
        assertProblem("it is neither a SIF nor a SquashFS file", "exec", file.toString(), "true");
        Files.writeString(file, "#!/usr/bin/env run-singularity\n\0SIF_MAGIC\00001");
        assertThatThrownBy(() -> plan("exec", file.toString(), "true")).isInstanceOf(Problem.class);
    }

    @Test
    void refusesWhatCannotBe() throws IOException {
        Files.writeString(temporary.resolve("o.img"), "");
        assertProblem("mount source /nope doesn't exist", "exec", "-B", "/nope:/x", image(), "c");
        assertProblem("it has more than two fields", "exec", "-H", "a:b:c", image(), "c");
        assertProblem("the directory does not exist", "exec", "-cW", "/nope", image(), "c");
        assertProblem(
                "without root a container has the host's network or none",
                "exec",
                "--net",
                image(),
                "c");
        assertProblem(
                "it is a file; only directories can be overlays",
                "exec",
                "--overlay",
                temporary + "/o.img",
                image(),
                "c");
        assertThat(run("exec", "--nope", image(), "c")).isEqualTo(1);
        assertThat(saidText()).contains("error: ").contains("why:   unknown option --nope");
    }

    @Test
    void writesOverOrIntoTheImage() throws IOException {
        Files.createDirectories(temporary.resolve("o/upper"));
        assertThat(plan("exec", "--writable-tmpfs", image(), "c")).contains("\nupper\ttmpfs\n");
        assertThat(plan("exec", "-w", image(), "c")).contains("\nwritable\n");
        assertThat(plan("exec", "--overlay", temporary + "/o", image(), "c"))
                .contains("\nupper\t" + temporary + "/o\n");
        assertThat(plan("exec", "-o", temporary + "/o:ro", image(), "c"))
                .contains("\nlayer\t" + temporary + "/o/upper\n");
        assertThat(run("exec", "-w", "--writable-tmpfs", image(), "c")).isEqualTo(1);
    }

    @Test
    void keepsWorkInTheWorkDirectory() throws IOException {
        assertThat(plan("exec", "-c", "-W", work.toString(), "-S", "/s", image(), "c"))
                .contains("bind\t" + work + "/tmp\t/tmp\trw,rec\n")
                .contains("bind\t" + work + "/var_tmp\t/var/tmp\trw,rec\n")
                .contains("bind\t" + work + "/home\t" + temporary + "/home/ann\trw,rec\n")
                .contains("bind\t" + work + "/scratch/s\t/s\trw,rec\n");
        assertThat(work.resolve("scratch/s")).isDirectory();
    }

    @Test
    void keepsTheFirstOfTwoBindsToOnePlace() throws IOException {
        assertThat(plan("exec", "-B", "/usr:/x,/etc:/x", image(), "c"))
                .contains("bind\t/usr\t/x\t")
                .doesNotContain("bind\t/etc\t/x\t");
        assertThat(saidText()).contains("WARNING: /x is bound already, /etc is left out");
    }

    @Test
    void passesBytesUnchanged() throws IOException {
        String bytes = "\u00e9\u00ff\u0080";

        assertThat(last("exec", image(), bytes)).isEqualTo("exec\t" + bytes);
    }

    private void assertPlan(String name, String... words) throws IOException {
        String plan = plan(words).replace(temporary.toString(), "@TMP@");
        Path golden = GOLDEN.resolve(name + ".plan");
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(golden, plan, StandardCharsets.ISO_8859_1);
        }
        assertThat(plan).isEqualTo(Files.readString(golden, StandardCharsets.ISO_8859_1));
    }

    private void assertProblem(String why, String... words) {
        assertThatThrownBy(() -> plan(words))
                .isInstanceOf(Problem.class)
                .extracting(e -> ((Problem) e).why())
                .isEqualTo(why);
    }

    private String last(String... words) throws IOException {
        List<String> lines = List.of(plan(words).split("\n"));
        return lines.getLast();
    }

    private String plan(String... words) throws IOException {
        Messages messages = new Messages(said);
        LaunchPlan plan =
                launch(messages).plan(LaunchArguments.parse(List.of(words), environment, messages));
        assertThat(plan).isNotNull();
        return plan.toString();
    }

    private int run(String... words) {
        return launch(new Messages(said)).run(List.of(words));
    }

    private Launch launch(Messages messages) {
        ImageProvider provider =
                new ImageProvider() {
                    @Override
                    public Path provide(String reference, List<String> options) {
                        provided.add(reference);
                        provided.addAll(options);
                        return image;
                    }

                    @Override
                    public Path provideTree(Path file) {
                        return image;
                    }
                };
        Caller caller =
                new Caller(environment, work.toString(), work.toString(), temporary + "/home/ann");
        return new Launch(
                provider,
                caller,
                messages,
                temporary.resolve("root").toString(),
                Launch.Shared.NOT);
    }

    private String saidText() {
        return said.toString(StandardCharsets.UTF_8);
    }

    private String image() {
        return image.toString();
    }

    private void env(String name, String text) throws IOException {
        Path folder = Files.createDirectories(image.resolve(".singularity.d/env"));
        Files.writeString(folder.resolve(name), text);
    }

    private void program(String name) throws IOException {
        Path file = image.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private void runscript(String entrypoint, String cmd) throws IOException {
        program(".singularity.d/runscript");
        Files.writeString(
                image.resolve(".singularity.d/runscript"),
                "#!/bin/sh\nOCI_ENTRYPOINT=" + entrypoint + "\nOCI_CMD=" + cmd + "\nexec\n");
    }
}
