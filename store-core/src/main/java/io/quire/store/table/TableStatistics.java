/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.PageDescriptor;

/**
 * How much a table holds and what it takes. Lengths in bytes.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param entryCount entries
 * @param payloadLength bytes of all keys and values
 * @param segmentCount segments of slots
 * @param directoryNodeCount pages of the directory
 * @param extentCount extents of 64 KiB taken from the store, for segments, directory and records
 * @param freeLength bytes of blocks in these extents that stand free for further records and directory nodes
 */
public record TableStatistics(
        long entryCount,
        long payloadLength,
        long segmentCount,
        long directoryNodeCount,
        long extentCount,
        long freeLength) {
    /** {@return bytes taken from the store} */
    public long allocatedLength() {
        return extentCount * PageDescriptor.EXTENT_LENGTH;
    }

    /** {@return bytes taken from the store for each entry; 0 when there is none} */
    public double bytesPerEntry() {
        return entryCount == 0 ? 0 : (double) allocatedLength() / entryCount;
    }

    /**
     * Fragmentation: share of the bytes taken from the store that stand free in blocks for further records; not counted
     * are empty slots and the room that records leave in their blocks. A table that shrinks keeps it bounded.
     *
     * @return 0 .. 1; 0 when nothing is taken
     */
    public double freeShare() {
        return extentCount == 0 ? 0 : (double) freeLength / allocatedLength();
    }
}
