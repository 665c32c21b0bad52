/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What values of options must be. Each check throws {@link IllegalArgumentException}, which names the option, what was
 * found and what is allowed.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class OptionChecks {
    private OptionChecks() {}

    /**
     * Checks a number.
     *
     * @param option its name
     * @param value what was given
     * @param min the least that is allowed
     * @param max the greatest that is allowed
     */
    public static void range(final String option, final double value, final double min, final double max) {
        if (!(value >= min && value <= max)) {
            throw new IllegalArgumentException(
                    option + " must be from " + text(min) + " to " + text(max) + ": found=" + text(value));
        }
    }

    /**
     * Checks a number that may be small, but not 0.
     *
     * @param option its name
     * @param value what was given
     * @param max the greatest that is allowed
     */
    public static void positive(final String option, final double value, final double max) {
        if (!(value > 0 && value <= max)) {
            throw new IllegalArgumentException(
                    option + " must be greater than 0 and at most " + text(max) + ": found=" + text(value));
        }
    }

    private static String text(final double value) {
        return value == Math.rint(value) && Math.abs(value) < Long.MAX_VALUE
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    /**
     * Checks a list: something is in it, and nothing twice, which would be measured twice and counted as one.
     *
     * @param option its name
     * @param values what was given
     */
    public static void distinct(final String option, final Collection<?> values) {
        final Set<Object> seen = new HashSet<>();
        for (final Object value : values) {
            if (!seen.add(value)) {
                throw new IllegalArgumentException(option + " names one twice: found=" + value);
            }
        }
        if (seen.isEmpty()) {
            throw new IllegalArgumentException(option + " is empty");
        }
    }

    /**
     * Checks a choice.
     *
     * @param <T> kind of the choices
     * @param option its name
     * @param value what was given
     * @param choices what is allowed
     */
    public static <T> void oneOf(final String option, final T value, final List<T> choices) {
        if (!choices.contains(value)) {
            throw new IllegalArgumentException(option + " must be one of " + choices + ": found=" + value);
        }
    }

    /**
     * Checks a directory for files.
     *
     * @param option its name
     * @param directory what was given
     */
    public static void writableDirectory(final String option, final Path directory) {
        if (!Files.isDirectory(directory) || !Files.isWritable(directory)) {
            throw new IllegalArgumentException(
                    option + " must be a directory that can be written to: found=" + directory);
        }
    }
}
