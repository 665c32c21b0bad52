/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

import io.quire.store.memory.RawMemory;

/**
 * What {@link KeyedTable#get} returns for a byte value: a mix of one word of each 64 bytes and of the last word, so
 * that every line of the value has been read and none more than it takes.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class ValueDigest {
    private static final int STRIDE = 64;
    private static final long MULTIPLIER = 31;

    private ValueDigest() {}

    /**
     * Digests a value outside the heap.
     *
     * @param pointer native pointer of the first byte
     * @param length bytes, at least 8
     * @return the digest
     */
    public static long ofNative(final long pointer, final int length) {
        return of(null, pointer, length);
    }

    /**
     * Digests a value in an array.
     *
     * @param array holds the value
     * @param offset first byte of it
     * @param length bytes, at least 8
     * @return the digest
     */
    public static long ofArray(final byte[] array, final int offset, final int length) {
        return of(array, RawMemory.ARRAY_OFFSET + offset, length);
    }

    /**
     * Digests a value in either kind of memory.
     *
     * @param base array or null
     * @param offset as {@link RawMemory} takes it beside the base
     * @param length bytes, at least 8
     * @return the digest
     */
    public static long of(final byte[] base, final long offset, final int length) {
        final int last = length - Long.BYTES;
        long digest = 0;
        for (int i = 0; i <= last; i += STRIDE) {
            digest = digest * MULTIPLIER + RawMemory.getLong(base, offset + i);
        }
        return digest * MULTIPLIER + RawMemory.getLong(base, offset + last);
    }
}
