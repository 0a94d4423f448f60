// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What each manager is told, and how its answers are read.
class DialectTest {

    private static final Job LARGE = Jobs.large();

    @Test
    void writesAWholeJobForSlurm() {
        assertThat(new Slurm().script(LARGE))
                .isEqualTo(
                        """
                        #!/bin/sh
                        #SBATCH --job-name=align
                        #SBATCH --nodes=2
                        #SBATCH --ntasks=4
                        #SBATCH --cpus-per-task=2
                        #SBATCH --mem=4096M
                        #SBATCH --gres=gpu:1
                        #SBATCH --time=01:30:00
                        #SBATCH --array=1-10%2
                        #SBATCH --dependency=afterok:11
                        #SBATCH --partition=long
                        #SBATCH --account=lab
                        #SBATCH --output="/home/ada/run 1/out/%A.%a.txt"
                        #SBATCH --mail-user=ada@example.org
                        #SBATCH --mail-type=END,FAIL
                        #SBATCH --export=ALL

                        export OMP_NUM_THREADS=2
                        export AMPHORAENV_AMPHORA_ARRAY_INDEX="$SLURM_ARRAY_TASK_ID"
                        cd '/home/ada/run 1' || exit
                        exec srun --mpi=pmix --cpus-per-task=2 /opt/amphora/bin/amphora exec x.sif echo 'it'\\''s $HOME'
                        """);
    }

    @Test
    void namesEachOptionThatAManagerCannotBeTold() {
        assertThat(new Slurm().refused(LARGE)).isEmpty();
        assertThat(new Oar().refused(LARGE))
                .extracting(text -> text.split("[ :]", 2)[0])
                .containsExactly("--memory", "--dependency", "--array");
        assertThat(new GridEngine().refused(LARGE))
                .extracting(text -> text.split("[ :]", 2)[0])
                .containsExactly("--nodes", "--dependency");
        assertThat(new Pbs(false).refused(LARGE)).singleElement().asString().contains("%j");
        assertThat(new HtCondor().refused(LARGE))
                .extracting(text -> text.split("[ :]", 2)[0])
                .contains("--dependency", "--queue", "--array");
        assertThat(new Flux().refused(LARGE))
                .extracting(text -> text.split("[ :]", 2)[0])
                .containsExactly("--memory", "--array", "--mail-to");
        assertThat(new Lsf().refused(LARGE)).isEmpty();
    }

    @Test
    void asksPbsForAChunkANode() {
        assertThat(new Pbs(false).script(LARGE))
                .contains("#PBS -l select=2:ncpus=4:mpiprocs=2:mem=4096mb:ngpus=1\n")
                .contains("#PBS -J 1-10%2\n")
                .contains("exec mpirun -np 4 /opt/amphora/bin/amphora");
        assertThat(new Pbs(true).script(LARGE))
                .contains("#PBS -l nodes=2:ppn=4:gpus=1,mem=8192mb\n")
                .contains("#PBS -t 1-10%2\n");
    }

    @Test
    void asksLsfForWholeMinutesAndMegabytes() {
        assertThat(new Lsf().script(LARGE))
                .contains("#BSUB -J \"align[1-10]%2\"\n")
                .contains("#BSUB -n 8\n")
                .contains("#BSUB -R \"span[ptile=4]\"\n")
                .contains("#BSUB -M 4096MB\n")
                .contains("#BSUB -W 90\n")
                .contains("#BSUB -w \"done(11)\"\n");
    }

    @Test
    void describesAJobToHtCondor() {
        Job job = Jobs.small(Path.of("/tmp"), "echo", "a b", "it's", "say \"x\"");
        assertThat(new HtCondor().script(job))
                .contains("arguments = \"echo 'a b' 'it''s' 'say \"\"x\"\"'\"\n")
                .endsWith("queue\n");
    }

    @ParameterizedTest
    @CsvSource({
        "slurm, 630114, 630114",
        "slurm, 630114;mpp2, 630114",
        "gridengine, 12, 12",
        "gridengine, 12.1-100:1, 12",
        "openpbs, 123.server, 123.server",
        "openpbs, 123[].server.site, 123[].server.site",
        "htcondor, 7.0 - 7.99, 7",
        "lsf, Job <12> is submitted to queue <normal>., 12",
        "flux, ƒ2Abc9, ƒ2Abc9",
    })
    void readsTheIdOfASubmittedJob(String manager, String said, String id) {
        assertThat(dialect(manager).jobId("Some plugin says hello\n" + said + "\n")).contains(id);
    }

