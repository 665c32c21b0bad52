/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import java.util.Arrays;

/**
 * The state as it must be, in plain arrays: no code of the store is used.
 *
 * <p>Threading: confined to one thread.
 */
final class DemoModel {
    /** Bytes of heap for each entry, about. */
    static final double BYTES_PER_ENTRY = Integer.BYTES + Long.BYTES / 16.0;

    private final DemoOperations operations;
    private final int[] counters;
    private final long[] lastWriters;
    private long operationCount;

    DemoModel(final DemoOperations operations) {
        this.operations = operations;
        this.counters = new int[operations.entryCount()];
        this.lastWriters = new long[operations.recordKeyCount()];
        Arrays.fill(lastWriters, -1);
    }

    /** {@return operations done} */
    long operationCount() {
        return operationCount;
    }

    /**
     * Does the next operations.
     *
     * @param count how many
     */
    void advance(final long count) {
        final long end = operationCount + count;
        for (long operation = operationCount; operation < end; operation++) {
            final int index = operations.index(operation);
            counters[index]++;
            if (DemoOperations.writesRecord(operation)) {
                lastWriters[operations.recordIndex(operation)] = operation;
            }
        }
        operationCount = end;
    }

    /** {@return what the state must be now} */
    StateDigest digest() {
        long sum = 0;
        long counterCount = 0;
        long digest = 0;
        for (int i = 0; i < counters.length; i++) {
            if (counters[i] != 0) {
                counterCount++;
                sum += counters[i];
                digest += DemoOperations.digestOfCounter(operations.counterKey(i), counters[i]);
            }
        }
        long recordCount = 0;
        final byte[] record = new byte[DemoOperations.RECORD_LENGTH];
        for (int i = 0; i < lastWriters.length; i++) {
            if (lastWriters[i] >= 0) {
                recordCount++;
                operations.fillRecord(lastWriters[i], record);
                digest += DemoOperations.digestOfRecord(i, record);
            }
        }
        return new StateDigest(sum, counterCount, recordCount, digest);
    }
}
