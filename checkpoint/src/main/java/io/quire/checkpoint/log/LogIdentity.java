/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import java.util.UUID;

/**
 * Whose log this is: part of every segment's header and of every block's checksum, so that a block of another store,
 * or of an abandoned branch of this one, is never taken for valid.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param storeId identity of the store
 * @param incarnation one for each time the log was opened for writing: a count in the high half, so that a later one is
 *     greater, and random bits in the low half; greater than 0
 * @param bootIdHash hash of the identity of the system's boot during which the segment was written
 */
record LogIdentity(UUID storeId, long incarnation, long bootIdHash) {
    /** How often the log had been opened for writing. */
    static int count(final long incarnation) {
        return (int) (incarnation >>> Integer.SIZE);
    }

    /** The incarnation that follows another one, 0 before the first. */
    static long next(final long incarnation, final int randomBits) {
        return (long) (count(incarnation) + 1) << Integer.SIZE | (randomBits & 0xFFFF_FFFFL);
    }
}
