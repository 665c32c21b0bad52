/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.TableShape;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;

/**
 * Values for contestants that take immutable objects: a {@code Long}, or a new array of bytes.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class BoxedValues {
    private final boolean longs;
    private final ValuePool pool;

    BoxedValues(final TableShape shape) {
        longs = shape.longValues();
        pool = new ValuePool(shape.valueLength());
    }

    Object valueOf(final long seed) {
        if (longs) {
            return seed;
        }
        final int offset = pool.offsetOf(seed);
        return Arrays.copyOfRange(pool.array(), offset, offset + pool.valueLength());
    }

    /** Digests a value as {@link KeyedTable#get} returns it. */
    long digestOf(final Object value) {
        if (value == null) {
            return KeyedTable.MISSING;
        }
        return longs ? (Long) value : ValueDigest.ofArray((byte[]) value, 0, pool.valueLength());
    }

    /** Makes a value whose first eight bytes are the sum. */
    Object withSum(final Object value, final long sum) {
        if (longs) {
            return sum;
        }
        final byte[] changed = ((byte[]) value).clone();
        RawMemory.putLong(changed, RawMemory.ARRAY_OFFSET, sum);
        return changed;
    }

    long firstWordOf(final Object value) {
        return longs ? (Long) value : RawMemory.getLong((byte[]) value, RawMemory.ARRAY_OFFSET);
    }
}
