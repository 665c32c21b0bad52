/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.TableShape;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.memory.RawMemory;

/**
 * What the value of each present entry must be, so that a contestant that skips work, or does it wrongly, is not
 * measured: what a timed loop has returned is compared with this, outside of the clock. Takes {@link #SLOT_LENGTH}
 * bytes of heap an entry.
 *
 * <p>Threading: confined to one thread.
 */
final class ValueLedger {
    /** Bytes of heap for each entry. */
    static final int SLOT_LENGTH = Long.BYTES + Integer.BYTES;

    private final boolean longValues;
    private final ValuePool pool;
    private final byte[] scratch;
    private final long[] seeds;
    private final int[] added;

    ValueLedger(final TableShape shape, final int entryCount) {
        longValues = shape.longValues();
        pool = new ValuePool(shape.valueLength());
        scratch = new byte[shape.valueLength()];
        seeds = new long[entryCount];
        added = new int[entryCount];
    }

    /** Notes that the entry of the slot was put. */
    void put(final int slot, final long seed) {
        seeds[slot] = seed;
        added[slot] = 0;
    }

    /** Notes that 1 was added to the entry of the slot, and returns what its first eight bytes must be now. */
    long addOne(final int slot) {
        added[slot]++;
        return firstWord(slot);
    }

    private long firstWord(final int slot) {
        return (longValues ? seeds[slot] : pool.firstWordOf(seeds[slot])) + added[slot];
    }

    /** Returns what a get of a value of this seed must return that nothing was added to. */
    long expectedOf(final long seed) {
        return longValues ? seed : pool.digestOf(seed);
    }

    /** Returns what a get of the slot's entry must return. */
    long expected(final int slot) {
        if (longValues) {
            return firstWord(slot);
        }
        if (added[slot] == 0) {
            return pool.digestOf(seeds[slot]);
        }
        System.arraycopy(pool.array(), pool.offsetOf(seeds[slot]), scratch, 0, scratch.length);
        RawMemory.putLong(scratch, RawMemory.ARRAY_OFFSET, firstWord(slot));
        return ValueDigest.ofArray(scratch, 0, scratch.length);
    }

    /** Returns what a scan must return: the sum over all slots. */
    long expectedOfAll() {
        long sum = 0;
        for (int slot = 0; slot < seeds.length; slot++) {
            sum += expected(slot);
        }
        return sum;
    }

    /** Fails unless the table returned what it had to. */
    static void check(final String what, final long found, final long expected) {
        if (found != expected) {
            throw new IllegalStateException("wrong result, the contestant is not measured: " + what + " found="
                    + text(found) + " expected=" + text(expected));
        }
    }

    private static String text(final long value) {
        return value == KeyedTable.MISSING ? "missing" : Long.toString(value);
    }
}
