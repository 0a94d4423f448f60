// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.amphora.image.Digest;

/// What a launch leaves in the site's records (`docs/records.md`), if the site wants them: where to
/// is said by `/etc/amphora/record`, without that file by `AMPHORA_RECORD`.
final class Recording {
    private static final String SITE_FILE = "/etc/amphora/record";

    /// What the starter fills in: the same plan serves every job.
    private static final String JOB =
            "job:SLURM_JOB_ID,OAR_JOB_ID,PBS_JOBID,LSB_JOBID,FLUX_JOB_ID,JOB_ID,_CONDOR_JOB_ID";

    private static final String STEP = "step:SLURM_STEP_ID,PALS_APID,PMIX_NAMESPACE";

    private Recording() {}

    /// Adds the directive; the digest of the plan is over all that stands before it.
    ///
    /// @param root where the node's own files are looked up
    /// @param libraries of the host that the container gets
    static void addTo(
            LaunchPlan plan,
            Caller caller,
            Messages messages,
            String root,
            String image,
            List<String> command,
            List<Bind> libraries) {
        String destination = destination(caller, root);
        if (destination.isEmpty()) {
            return;
        }
        if (!destination.equals("syslog") && !destination.startsWith("/")) {
            messages.warning(
                    "no launch record: " + destination + " is neither syslog nor a directory");
            return;
        }
        List<String> fields = new ArrayList<>();
        fields.add(destination);
        addVariable(fields, "application", caller, "AMPHORA_APPLICATION");
        addVariable(fields, "digest", caller, "AMPHORA_IMAGE_DIGEST");
        fields.add("image=" + image);
        fields.add("command=" + command.getFirst());
        fields.add("plan=sha256:" + digest(plan));
        if (!libraries.isEmpty()) {
            StringBuilder joined = new StringBuilder("libraries=");
            for (Bind library : libraries) {
                joined.append(joined.length() > 10 ? ":" : "").append(library.source());
            }
            fields.add(joined.toString());
        }
        fields.add(JOB);
        fields.add(STEP);
        plan.add("record", fields.toArray(new String[0]));
    }

    private static String destination(Caller caller, String root) {
        if (caller.isAnyone()) {
            // Who makes such a plan does it for other nodes.
            return caller.variable("AMPHORA_RECORD");
        }
        try (FileInputStream in = new FileInputStream(root + SITE_FILE)) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            // The usual case: the site says nothing.
            return caller.variable("AMPHORA_RECORD");
        }
    }

    private static void addVariable(
            List<String> fields, String name, Caller caller, String variable) {
        String value = caller.variable(variable);
        if (!value.isEmpty()) {
            fields.add(name + "=" + value);
        }
    }

    private static String digest(LaunchPlan plan) {
        return Digest.of(plan.toString().getBytes(StandardCharsets.ISO_8859_1)).hex();
    }
}
