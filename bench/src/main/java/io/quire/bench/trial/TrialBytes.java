/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Buffers for byte keys and values of one thread, and which value belongs to a key: length and place in the pool follow
 * from it.
 *
 * <p>Threading: confined to one thread.
 */
final class TrialBytes {
    private static final int LENGTH_SHIFT = 32;

    final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
    final UnsafeBuffer value;
    final UnsafeBuffer pooled;
    private final ValuePool pool;
    private final int lengthMin;
    private final int lengthCount;

    TrialBytes(final ValuePool pool, final int lengthMin, final int lengthMax) {
        this.pool = pool;
        this.lengthMin = lengthMin;
        lengthCount = lengthMax - lengthMin + 1;
        pooled = new UnsafeBuffer(pool.direct());
        value = new UnsafeBuffer(ByteBuffer.allocateDirect(lengthMax));
    }

    /** {@return the buffers of another thread} */
    TrialBytes another() {
        return new TrialBytes(pool, lengthMin, lengthMin + lengthCount - 1);
    }

    UnsafeBuffer keyOf(final long number) {
        key.putLong(0, number, ByteOrder.LITTLE_ENDIAN);
        return key;
    }

    /** {@return where in the pool the value of a key begins} */
    int offsetOf(final long number) {
        return pool.offsetOf(number);
    }

    int lengthOf(final long number) {
        return lengthMin + (int) ((number >>> LENGTH_SHIFT) % lengthCount);
    }

    /** Checks a value that was read into the buffer. */
    void check(final long number, final int length) {
        if (length != lengthOf(number)
                || ValueDigest.ofNative(value.addressOffset(), length)
                        != ValueDigest.ofNative(pooled.addressOffset() + offsetOf(number), length)) {
            TrialLookup.throwWrong(number);
        }
    }
}