    @Test
    void readsTheIdsOfOar() {
        assertThat(new Oar().jobId("[ADMISSION RULE] x\nOAR_JOB_ID=7\n")).contains("7");
        assertThat(new Oar().jobId("OAR_JOB_ID=8\nOAR_JOB_ID=9\nOAR_ARRAY_ID=8\n")).contains("8");
    }

    private static Dialect dialect(String name) {
        return switch (name) {
            case "slurm" -> new Slurm();
            case "gridengine" -> new GridEngine();
            case "openpbs" -> new Pbs(false);
            case "htcondor" -> new HtCondor();
            case "lsf" -> new Lsf();
            default -> new Flux();
        };
    }

    @ParameterizedTest
    @CsvSource({
        "PENDING, 0:0, QUEUED, , ",
        "RUNNING, 0:0, RUNNING, , ",
        "COMPLETED, 0:0, COMPLETED, 0, ",
        "FAILED, 3:0, FAILED, 3, ",
        "FAILED, 0:9, FAILED, , 9",
        "CANCELLED, 0:15, CANCELLED, , 15",
        "CANCELLED, 0:0, CANCELLED, , ",
        "TIMEOUT, 0:0, TIMEOUT, , ",
        "NODE_FAIL, 0:0, NODE_FAILED, , ",
        "OUT_OF_MEMORY, 0:125, OUT_OF_MEMORY, , ",
        "SPECIAL_EXIT, 0:0, HELD, , ",
        "SOMETHING_NEW, 0:0, UNKNOWN, , ",
    })
    void readsWhatSlurmSaysOfAJob(
            String word, String code, JobState state, Integer exit, Integer signal) {
        String answer =
                "JobId=12 JobName=x UserId=ada(1000) JobState=%s Reason=None ExitCode=%s\n"
                        .formatted(word, code);
        JobStatus status = Slurm.ofController(answer).get("12");
        assertThat(status.state()).isEqualTo(state);
        assertThat(status.exitCode()).isEqualTo(number(exit));
        assertThat(status.signal()).isEqualTo(number(signal));
        String account = "12|%s|%s\n".formatted(word, code);
        assertThat(Slurm.ofAccounts(account).get("12").state()).isEqualTo(state);
    }

    private static OptionalInt number(Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }

    @Test
    void tellsTheElementsOfAnArrayApart() {
        String answer =
                "JobId=14 ArrayJobId=12 ArrayTaskId=2 JobState=FAILED ExitCode=1:0\n"
                        + "JobId=13 ArrayJobId=12 ArrayTaskId=1 JobState=COMPLETED ExitCode=0:0\n";
        assertThat(Slurm.ofController(answer)).containsOnlyKeys("12_1", "12_2");
        assertThat(new Slurm().outputFile(LARGE, "12_2")).isEqualTo("/home/ada/run 1/out/12.2.txt");
    }

    @Test
    void holdsWhatSlurmHolds() {
        String answer = "JobId=12 JobState=PENDING Reason=JobHeldUser ExitCode=0:0\n";
        assertThat(Slurm.ofController(answer).get("12").state()).isEqualTo(JobState.HELD);
        assertThat(Slurm.ofAccounts("12|CANCELLED by 1000|0:15\n").get("12").state())
                .isEqualTo(JobState.CANCELLED);
    }

    @ParameterizedTest
    @CsvSource({
        "R, , RUNNING, , ",
        "F, 0, COMPLETED, 0, ",
        "F, 2, FAILED, 2, ",
        "F, 271, CANCELLED, , 15",
        "F, 265, FAILED, , 9",
        "F, -29, TIMEOUT, , ",
        "F, -27, OUT_OF_MEMORY, , ",
        "F, , CANCELLED, , ",
        "H, , HELD, , ",
    })
    void readsWhatPbsSaysOfAJob(
            String word, String code, JobState state, Integer exit, Integer signal) {
        String answer =
                "Job Id: 12.server\n    Job_Name = x\n    job_state = %s\n%s\n"
                        .formatted(word, code == null ? "" : "    Exit_status = " + code);
        JobStatus status = new Pbs(false).states(answer).get("12.server");
        assertThat(status.state()).isEqualTo(state);
        assertThat(status.exitCode()).isEqualTo(number(exit));
        assertThat(status.signal()).isEqualTo(number(signal));
    }

