// SPDX-License-Identifier: Apache-2.0
package org.amphora.provenance;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import org.amphora.catalog.AppVersion;
import org.amphora.records.JobAccounts;
import org.amphora.records.JobHistory;
import org.amphora.records.JobHistory.Launch;

/// The metadata of a Process Run Crate (profile 0.5 on RO-Crate 1.1): an action for each launch of
/// a job, with its program, image, person, environment and resources.
public final class RunCrate {
    private static final String PROFILE = "https://w3id.org/ro/wfrun/process/0.5";
    private static final String TERMS = "https://w3id.org/ro/terms/workflow-run";

    private final JobHistory history;
    private final BiFunction<String, String, Optional<AppVersion>> catalog;
    private final SequencedMap<String, Map<String, Object>> entities = new LinkedHashMap<>();

    /// @param catalog the version of a name, as far as the catalog still has it
    private RunCrate(JobHistory history, BiFunction<String, String, Optional<AppVersion>> catalog) {
        this.history = history;
        this.catalog = catalog;
    }

    /// The content of `ro-crate-metadata.json`.
    ///
    /// @param catalog the version of an application, if the catalog has it
    /// @param now when the crate is made
    public static Map<String, Object> of(
            JobHistory history,
            BiFunction<String, String, Optional<AppVersion>> catalog,
            Instant now) {
        return new RunCrate(history, catalog).metadata(now);
    }

    private Map<String, Object> metadata(Instant now) {
        Map<String, Object> descriptor = add("ro-crate-metadata.json", "CreativeWork");
        descriptor.put("conformsTo", reference("https://w3id.org/ro/crate/1.1"));
        descriptor.put("about", reference("./"));
        Map<String, Object> root = add("./", "Dataset");
        root.put("name", "Job " + history.job());
        root.put("description", "What was run in job " + history.job() + ", by Amphora's records");
        root.put("datePublished", now.toString());
        root.put("conformsTo", reference(PROFILE));
        Map<String, Object> profile = add(PROFILE, "CreativeWork");
        profile.put("name", "Process Run Crate");
        profile.put("version", "0.5");
        List<Object> actions = new ArrayList<>();
        history.launches().forEach(launch -> actions.add(reference(action(launch))));
        root.put("mentions", actions);
        Map<String, Object> crate = new LinkedHashMap<>();
        crate.put("@context", List.of("https://w3id.org/ro/crate/1.1/context", TERMS + "/context"));
        crate.put("@graph", List.copyOf(entities.values()));
        return crate;
    }

    private String action(Launch launch) {
        String id = "#" + launch.id();
        Map<String, Object> action = add(id, "CreateAction");
        action.put("name", launch.command());
        action.put(
                "description",
                launch.command()
                        + (launch.step().isEmpty() ? "" : ", step " + launch.step())
                        + " of job "
                        + history.job()
                        + " on "
                        + launch.node());
        action.put("instrument", reference(program(launch)));
        action.put("agent", reference(person(launch)));
        action.put("startTime", launch.started().toString());
        action.put("containerImage", reference(image(launch)));
        action.put("environment", environment(launch));
        history.account().ifPresent(account -> addAccount(action, account));
        action.put("identifier", reference(value("job", "resource manager's job", history.job())));
        return id;
    }

    private void addAccount(Map<String, Object> action, JobAccounts.Job account) {
        account.ended().ifPresent(end -> action.put("endTime", end.toString()));
        boolean completed = account.state().equals("COMPLETED");
        action.put(
                "actionStatus",
                reference(
                        "http://schema.org/"
                                + (completed ? "CompletedActionStatus" : "FailedActionStatus")));
        if (!completed) {
            action.put(
                    "error",
                    account.state()
                            + (account.exitCode().isPresent()
                                    ? ", exit status " + account.exitCode().getAsInt()
                                    : ""));
        }
        List<Object> usage = new ArrayList<>();
        account.cpuMilliseconds()
                .ifPresent(time -> usage.add(reference(quantity("cpuTime", time / 1000.0, "SEC"))));
        account.peakBytes()
                .ifPresent(
                        bytes ->
                                usage.add(reference(quantity("peakMemory", (double) bytes, "AD"))));
        usage.add(reference(value("nodes", "nodes of the job", account.nodes())));
        action.put("resourceUsage", usage);
    }

