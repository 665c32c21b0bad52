/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.memory.RawMemory;

/**
 * Linear probing over slots of key and value; removal shifts later entries back, so there are no tombstones.
 * <pre>
 *  0          8                 slotLength, a multiple of 8
 *  +----------+--------------------------+
 *  | key      | value                    |    key 0 = empty
 *  +----------+--------------------------+
 * </pre>
 */
final class FloorTable implements KeyedTable {
    private static final int VALUE_OFFSET = Long.BYTES;
    private static final double LOAD_FACTOR_MAX = 0.6;
    private static final long HASH_MULTIPLIER = 0xD6E8_FEB8_6659_FD93L;
    private static final int HASH_SHIFT = 32;

    private final NativeRegion region;
    private final long base;
    private final long slotMask;
    private final int slotLength;
    private final int valueLength;
    private final boolean longValues;
    private final ValuePool pool;
    private final long scratch;
    private long size;

    FloorTable(final TableContext context, final NativeRegion region) {
        this.region = region;
        base = region.pointer();
        slotMask = slotCount(context.entryCountMax()) - 1;
        slotLength = slotLength(context.shape());
        valueLength = context.shape().valueLength();
        longValues = context.shape().longValues();
        pool = new ValuePool(valueLength);
        scratch = RawMemory.allocate(valueLength);
    }

    static long slotCount(final long entryCount) {
        final long wanted = Math.max(16, (long) (entryCount / LOAD_FACTOR_MAX));
        return Long.highestOneBit(wanted - 1) << 1;
    }

    static int slotLength(final TableShape shape) {
        return VALUE_OFFSET + (shape.valueLength() + Long.BYTES - 1 & -Long.BYTES);
    }

    private static long hash(final long key) {
        final long mixed = (key ^ (key >>> HASH_SHIFT)) * HASH_MULTIPLIER;
        return mixed ^ (mixed >>> HASH_SHIFT);
    }

    /** Finds the slot of the key, or the empty one where it would go. */
    private long slotOf(final long key) {
        long index = hash(key) & slotMask;
        while (true) {
            final long slot = base + index * slotLength;
            final long found = RawMemory.getLong(slot);
            if (found == key || found == 0) {
                return slot;
            }
            index = (index + 1) & slotMask;
        }
    }

    @Override
    public long get(final long key) {
        final long slot = slotOf(key);
        if (RawMemory.getLong(slot) == 0) {
            return MISSING;
        }
        if (longValues) {
            return RawMemory.getLong(slot + VALUE_OFFSET);
        }
        RawMemory.copy(slot + VALUE_OFFSET, scratch, valueLength);
        return ValueDigest.ofNative(scratch, valueLength);
    }

    @Override
    public void put(final long key, final long seed) {
        final long slot = slotOf(key);
        if (RawMemory.getLong(slot) == 0) {
            RawMemory.putLong(slot, key);
            size++;
        }
        if (longValues) {
            RawMemory.putLong(slot + VALUE_OFFSET, seed);
        } else {
            RawMemory.copy(pool.pointer() + pool.offsetOf(seed), slot + VALUE_OFFSET, valueLength);
        }
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        final long slot = slotOf(key);
        final long value = RawMemory.getLong(slot + VALUE_OFFSET) + delta;
        RawMemory.putLong(slot + VALUE_OFFSET, value);
        return value;
    }

    @Override
    public void remove(final long key) {
        long hole = slotOf(key);
        if (RawMemory.getLong(hole) == 0) {
            return;
        }
        size--;
        // Backward shift (Knuth vol. 3, 6.4, algorithm R): an entry moves into the hole unless it would pass its home.
        long holeIndex = (hole - base) / slotLength;
        long index = holeIndex;
        while (true) {
            index = (index + 1) & slotMask;
            final long slot = base + index * slotLength;
            final long found = RawMemory.getLong(slot);
            if (found == 0) {
                RawMemory.putLong(hole, 0);
                return;
            }
            final long home = hash(found) & slotMask;
            if (((index - home) & slotMask) >= ((index - holeIndex) & slotMask)) {
                RawMemory.copy(slot, hole, slotLength);
                hole = slot;
                holeIndex = index;
            }
        }
    }

    @Override
    public long scan() {
        long sum = 0;
        for (long index = 0; index <= slotMask; index++) {
            final long slot = base + index * slotLength;
            if (RawMemory.getLong(slot) != 0) {
                sum += longValues
                        ? RawMemory.getLong(slot + VALUE_OFFSET)
                        : ValueDigest.ofNative(slot + VALUE_OFFSET, valueLength);
            }
        }
        return sum;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long storedLength() {
        return (slotMask + 1) * slotLength;
    }

    @Override
    public void close() {
        RawMemory.free(scratch);
        region.close();
    }
}
