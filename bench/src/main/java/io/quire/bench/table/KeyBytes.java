/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

import io.quire.store.memory.RawMemory;

/**
 * The bytes of a key: its long, little-endian, followed for longer keys by words that depend on it.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class KeyBytes {
    private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L;

    private KeyBytes() {}

    /**
     * Computes one word of a key.
     *
     * @param key the key
     * @param wordIndex which eight bytes of it
     * @return the word
     */
    public static long word(final long key, final int wordIndex) {
        return wordIndex == 0 ? key : Long.rotateLeft(key * MULTIPLIER, wordIndex) + wordIndex;
    }

    /**
     * Writes all words of a key.
     *
     * @param key the key
     * @param pointer native pointer of where the first byte goes
     * @param keyLength bytes, a multiple of 8
     */
    public static void write(final long key, final long pointer, final int keyLength) {
        if (keyLength == Long.BYTES) {
            RawMemory.putLong(pointer, key);
            return;
        }
        for (int i = 0; i < keyLength; i += Long.BYTES) {
            RawMemory.putLong(pointer + i, word(key, i / Long.BYTES));
        }
    }
}
