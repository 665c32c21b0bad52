/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

/**
 * Tells when writes are acknowledged whose calls return before.
 *
 * <p>Threading: as {@link KeyedTable}; neither method waits or allocates.
 */
public interface WriteAcknowledgements {
    /**
     * Tells the position of the last write.
     *
     * @return position, greater than that of each write before
     */
    long writtenPosition();

    /**
     * Tells how far writes are acknowledged by now.
     *
     * @return position; writes at it and before are
     */
    long acknowledgedPosition();
}
