/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

/**
 * Takes records of a {@link RecordTable}.
 *
 * <p>Threading: called on the thread that scans.
 */
@FunctionalInterface
public interface RecordConsumer {
    /**
     * Accepts one record.
     *
     * @param record its address, for {@link RecordTable#keyPointer} and the like
     */
    void accept(long record);
}
