/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

/**
 * Numbers in 16 hexadecimal digits, as they stand in the names of files. Without {@code String.format}, whose tables
 * for locales are a good part of the time that a young JVM takes to open a store.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class HexDigits {
    /** Digits of a number. */
    public static final int COUNT = 16;

    private static final String DIGITS = "0123456789abcdef";
    private static final int BITS = 4;

    private HexDigits() {}

    /**
     * Writes a number.
     *
     * @param number any
     * @return 16 lower-case digits
     */
    public static String of(final long number) {
        final char[] digits = new char[COUNT];
        for (int i = 0; i < COUNT; i++) {
            digits[i] = DIGITS.charAt((int) (number >>> (BITS * (COUNT - 1 - i))) & (DIGITS.length() - 1));
        }
        return new String(digits);
    }
}
