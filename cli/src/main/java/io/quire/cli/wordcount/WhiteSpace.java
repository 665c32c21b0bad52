/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

/**
 * The six bytes that end a word: space, tab, line feed, vertical tab, form feed and carriage return.
 *
 * <p>Threading: thread-safe, stateless.
 */
final class WhiteSpace {
    private static final boolean[] WHITE = new boolean[256];

    static {
        for (final char c : new char[] {' ', '\t', '\n', 0x0B, '\f', '\r'}) {
            WHITE[c] = true;
        }
    }

    private WhiteSpace() {}

    static boolean isWhite(final byte value) {
        return WHITE[value & 0xFF];
    }

    /**
     * Finds where a word ends.
     *
     * @param bytes searched
     * @param from first byte searched
     * @param to end of the search, exclusive
     * @return index of the first white space, or {@code to}
     */
    static int indexOf(final byte[] bytes, final int from, final int to) {
        int i = from;
        while (i < to && !WHITE[bytes[i] & 0xFF]) {
            i++;
        }
        return i;
    }
}
