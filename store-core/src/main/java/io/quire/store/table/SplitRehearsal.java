/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.RawMemory;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Splits segments of no table, on a thread of its own, until the JVM has compiled how: interpreted, a split keeps the
 * writer for milliseconds, and compiled for tens of microseconds. Done once in a JVM, for all kinds of tables, when the
 * first store is opened: before a writer is bound to a core, which the thread would inherit. It begins 50 ms later,
 * since opening and recovery are more urgent, then takes 128 KiB for two or three tenths of a second, and some 50 ms
 * of processor time in small pieces. Nothing depends on it: where there is no thread or no memory for it, the first
 * splits take longer.
 *
 * <p>Threading: {@link #begin} by any thread; the rest on its own, a daemon that ends by itself.
 */
public final class SplitRehearsal implements Runnable {
    private static final int ROUNDS = 40;
    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(500);
    private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final AtomicBoolean BEGUN = new AtomicBoolean();

    private final List<Split> splits;

    private SplitRehearsal(final List<Split> splits) {
        this.splits = splits;
    }

    /** What is rehearsed. */
    @FunctionalInterface
    interface Split {
        /** Fills a segment and splits it; pointers to both segments, which are zeros. */
        void split(long pointer, long siblingPointer, SplittableRandom random);
    }

    /** Begins unless that has been done in this JVM. Returns at once and throws nothing. From any thread. */
    public static void begin() {
        if (!BEGUN.get()) {
            begin(
                    BEGUN,
                    List.of(FixedSegments::rehearse, FixedBytesSegments::rehearse, RecordSegments::rehearse),
                    SplitRehearsal::newThread);
        }
    }

    /** Whether it has begun in this JVM. */
    static boolean begun() {
        return BEGUN.get();
    }

    /**
     * Begins unless that has been done.
     *
     * @param begun whether it has
     * @param splits each is called once in a round
     * @param threads makes the thread
     */
    static void begin(final AtomicBoolean begun, final List<Split> splits, final ThreadFactory threads) {
        if (begun.compareAndSet(false, true)) {
            try {
                threads.newThread(new SplitRehearsal(splits)).start();
            } catch (final RuntimeException | OutOfMemoryError e) { // the latter also for want of a native thread
                tell(e);
            }
        }
    }

    /** Looks for the logger only now, since the first one of a JVM takes an opening some time to find. */
    private static void tell(final Throwable cause) {
        System.getLogger(SplitRehearsal.class.getName())
                .log(Level.DEBUG, "splits are not rehearsed to the end: the first ones will take longer", cause);
    }

    private static Thread newThread(final Runnable rehearsal) {
        final Thread thread = new Thread(null, rehearsal, "rehearsal-of-splits", 0, false);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void run() {
        LockSupport.parkNanos(PATIENCE_NS);
        try {
            rehearse();
        } catch (final RuntimeException | OutOfMemoryError e) {
            tell(e);
        }
    }

    private void rehearse() {
        final int length = 2 * SegmentDescriptor.SEGMENT_LENGTH;
        final long pointer = RawMemory.allocate(length);
        try {
            final SplittableRandom random = new SplittableRandom(length);
            for (int round = 0; round < ROUNDS; round++) {
                for (final Split split : splits) {
                    RawMemory.setMemory(pointer, length, (byte) 0);
                    split.split(pointer, pointer + SegmentDescriptor.SEGMENT_LENGTH, random);
                    LockSupport.parkNanos(PAUSE_NS); // compilers want the processor too
                }
            }
        } finally {
            RawMemory.free(pointer);
        }
    }
}
