/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What the writer does, as a function of a seed and the number of the operation, so that anybody can tell what the
 * state must be after any number of operations.
 *
 * <p>Every operation adds 1 to a counter: the first ones to each counter in turn, which creates them, the others to
 * one chosen at random. So the sum of all counters is the number of operations that are in the state. Every sixteenth
 * also writes a record, in one batch with its counter.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class DemoOperations {
    /** Bytes of a record. */
    static final int RECORD_LENGTH = 104;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int RECORD_MASK = 15;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final long seed;
    private final int entryCount;
    private final int recordKeyCount;

    DemoOperations(final long seed, final int entryCount) {
        this.seed = seed;
        this.entryCount = entryCount;
        this.recordKeyCount = Math.max(1, entryCount / (RECORD_MASK + 1));
    }

    /** {@return how many counters there are once the first operations are done} */
    int entryCount() {
        return entryCount;
    }

    /** {@return how many records there can be} */
    int recordKeyCount() {
        return recordKeyCount;
    }

    /** Which counter an operation adds to. */
    int index(final long operation) {
        if (operation < entryCount) {
            return (int) operation;
        }
        final long random = mix(seed + operation * GOLDEN);
        return (int) (((random >>> 32) * entryCount) >>> 32);
    }

    /** Key of a counter; different for different counters. */
    long counterKey(final int index) {
        return mix(index + seed);
    }

    /** Whether an operation writes a record too. */
    static boolean writesRecord(final long operation) {
        return (operation & RECORD_MASK) == RECORD_MASK;
    }

    /** Which record an operation that writes one writes. */
    int recordIndex(final long operation) {
        return index(operation) % recordKeyCount;
    }

    /** Fills a record with what an operation writes. */
    void fillRecord(final long operation, final byte[] record) {
        for (int i = 0; i < RECORD_LENGTH; i += Long.BYTES) {
            LONG.set(record, i, i == 0 ? operation : mix(seed ^ (operation * GOLDEN + i)));
        }
    }

    /** Share of a counter in the digest of a state. */
    static long digestOfCounter(final long key, final long value) {
        return mix(key * GOLDEN ^ mix(value));
    }

    /** Share of a record in the digest of a state. */
    static long digestOfRecord(final long key, final byte[] record) {
        long digest = mix(~key);
        for (int i = 0; i < RECORD_LENGTH; i += Long.BYTES) {
            digest = mix(digest ^ (long) LONG.get(record, i)) + GOLDEN;
        }
        return digest;
    }

    /** A bijection in which every bit depends on every other (Stafford's Mix13). */
    private static long mix(final long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
