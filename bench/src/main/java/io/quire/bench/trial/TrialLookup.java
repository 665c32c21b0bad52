/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

/**
 * Reads of a table.
 *
 * <p>Threading: confined to one thread.
 */
interface TrialLookup {
    /**
     * Reads the value of a key.
     *
     * @return whether it is present
     * @throws IllegalStateException when it is not the value of this key
     */
    boolean get(long key);

    /** Ends the trial because of a wrong value. */
    static void throwWrong(final long key) {
        throw new IllegalStateException("a wrong value was read: key=" + key);
    }
}