    private String program(Launch launch) {
        boolean known = !launch.application().isEmpty();
        String id =
                "#" + (known ? launch.application() + "/" + launch.version() : launch.command());
        Map<String, Object> program = add(id, "SoftwareApplication");
        program.put("name", known ? launch.application() : launch.command());
        if (known) {
            program.put("softwareVersion", launch.version());
        }
        version(launch)
                .ifPresent(
                        version -> {
                            program.put("description", version.about().summary());
                            version.about().homepage().ifPresent(url -> program.put("url", url));
                            version.about()
                                    .licence()
                                    .ifPresent(text -> program.put("license", text));
                        });
        return id;
    }

    private String image(Launch launch) {
        String id = launch.digest().isEmpty() ? "#" + launch.image() : "#" + launch.digest();
        Map<String, Object> image = add(id, "ContainerImage");
        image.put("additionalType", reference(TERMS + "#SIFImage"));
        image.put("name", launch.application().isEmpty() ? launch.image() : launch.application());
        if (!launch.version().isEmpty()) {
            image.put("tag", launch.version());
        }
        if (!launch.digest().isEmpty()) {
            image.put("sha256", launch.digest().substring(launch.digest().indexOf(':') + 1));
        }
        for (JobHistory.Build build : history.builds()) {
            if (build.digest().equals(launch.digest())) {
                Map<String, Object> recipe = add("#recipe-" + build.digest(), "SoftwareSourceCode");
                recipe.put("name", build.source());
                if (!build.revision().isEmpty()) {
                    recipe.put("version", build.revision());
                }
                recipe.put("dateModified", build.time().toString());
                image.put("isBasedOn", reference("#recipe-" + build.digest()));
            }
        }
        return id;
    }

    /// What the module sets, and the plan that says all else.
    private List<Object> environment(Launch launch) {
        List<Object> environment = new ArrayList<>();
        version(launch)
                .ifPresent(
                        version ->
                                version.environment()
                                        .forEach(
                                                (name, text) ->
                                                        environment.add(
                                                                reference(
                                                                        value(
                                                                                name,
                                                                                "set by the module",
                                                                                text)))));
        environment.add(
                reference(value("AMPHORA_PLAN", "digest of the launch plan", launch.plan())));
        return environment;
    }

    private String person(Launch launch) {
        String id = "#" + launch.person();
        add(id, "Person").put("name", launch.person());
        return id;
    }

    private Optional<AppVersion> version(Launch launch) {
        return launch.application().isEmpty()
                ? Optional.empty()
                : catalog.apply(launch.application(), launch.version());
    }

    private String value(String name, String description, String text) {
        String id = "#" + name + "=" + text;
        Map<String, Object> value = add(id, "PropertyValue");
        value.put("name", name);
        value.put("description", description);
        value.put("value", text);
        return id;
    }

    /// @param unit as UN/CEFACT Recommendation 20 codes it: `SEC` seconds, `AD` bytes
    private String quantity(String name, double amount, String unit) {
        String id = "#" + name;
        Map<String, Object> value = add(id, "PropertyValue");
        value.put("name", name);
        value.put("propertyID", TERMS + "#" + name);
        value.put("value", amount);
        value.put("unitCode", unit);
        return id;
    }

    private Map<String, Object> add(String id, String type) {
        return entities.computeIfAbsent(
                id,
                _ -> {
                    Map<String, Object> entity = new LinkedHashMap<>();
                    entity.put("@id", id);
                    entity.put("@type", type);
                    return entity;
                });
    }

    private static Map<String, Object> reference(String id) {
        return Map.of("@id", id);
    }
}
