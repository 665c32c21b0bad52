/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import java.util.HashSet;
import java.util.Set;

/**
 * Hands out numbers of checkpoint files and remembers which are being written, so that {@link Retention} leaves a
 * file alone that no manifest names yet, and which are still being read, so that it leaves one alone that no manifest
 * names any more.
 *
 * <p>Threading: thread-safe.
 */
public final class FileNumbers {
    private final Set<Long> inUse = new HashSet<>();
    private long next;

    /**
     * Starts counting.
     *
     * @param next first number to hand out, greater than 0
     */
    public FileNumbers(final long next) {
        if (next <= 0) {
            throw new IllegalArgumentException("file number out of range: " + next);
        }
        this.next = next;
    }

    /** {@return a number never handed out before, in use until it is released} */
    public synchronized long take() {
        final long number = next++;
        inUse.add(number);
        return number;
    }

    /**
     * Keeps a file that is being read, until its number is released.
     *
     * @param number of a file of a manifest
     */
    public synchronized void hold(final long number) {
        inUse.add(number);
    }

    /**
     * Ends the use of a number, after a manifest that names the file was published or the file was given
     * up, or after the file was read.
     *
     * @param number what take returned, or was held
     */
    public synchronized void release(final long number) {
        inUse.remove(number);
    }

    /**
     * Whether a file is being written or read.
     *
     * @param number of the file
     * @return true between take or hold and release
     */
    public synchronized boolean isInUse(final long number) {
        return inUse.contains(number);
    }

    /** {@return the number that would be handed out next; what a manifest stores} */
    public synchronized long next() {
        return next;
    }
}
