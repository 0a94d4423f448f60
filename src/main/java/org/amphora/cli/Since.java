// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// A time in the past as people write it: a date, or how long ago.
final class Since implements ITypeConverter<Instant> {

    @Override
    public Instant convert(String text) {
        try {
            return text.matches("[0-9]{1,5}[dwmy]")
                    ? ZonedDateTime.now(ZoneId.systemDefault())
                            .minus(Period.parse("P" + text.toUpperCase(Locale.ROOT)))
                            .toInstant()
                    : LocalDate.parse(text).atStartOfDay(ZoneId.systemDefault()).toInstant();
        } catch (DateTimeException e) {
            throw new TypeConversionException(
                    "'" + text + "' is neither a date as 2026-01-31 nor a time as 30d");
        }
    }
}
