/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

/**
 * Widths of keys and values.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param longValues whether values are longs rather than bytes
 * @param keyLength bytes of a key, a multiple of 8 from 8 to 256
 * @param valueLength bytes of a value, from 8 to 65536
 */
public record TableShape(boolean longValues, int keyLength, int valueLength) {
    /** Long keys and long values. */
    public static final TableShape LONG_LONG = new TableShape(true, Long.BYTES, Long.BYTES);

    private static final int KEY_LENGTH_MAX = 256;
    private static final int VALUE_LENGTH_MAX = 64 * 1024;

    /** Checks the lengths. */
    public TableShape {
        if (keyLength < Long.BYTES || keyLength > KEY_LENGTH_MAX || keyLength % Long.BYTES != 0) {
            throw new IllegalArgumentException(
                    "key length must be a multiple of 8 from 8 to " + KEY_LENGTH_MAX + ": found=" + keyLength);
        }
        if (valueLength < Long.BYTES || valueLength > VALUE_LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "value length must be from 8 to " + VALUE_LENGTH_MAX + ": found=" + valueLength);
        }
    }

    /**
     * Makes a shape of byte keys and byte values.
     *
     * @param keyLength bytes
     * @param valueLength bytes
     * @return the shape
     */
    public static TableShape bytes(final int keyLength, final int valueLength) {
        return new TableShape(false, keyLength, valueLength);
    }

    /**
     * Reads what {@link #code} wrote.
     *
     * @param code {@code long-long}, or key and value length such as {@code 8x100}
     * @return the shape
     */
    public static TableShape parse(final String code) {
        if (LONG_LONG.code().equals(code)) {
            return LONG_LONG;
        }
        final int separator = code.indexOf('x');
        if (separator <= 0) {
            throw new IllegalArgumentException("a shape is long-long or like 8x100: found=" + code);
        }
        try {
            return bytes(
                    Integer.parseInt(code.substring(0, separator)), Integer.parseInt(code.substring(separator + 1)));
        } catch (final NumberFormatException e) {
            throw new IllegalArgumentException("a shape is long-long or like 8x100: found=" + code, e);
        }
    }

    /**
     * Names the shape in files and on command lines.
     *
     * @return {@code long-long}, or key and value length such as {@code 8x100}
     */
    public String code() {
        return longValues ? "long-long" : keyLength + "x" + valueLength;
    }

    /**
     * Names the shape for people.
     *
     * @return a title
     */
    public String title() {
        return longValues ? "long -> long" : keyLength + " B key -> " + valueLength + " B value";
    }

    /**
     * Tells what an entry takes without any overhead.
     *
     * @return bytes
     */
    public int entryLength() {
        return keyLength + valueLength;
    }
}
