// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every state that a manager's documentation or source lists, and what it means to us.
class StateTablesTest {

    private static JobState only(Map<String, JobStatus> answer) {
        assertThat(answer).hasSize(1);
        return List.copyOf(answer.values()).getFirst().state();
    }

    /// `slurm_protocol_defs.c`, `job_state_string()`, Slurm 25.05.
    @ParameterizedTest
    @CsvSource({
        "QUEUED, PENDING EXPEDITING REQUEUED REQUEUE_FED",
        "STARTING, CONFIGURING POWER_UP_NODE",
        "RUNNING, RUNNING RESIZING SIGNALING",
        "SUSPENDED, SUSPENDED STOPPED",
        "HELD, REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT",
        "COMPLETING, COMPLETING STAGE_OUT UPDATE_DB",
        "COMPLETED, COMPLETED",
        "FAILED, FAILED",
        "CANCELLED, CANCELLED PREEMPTED REVOKED",
        "TIMEOUT, TIMEOUT DEADLINE",
        "OUT_OF_MEMORY, OUT_OF_MEMORY",
        "NODE_FAILED, NODE_FAIL BOOT_FAIL LAUNCH_FAILED RECONFIG_FAIL",
        "UNKNOWN, NEVER_HEARD_OF",
    })
    void slurm(JobState state, String words) {
        for (String word : words.split(" ")) {
            String answer = "JobId=1 JobState=" + word + " ExitCode=0:0\n";
            assertThat(only(Slurm.ofController(answer))).as(word).isEqualTo(state);
        }
    }

    /// `OAR::IO` of OAR 2.5.9, the states that `set_job_state` is given.
    @ParameterizedTest
    @CsvSource({
        "QUEUED, Waiting toAckReservation",
        "HELD, Hold",
        "STARTING, toLaunch Launching",
        "RUNNING, Running",
        "SUSPENDED, Suspended Resuming",
        "COMPLETING, Finishing toError",
        "COMPLETED, Terminated",
        "FAILED, Error",
        "UNKNOWN, NeverHeardOf",
    })
    void oar(JobState state, String words) {
        for (String word : words.split(" ")) {
            assertThat(only(Oar.states("Job_Id: 7\n    state = " + word + "\n")))
                    .as(word)
                    .isEqualTo(state);
        }
    }

    /// `sge_status(5)` of Grid Engine 8.1.9, all that its table lists, and Univa's `N` and `P`.
    @ParameterizedTest
    @CsvSource({
        "QUEUED, qw Rq",
        "HELD, hqw hRwq",
        "STARTING, t ht Rt",
        "RUNNING, r hr Rr",
        "SUSPENDED, s ts S tS T tT Rs Rts RS RtS RT RtT N P",
        "FAILED, Eqw Ehqw EhRqw",
        "COMPLETING, dr dt dRr dRt ds dS dT dRs dRS dRT",
        "COMPLETED, z",
        "UNKNOWN, ?",
    })
    void gridEngineWhileItLives(JobState state, String words) {
        for (String word : words.split(" ")) {
            String answer =
                    "<i><job_list><JB_job_number>1</JB_job_number><state>%s</state></job_list></i>"
                            .formatted(word);
            assertThat(only(GridEngine.ofLiving(answer, "1"))).as(word).isEqualTo(state);
        }
    }

    /// The same page, "failed".
    @ParameterizedTest
    @CsvSource({
        "FAILED, 1 3 4 6 7 8 9 10 11 12 13 14 15 16 17 20 26 27 28 29 30 31 32 33 34 35 36 37 38 100",
        "NODE_FAILED, 18 19 21",
        "QUEUED, 24 25",
    })
    void gridEngineAfterwards(JobState state, String codes) {
        for (String code : codes.split(" ")) {
            String answer =
                    "=====\njobnumber 1\nfailed %s : why\nexit_status 0\ncategory NONE\n"
                            .formatted(code);
            assertThat(only(GridEngine.ofDead(answer))).as(code).isEqualTo(state);
        }
    }

    /// `qstat(1B)` of OpenPBS 23.06 and of Torque 6.1.
    @ParameterizedTest
    @CsvSource({
        "QUEUED, Q W M",
        "HELD, H",
        "STARTING, T",
        "RUNNING, R B",
        "SUSPENDED, S U",
        "COMPLETING, E",
        "COMPLETED, F X C",
        "UNKNOWN, ?",
    })
    void pbs(JobState state, String words) {
        for (String word : words.split(" ")) {
            String answer =
                    "Job Id: 1.s\n    job_state = %s\n    Exit_status = 0\n".formatted(word);
            assertThat(only(new Pbs(false).states(answer))).as(word).isEqualTo(state);
        }
    }

