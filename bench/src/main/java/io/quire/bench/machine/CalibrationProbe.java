/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.machine;

import io.quire.store.memory.RawMemory;
import java.util.SplittableRandom;

/**
 * Tells how quiet the machine is: the time of one read that depends on the read before it, over much more memory
 * than the caches hold, in random order, which neighbours on the same processor slow down more than anything else.
 *
 * <p>Threading: confined to one thread.
 */
public final class CalibrationProbe implements AutoCloseable {
    private static final int LINE_LENGTH = 64;
    private static final int STEP_COUNT = 200_000;

    private final long pointer;
    private long position;

    /**
     * Makes a probe and touches its memory.
     *
     * @param length bytes, a multiple of 64
     */
    public CalibrationProbe(final long length) {
        pointer = RawMemory.allocate(length);
        final int lineCount = Math.toIntExact(length / LINE_LENGTH);
        final int[] order = new int[lineCount];
        for (int i = 0; i < lineCount; i++) {
            order[i] = i;
        }
        // Sattolo's algorithm: a random permutation that is one single cycle.
        final SplittableRandom random = new SplittableRandom(lineCount);
        for (int i = lineCount - 1; i > 0; i--) {
            final int other = random.nextInt(i);
            final int swapped = order[i];
            order[i] = order[other];
            order[other] = swapped;
        }
        for (int i = 0; i < lineCount; i++) {
            RawMemory.putLong(pointer + (long) i * LINE_LENGTH, (long) order[i] * LINE_LENGTH);
        }
    }

    /**
     * Measures for some 50 ms.
     *
     * @return nanoseconds per read
     */
    public double measureNs() {
        long at = position;
        final long startNs = System.nanoTime();
        for (int i = 0; i < STEP_COUNT; i++) {
            at = RawMemory.getLong(pointer + at);
        }
        final long durationNs = System.nanoTime() - startNs;
        position = at;
        return (double) durationNs / STEP_COUNT;
    }

    @Override
    public void close() {
        RawMemory.free(pointer);
    }
}
