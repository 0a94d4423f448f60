// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.time.LocalDate;
import java.util.Optional;
import org.amphora.catalog.ChannelChanges;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.problem.Problem;
import org.amphora.records.Event;
import org.amphora.records.Records;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// The four commands that change channels; each makes one commit.
final class ChannelCommands {

    enum Channel {
        STABLE,
        CANDIDATE
    }

    /// Their common part.
    abstract static sealed class Change implements Runnable {
        @ParentCommand private Commands parent;
        @Mixin private SiteOption site;

        abstract ChannelChanges.Outcome change(ChannelChanges changes);

        /// What the caller ought to know before.
        void warn(Terminal terminal, SiteOption option) {}

        /// What is recorded of it, once it has a commit.
        abstract Event event(String commit);

        @Override
        public void run() {
            Site where = site.site();
            warn(parent.terminal(), site);
            ChannelChanges.Outcome outcome = change(new ChannelChanges(where));
            parent.terminal().info(outcome.summary());
            outcome.commit()
                    .ifPresent(commit -> SiteRecords.note(parent.terminal(), where, event(commit)));
        }
    }

    @Command(name = "promote", description = "Offer a version: stable to all, or as a candidate.")
    static final class PromoteCommand extends Change {
        @Parameters(
                paramLabel = "NAME/VERSION",
                converter = Id.class,
                description = "As samtools/1.20.")
        private VersionId id;

        @Option(names = "--to", defaultValue = "stable", description = "${COMPLETION-CANDIDATES}")
        private Channel channel;

        @Option(names = "--cluster", paramLabel = "NAME", description = "Only there.")
        private @Nullable String cluster;

        @Option(names = "--reason", defaultValue = "", description = "Why; kept in the history.")
        private String reason;

        @Override
        ChannelChanges.Outcome change(ChannelChanges changes) {
            Optional<String> where = Optional.ofNullable(cluster);
            return switch (channel) {
                case STABLE -> changes.promote(id, where, reason);
                case CANDIDATE -> changes.propose(id, where, reason);
            };
        }

        @Override
        Event event(String commit) {
            return new Event.Publication(
                    channel == Channel.STABLE ? "promote" : "propose",
                    id.app(),
                    id.version(),
                    Optional.ofNullable(cluster).orElse(""),
                    commit,
                    reason);
        }
    }

    @Command(name = "rollback", description = "Offer the version again that was stable before.")
    static final class RollbackCommand extends Change {
        @Parameters(paramLabel = "NAME", description = "The application.")
        private String app;

        @Option(names = "--cluster", paramLabel = "NAME", description = "Only there.")
        private @Nullable String cluster;

        @Option(names = "--reason", defaultValue = "", description = "Why; kept in the history.")
        private String reason;

        @Override
        ChannelChanges.Outcome change(ChannelChanges changes) {
            return changes.rollBack(app, Optional.ofNullable(cluster), reason);
        }

        @Override
        Event event(String commit) {
            return new Event.Publication(
                    "rollback", app, "", Optional.ofNullable(cluster).orElse(""), commit, reason);
        }
    }

    @Command(name = "deprecate", description = "Warn who loads a version; refuse it from a day on.")
    static final class DeprecateCommand extends Change {
        @Parameters(
                paramLabel = "NAME/VERSION",
                converter = Id.class,
                description = "As samtools/1.16.")
        private VersionId id;

        @Option(names = "--after", paramLabel = "DATE", description = "The day, as 2027-01-31.")
        private @Nullable LocalDate after;

        @Option(names = "--message", required = true, description = "What users read.")
        private String message;

        @Override
        ChannelChanges.Outcome change(ChannelChanges changes) {
            return changes.deprecate(id, Optional.ofNullable(after), message);
        }

        @Override
        Event event(String commit) {
            return new Event.Publication("deprecate", id.app(), id.version(), "", commit, message);
        }
    }

    @Command(name = "withdraw", description = "Refuse a version from now on; its files stay.")
    static final class WithdrawCommand extends Change {
        @Parameters(
                paramLabel = "NAME/VERSION",
                converter = Id.class,
                description = "As samtools/1.16.")
        private VersionId id;

        @Option(names = "--reason", required = true, description = "What users read.")
        private String reason;

        @Override
        void warn(Terminal terminal, SiteOption option) {
            try (Records records = SiteRecords.open(option)) {
                Impact.of(records.usage(), id, ImpactCommand.since(ImpactCommand.DAYS))
                        .lines()
                        .forEach(terminal::info);
            } catch (Problem problem) {
                terminal.info("who uses it is not known: " + problem.what());
            }
        }

        @Override
        ChannelChanges.Outcome change(ChannelChanges changes) {
            return changes.withdraw(id, reason);
        }

        @Override
        Event event(String commit) {
            return new Event.Publication("withdraw", id.app(), id.version(), "", commit, reason);
        }
    }

    static final class Id implements CommandLine.ITypeConverter<VersionId> {
        @Override
        public VersionId convert(String text) {
            return VersionId.parse(text);
        }
    }

    private ChannelCommands() {}
}
