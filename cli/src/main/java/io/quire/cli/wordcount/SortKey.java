/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.util.Arrays;
import java.util.function.LongBinaryOperator;

/**
 * What a word is sorted by: bytes, compared unsigned, a prefix before what it is a prefix of. Of a long word only the
 * first bytes are here, one more than any short word has; two that agree in them are compared where their pieces are.
 *
 * <p>Threading: confined to one thread.
 */
final class SortKey {
    /** Bytes of a long word that are part of its key. */
    static final int LONG_WORD_PREFIX = ScannedChunk.SHORT_WORD_MAX + 1;

    private static final int LENGTH_MAX = Long.BYTES + LONG_WORD_PREFIX;

    final byte[] bytes = new byte[LENGTH_MAX];
    int length;
    /** Id of the pieces of a long word, 0 for a short one. */
    long longId;

    void set(final SortKey other) {
        System.arraycopy(other.bytes, 0, bytes, 0, other.length);
        length = other.length;
        longId = other.longId;
    }

    int compareTo(final SortKey other, final LongBinaryOperator longWords) {
        final int order = Arrays.compareUnsigned(bytes, 0, length, other.bytes, 0, other.length);
        return order != 0 || longId == other.longId ? order : (int) longWords.applyAsLong(longId, other.longId);
    }
}