    @ParameterizedTest
    @CsvSource({
        "12^0^DONE^0^-^-, COMPLETED, 0, ",
        "12^0^EXIT^3^-^-, FAILED, 3, ",
        "12^0^EXIT^140^TERM_RUNLIMIT: job killed after reaching LSF run time limit^-, TIMEOUT, , 12",
        "12^0^EXIT^137^TERM_MEMLIMIT: x^-, OUT_OF_MEMORY, , 9",
        "12^0^EXIT^130^TERM_OWNER: x^-, CANCELLED, , 2",
        "12^0^PEND^-^-^New job is waiting for scheduling, QUEUED, , ",
    })
    void readsWhatLsfSaysOfAJob(String line, JobState state, Integer exit, Integer signal) {
        JobStatus status = Lsf.states(line + "\n").get("12");
        assertThat(status.state()).isEqualTo(state);
        assertThat(status.exitCode()).isEqualTo(number(exit));
        assertThat(status.signal()).isEqualTo(number(signal));
    }

    @Test
    void readsWhatHtCondorSaysOfJobs() {
        Map<String, JobStatus> jobs =
                HtCondor.states(
                        "7.0\t4\t0\tfalse\tundefined\tundefined\tundefined\n"
                                + "7.1\t4\t3\tfalse\tundefined\tundefined\tundefined\n"
                                + "7.2\t4\tundefined\ttrue\t9\tundefined\tundefined\n"
                                + "7.3\t5\tundefined\tundefined\tundefined\t34\tmemory usage\n"
                                + "7.4\t1\tundefined\tundefined\tundefined\tundefined\tundefined\n");
        assertThat(jobs.values())
                .extracting(JobStatus::state)
                .containsExactly(
                        JobState.COMPLETED,
                        JobState.FAILED,
                        JobState.FAILED,
                        JobState.OUT_OF_MEMORY,
                        JobState.QUEUED);
        assertThat(jobs.get("7.2").signal()).hasValue(9);
    }

    @Test
    void readsWhatGridEngineSaysOfJobs() {
        String living =
                """
                <?xml version='1.0'?>
                <job_info><queue_info>
                <job_list state="running"><JB_job_number>12</JB_job_number><state>r</state><tasks>3</tasks></job_list>
                </queue_info><job_info>
                <job_list state="pending"><JB_job_number>12</JB_job_number><state>hqw</state><tasks>4-10:1</tasks></job_list>
                <job_list state="pending"><JB_job_number>13</JB_job_number><state>Eqw</state></job_list>
                </job_info></job_info>
                """;
        assertThat(GridEngine.ofLiving(living, "12"))
                .hasEntrySatisfying(
                        "12.3", job -> assertThat(job.state()).isEqualTo(JobState.RUNNING))
                .hasEntrySatisfying(
                        "12.4-10:1", job -> assertThat(job.state()).isEqualTo(JobState.HELD));
        assertThat(GridEngine.ofLiving(living, "13").get("13").reason()).contains("error state");
        String dead =
                """
                ==============================================================
                jobnumber    12
                taskid       undefined
                category     -l h_rt=60
                failed       100 : assumedly after job
                exit_status  137
                ru_wallclock 61s
                maxvmem      1.0M
                """;
        JobStatus job = GridEngine.ofDead(dead).get("12");
        assertThat(job.state()).isEqualTo(JobState.TIMEOUT);
        assertThat(job.signal()).hasValue(9);
    }

    @Test
    void readsWhatFluxSaysOfJobs() {
        Map<String, JobStatus> jobs =
                Flux.states(
                        "ƒA1\tCOMPLETED\t0\tExited normally\nƒA2\tFAILED\t139\tx\nƒA3\tRUN\t\t\n");
        assertThat(jobs.get("ƒA1").exitCode()).hasValue(0);
        assertThat(jobs.get("ƒA2").signal()).hasValue(11);
        assertThat(jobs.get("ƒA3").state()).isEqualTo(JobState.RUNNING);
    }

    @Test
    void readsWhatOarSaysOfAJob() {
        String answer =
                """
                Job_Id: 7
                    name = x
                    state = Terminated
                    exit_code = 768 (3,0,0)
                """;
        JobStatus job = Oar.states(answer).get("7");
        assertThat(job.state()).isEqualTo(JobState.FAILED);
        assertThat(job.exitCode()).hasValue(3);
    }

