/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import io.quire.bench.table.KeyedTable;

/**
 * The timed loops. Each takes keys from an array that was filled beforehand and returns what its results add up to;
 * each is its own method, so that it is compiled for its one table.
 *
 * <p>Threading: confined to one thread.
 */
final class WorkLoops {
    private WorkLoops() {}

    static long get(final KeyedTable table, final long[] keys, final int count) {
        long sum = 0;
        long missed = 0;
        for (int i = 0; i < count; i++) {
            final long value = table.get(keys[i]);
            sum += value;
            missed += value == KeyedTable.MISSING ? 1 : 0;
        }
        checkNoneMissed(missed);
        return sum;
    }

    private static void checkNoneMissed(final long missed) {
        if (missed != 0) {
            throw new IllegalStateException("present entries not found: count=" + missed);
        }
    }

    static long miss(final KeyedTable table, final long[] keys, final int count) {
        long missed = 0;
        for (int i = 0; i < count; i++) {
            missed += table.get(keys[i]) == KeyedTable.MISSING ? 1 : 0;
        }
        if (missed != count) {
            throw new IllegalStateException("absent entries found: count=" + (count - missed));
        }
        return missed;
    }

    static long put(final KeyedTable table, final long[] keys, final int count, final long seed) {
        for (int i = 0; i < count; i++) {
            table.put(keys[i], seed + i);
        }
        return count;
    }

    static long addAndGet(final KeyedTable table, final long[] keys, final int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += table.addAndGet(keys[i], 1);
        }
        return sum;
    }

    static long removeAndPut(
            final KeyedTable table, final long[] removed, final long[] inserted, final int count, final long seed) {
        for (int i = 0; i < count; i++) {
            table.remove(removed[i]);
            table.put(inserted[i], seed + i);
        }
        return count;
    }

    static void remove(final KeyedTable table, final long[] keys, final int count) {
        for (int i = 0; i < count; i++) {
            table.remove(keys[i]);
        }
    }

    static long mixed(
            final KeyedTable table, final long[] keys, final boolean[] writes, final int count, final long seed) {
        long sum = 0;
        long missed = 0;
        for (int i = 0; i < count; i++) {
            if (writes[i]) {
                table.put(keys[i], seed + i);
            } else {
                final long value = table.get(keys[i]);
                sum += value;
                missed += value == KeyedTable.MISSING ? 1 : 0;
            }
        }
        checkNoneMissed(missed);
        return sum;
    }
}