    /// `job.h`: what the daemons themselves say in the place of an exit status.
    @ParameterizedTest
    @CsvSource({
        "false, -26, OUT_OF_MEMORY",
        "false, -27, OUT_OF_MEMORY",
        "false, -28, TIMEOUT",
        "false, -29, TIMEOUT",
        "false, -1, FAILED",
        "true, -10, OUT_OF_MEMORY",
        "true, -11, TIMEOUT",
        "true, -12, TIMEOUT",
        "true, -3, FAILED",
    })
    void pbsEnds(boolean torque, int code, JobState state) {
        String answer =
                "Job Id: 1.s\n    job_state = %s\n    %s = %d\n"
                        .formatted(
                                torque ? "C" : "F", torque ? "exit_status" : "Exit_status", code);
        assertThat(only(new Pbs(torque).states(answer))).isEqualTo(state);
    }

    /// "JobStatus in Job ClassAds" of the manual of HTCondor 24; 5 with the codes it holds for.
    @ParameterizedTest
    @CsvSource({
        "1, 0, QUEUED",
        "2, 0, RUNNING",
        "3, 0, CANCELLED",
        "4, 0, COMPLETED",
        "5, 1, HELD",
        "5, 34, OUT_OF_MEMORY",
        "5, 46, TIMEOUT",
        "5, 47, TIMEOUT",
        "6, 0, COMPLETING",
        "7, 0, SUSPENDED",
        "9, 0, UNKNOWN",
    })
    void htCondor(String code, String held, JobState state) {
        String answer =
                "1.0\t%s\tundefined\tundefined\tundefined\t%s\tundefined\n".formatted(code, held);
        assertThat(only(HtCondor.states(answer))).isEqualTo(state);
    }

    /// "Job states" and "Termination reasons" of Spectrum LSF 10.1.
    @ParameterizedTest
    @CsvSource({
        "QUEUED, PEND WAIT",
        "HELD, PSUSP",
        "STARTING, PROV",
        "RUNNING, RUN",
        "SUSPENDED, USUSP SSUSP",
        "COMPLETED, DONE POST_DONE POST_ERR",
        "FAILED, EXIT EXIT:TERM_UNKNOWN EXIT:TERM_PREEMPT",
        "TIMEOUT, EXIT:TERM_RUNLIMIT EXIT:TERM_CPULIMIT EXIT:TERM_DEADLINE",
        "OUT_OF_MEMORY, EXIT:TERM_MEMLIMIT EXIT:TERM_SWAP",
        "CANCELLED, EXIT:TERM_OWNER EXIT:TERM_ADMIN EXIT:TERM_FORCE_OWNER EXIT:TERM_FORCE_ADMIN"
                + " EXIT:TERM_BUCKET_KILL",
        "NODE_FAILED, ZOMBI EXIT:TERM_ZOMBIE EXIT:TERM_REMOVE_HUNG_JOB",
        "UNKNOWN, UNKWN NEVER_HEARD_OF",
    })
    void lsf(JobState state, String words) {
        for (String word : words.split(" ")) {
            String[] parts = (word + ":-").split(":");
            String answer = "1^0^" + parts[0] + "^-^" + parts[1] + "^-\n";
            assertThat(only(Lsf.states(answer))).as(word).isEqualTo(state);
        }
    }

    /// `flux-jobs(1)` of flux-core 0.74, "JOB STATUS".
    @ParameterizedTest
    @CsvSource({
        "QUEUED, NEW DEPEND PRIORITY SCHED",
        "RUNNING, RUN",
        "COMPLETING, CLEANUP",
        "COMPLETED, COMPLETED",
        "FAILED, FAILED",
        "CANCELLED, CANCELED",
        "TIMEOUT, TIMEOUT",
        "UNKNOWN, NEVER_HEARD_OF",
    })
    void flux(JobState state, String words) {
        for (String word : words.split(" ")) {
            assertThat(only(Flux.states("ƒA1\t" + word + "\t\t\n"))).as(word).isEqualTo(state);
        }
    }
}
