// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Numbers in what managers print.
final class Numbers {

    private static final Pattern BYTES = Pattern.compile("(\\d+(?:\\.\\d+)?)([KMGTkmgt]?)i?[Bb]?");
    private static final Pattern SECONDS = Pattern.compile("(\\d+(?:\\.\\d+)?)s?");

    /// ctime(3), month first with milliseconds as Univa Grid Engine writes it, and OAR's.
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern(
                    "[EEE MMM ppd HH:mm:ss yyyy][MM/dd/yyyy HH:mm:ss[.SSS]][yyyy-MM-dd HH:mm:ss]",
                    Locale.ROOT);

    private Numbers() {}

    /// The whole number that the text is; nothing when it is none.
    static OptionalInt parse(String text) {
        try {
            return OptionalInt.of(Integer.parseInt(text.strip()));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /// `1024`, `3.465MB`, `12K`, `512kb`.
    static OptionalLong bytes(String text) {
        Matcher match = BYTES.matcher(text.strip());
        if (!match.matches()) {
            return OptionalLong.empty();
        }
        int unit = match.group(2).isEmpty() ? 0 : 1 + "KMGT".indexOf(upper(match.group(2)));
        return OptionalLong.of(Math.round(Double.parseDouble(match.group(1)) * (1L << 10 * unit)));
    }

    private static char upper(String unit) {
        return Character.toUpperCase(unit.charAt(0));
    }

    /// `0.011s`, `61`, `01:02.5`, `3:00:01`, `1-02:03:04`: days, hours, minutes, seconds.
    static Optional<Duration> time(String text) {
        String[] days = text.strip().split("-", 2);
        String[] parts = days[days.length - 1].split(":", -1);
        Matcher last = SECONDS.matcher(parts[parts.length - 1]);
        OptionalInt whole = days.length == 1 ? OptionalInt.of(0) : parse(days[0]);
        if (!last.matches() || whole.isEmpty() || parts.length > 3) {
            return Optional.empty();
        }
        Duration minutes = Duration.ZERO;
        for (int i = 0; i < parts.length - 1; i++) {
            OptionalInt part = parse(parts[i]);
            if (part.isEmpty()) {
                return Optional.empty();
            }
            minutes = minutes.multipliedBy(60).plusMinutes(part.getAsInt());
        }
        long millis = Math.round(Double.parseDouble(last.group(1)) * 1000);
        return Optional.of(minutes.plusDays(whole.getAsInt()).plusMillis(millis));
    }

    /// `Tue Nov 24 11:47:20 2026`, `11/24/2026 11:47:20.125`, `2026-11-24 11:47:20`, in UTC.
    static Optional<Instant> date(String text) {
        try {
            return Optional.of(LocalDateTime.parse(text.strip(), DATE).toInstant(ZoneOffset.UTC));
        } catch (DateTimeParseException e) {
            // "-/-" stands for never.
            return Optional.empty();
        }
    }

    /// Seconds since 1970, `1795521030` or `1795521030.25`; managers write 0 for never.
    static Optional<Instant> epoch(String text) {
        Matcher match = SECONDS.matcher(text.strip());
        if (!match.matches()) {
            return Optional.empty();
        }
        long millis = Math.round(Double.parseDouble(match.group(1)) * 1000);
        return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
