/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * The bytes that values are cut from: a megabyte in which every second word is random and the others are zero, so that
 * a general compressor halves it. A seed picks a place; equal seeds give equal values, in every contestant. Values come
 * as a slice of an array or of native memory, whichever the contestant takes without a further copy.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class ValuePool {
    private static final int POOL_LENGTH = 1 << 20;
    private static final int ALIGNMENT = Long.BYTES;
    private static final int PLACE_MASK = POOL_LENGTH / ALIGNMENT - 1;
    private static final long CONTENT_SEED = 0x5157_4952_45L;
    private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L;

    private final int valueLength;
    private final byte[] array;
    private final ByteBuffer direct;
    private final long pointer;

    /**
     * Makes the pool.
     *
     * @param valueLength bytes of each value
     */
    public ValuePool(final int valueLength) {
        this.valueLength = valueLength;
        final int length = POOL_LENGTH + valueLength;
        array = new byte[length];
        final ByteBuffer content = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
        final SplittableRandom random = new SplittableRandom(CONTENT_SEED);
        for (int i = 0; i + Long.BYTES <= length; i += 2 * Long.BYTES) {
            content.putLong(i, random.nextLong());
        }
        direct = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
        direct.put(array).clear();
        pointer = NativeAddress.of(direct);
    }

    /**
     * Tells where a seed's value begins, in {@link #array}, {@link #direct} and after {@link #pointer}.
     *
     * @param seed any
     * @return offset in bytes, a multiple of 8
     */
    public int offsetOf(final long seed) {
        return (int) (((seed * MULTIPLIER) >>> 32) & PLACE_MASK) * ALIGNMENT;
    }

    /**
     * Tells what a table returns for a value of this seed.
     *
     * @param seed any
     * @return the digest
     */
    public long digestOf(final long seed) {
        return ValueDigest.ofArray(array, offsetOf(seed), valueLength);
    }

    /**
     * Tells the first eight bytes of a seed's value.
     *
     * @param seed any
     * @return the word
     */
    public long firstWordOf(final long seed) {
        return RawMemory.getLong(array, RawMemory.ARRAY_OFFSET + offsetOf(seed));
    }

    /**
     * Gives the pool as an array.
     *
     * @return shared, not to be written
     */
    public byte[] array() {
        return array;
    }

    /**
     * Gives the pool as a direct buffer with its own position and limit.
     *
     * @return shared content, not to be written
     */
    public ByteBuffer direct() {
        return direct.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Gives the pool as native memory, as long as this object lives.
     *
     * @return native pointer of the first byte
     */
    public long pointer() {
        return pointer;
    }

    /**
     * Tells how long values are.
     *
     * @return bytes
     */
    public int valueLength() {
        return valueLength;
    }
}
