/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.RawMemory;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Splits segments of no table, on a thread of its own, until the JVM has compiled how: interpreted, a split keeps the
 * writer for milliseconds, and compiled for tens of microseconds. Done once in a JVM for each kind of table, when the
 * first one is opened; it takes 128 KiB and some ten milliseconds of processor time, in small pieces.
 *
 * <p>Threading: {@link #begin} by any thread; the rest on its own, a daemon that ends by itself.
 */
final class SplitRehearsal implements Runnable {
    private static final int ROUNDS = 40;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1);
    /** A table that was there before is recovered in these first moments, which is more urgent than its next split. */
    private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Split split;
    private final boolean patient;

    private SplitRehearsal(final Split split, final boolean patient) {
        this.split = split;
        this.patient = patient;
    }

    /** What is rehearsed. */
    @FunctionalInterface
    interface Split {
        /** Fills a segment and splits it; pointers to both segments, which are zeros. */
        void split(long pointer, long siblingPointer, SplittableRandom random);
    }

    /**
     * Begins unless that has been done.
     *
     * @param begun of the kind of table
     * @param patient whether there is no hurry
     */
    static void begin(final AtomicBoolean begun, final boolean patient, final Split split) {
        if (!begun.get() && begun.compareAndSet(false, true)) {
            final Thread thread = new Thread(new SplitRehearsal(split, patient), "rehearsal-of-splits");
            thread.setDaemon(true);
            thread.start();
        }
    }

    @Override
    public void run() {
        if (patient) {
            LockSupport.parkNanos(PATIENCE_NS);
        }
        final int length = 2 * SegmentDescriptor.SEGMENT_LENGTH;
        final long pointer;
        try {
            pointer = RawMemory.allocate(length);
        } catch (final OutOfMemoryError e) {
            return; // the first splits will take longer, which is the least of the troubles then
        }
        try {
            final SplittableRandom random = new SplittableRandom(length);
            for (int round = 0; round < ROUNDS; round++) {
                RawMemory.setMemory(pointer, length, (byte) 0);
                split.split(pointer, pointer + SegmentDescriptor.SEGMENT_LENGTH, random);
                LockSupport.parkNanos(PAUSE_NS); // compilers want the processor too
            }
        } finally {
            RawMemory.free(pointer);
        }
    }
}
