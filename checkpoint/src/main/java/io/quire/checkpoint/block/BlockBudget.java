/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that threads share beyond the little that each of them needs: those which read a chain of files, for keeping
 * decompressed blocks, and those which write long files, for buffers that wait to be written.
 *
 * <p>Threading: thread-safe.
 */
final class BlockBudget {
    /** Never has any. */
    static final BlockBudget NONE = new BlockBudget(0);

    private final long length;
    private final AtomicLong freeLength;

    /**
     * Creates a budget.
     *
     * @param length bytes
     */
    BlockBudget(final long length) {
        this.length = length;
        freeLength = new AtomicLong(length);
    }

    /** {@return all of its bytes, those taken included} */
    long length() {
        return length;
    }

    /**
     * Takes memory.
     *
     * @param wanted bytes
     * @return whether there was enough; otherwise nothing was taken
     */
    boolean tryTake(final long wanted) {
        if (freeLength.getPlain() < wanted) {
            return false;
        }
        if (freeLength.addAndGet(-wanted) < 0) {
            freeLength.addAndGet(wanted);
            return false;
        }
        return true;
    }

    /** Gives memory back. */
    void give(final long taken) {
        freeLength.addAndGet(taken);
    }
}
