/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads a duration such as {@code 500ms}, {@code 1s}, {@code 1.5s} or {@code 2m} to nanoseconds. A number without a
 * unit is seconds.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class DurationConverter implements ITypeConverter<Long> {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?) *(us|ms|s|m|h)?");
    private static final BigDecimal MAX_NS = BigDecimal.valueOf(366L * 24 * 3600 * 1_000_000_000L);

    @Override
    public Long convert(final String value) {
        final Matcher matcher = DURATION.matcher(value);
        if (!matcher.matches()) {
            throw new TypeConversionException("'" + value + "' is not a duration such as 500ms, 1s or 2m");
        }
        final BigDecimal durationNs = new BigDecimal(matcher.group(1)).multiply(unitNs(matcher.group(2)));
        if (durationNs.compareTo(MAX_NS) > 0) {
            throw new TypeConversionException("'" + value + "' is more than a year");
        }
        return durationNs.longValue();
    }

    private static BigDecimal unitNs(final String unit) {
        if (unit == null) {
            return BigDecimal.valueOf(1_000_000_000L);
        }
        return switch (unit) {
            case "us" -> BigDecimal.valueOf(1_000L);
            case "ms" -> BigDecimal.valueOf(1_000_000L);
            case "m" -> BigDecimal.valueOf(60_000_000_000L);
            case "h" -> BigDecimal.valueOf(3_600_000_000_000L);
            default -> BigDecimal.valueOf(1_000_000_000L);
        };
    }
}