    /// The events, which follow their name on lines of their own, tell who ended a job.
    @Test
    void readsWhyOarEndedTheElementsOfAnArray() {
        String answer =
                """
                Job_Id: 12
                    job_array_id = 12
                    job_array_index = 1
                    state = Error
                    events =\s
                2026-11-24 12:47:40> FRAG_JOB_REQUEST:User root requested to frag the job 12
                2026-11-24 12:47:40> WALLTIME:[sarko] Job [12] from 1795524447 with 5; (Elapsed)

                Job_Id: 13
                    job_array_id = 12
                    job_array_index = 2
                    state = Error
                    startTime = 2026-11-24 12:47:32
                    stopTime = 2026-11-24 12:47:43
                    assigned_hostnames = n1+n2
                    events =\s
                2026-11-24 12:47:40> FRAG_JOB_REQUEST:User ada requested to frag the job 13

                Job_Id: 14
                    job_array_id = 12
                    job_array_index = 3
                    state = Terminated
                    exit_code = 9 (0,9,0)
                    events =\s
                2026-11-24 12:47:40> SWITCH_INTO_TERMINATE_STATE:[bipbip 14] Ask to change
                """;
        assertThat(Oar.states(answer).values())
                .extracting(JobStatus::id, JobStatus::state)
                .containsExactly(
                        tuple("12_1", JobState.TIMEOUT),
                        tuple("12_2", JobState.CANCELLED),
                        tuple("12_3", JobState.FAILED));
        assertThat(Oar.states(answer).get("12_3").signal()).hasValue(9);
        Account account = Oar.accountsOf(answer).get("12_2");
        assertThat(account.end()).contains(Instant.parse("2026-11-24T12:47:43Z"));
        assertThat(account.nodes()).containsExactly("n1", "n2");
    }

    @Test
    void letsTheScriptOpenTheFilesThatOarCannotName() {
        assertThat(new Oar().script(Jobs.small(Path.of("/home/ada/run 1"), "echo")))
                .contains("#OAR -O /dev/null\n")
                .contains("exec >'/home/ada/run 1/OAR.small.'\"$OAR_ARRAY_ID\"'.stdout' 2>&1\n");
        assertThat(new Oar().outputFile(LARGE, "12_2")).isEqualTo("/home/ada/run 1/out/12.2.txt");
        assertThat(new Oar().cancel("12_2")).contains("array_id = 12 AND array_index = 2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "garbage",
                "Job Id: ",
                "JobId=",
                "<job_info><job_list>",
                "\t\t\t\t\t\t\t",
                "^^^^^^",
                "Job_Id: 7\n x = "
            })
    void answersNothingToGarbage(String text) {
        assertThat(Slurm.ofController(text)).isEmpty();
        assertThat(Slurm.ofAccounts(text)).isEmpty();
        assertThat(Oar.states(text)).isEmpty();
        assertThat(GridEngine.ofLiving(text, "1")).isEmpty();
        assertThat(GridEngine.ofDead(text)).isEmpty();
        assertThat(new Pbs(false).states(text)).isEmpty();
        for (JobStatus status : HtCondor.states(text).values()) {
            assertThat(status.state()).isEqualTo(JobState.UNKNOWN);
        }
        for (JobStatus status : Lsf.states(text).values()) {
            assertThat(status.state()).isEqualTo(JobState.UNKNOWN);
        }
        for (JobStatus status : Flux.states(text).values()) {
            assertThat(status.state()).isEqualTo(JobState.UNKNOWN);
        }
    }

    @ParameterizedTest
    @CsvSource({"30, 1800", "1:30, 90", "1:30:00, 5400", "2-12, 216000", "1-0:0:5, 86405"})
    void readsTimes(String text, long seconds) {
        assertThat(Job.time(text).toSeconds()).isEqualTo(seconds);
    }

    @ParameterizedTest
    @CsvSource({"2G, 2048", "500M, 500", "500, 500", "1T, 1048576", "2048K, 2", "2GiB, 2048"})
    void readsSizes(String text, long mebibytes) {
        assertThat(Job.mebibytes(text)).isEqualTo(mebibytes);
    }

    @Test
    void quotesWordsForTheShell() {
        assertThat(List.of("a b", "it's", "", "x=1").stream().map(JobScript::quoted))
                .containsExactly("'a b'", "'it'\\''s'", "''", "x=1");
    }
}
