/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

/**
 * What the table of a state can do whatever its keys and values are: be found again, emptied, given back, measured and
 * checked. Reading and writing entries is each table's own affair.
 *
 * <p>Exceptions of all methods: what loading a page after recovery throws, and {@link IllegalStateException} after
 * {@link #drop}.
 *
 * <p>Threading: confined to the store's writer.
 */
public interface StateTable {
    /** {@return address of the table's root, by which it is opened again} */
    long rootAddress();

    /** {@return number of entries, O(1)} */
    long size();

    /**
     * Removes what a key has.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes; of a table of fixed widths, the width of its keys
     * @return whether it had anything
     */
    boolean remove(byte[] keyBase, long keyOffset, int keyLength);

    /** Removes all entries; all extents but those of an empty table go back to the store. O(extents). */
    void clear();

    /**
     * Loads all that {@link #drop} will read and change, so that it cannot fail as long as the table is not changed
     * before. O(extents).
     */
    void prepareDrop();

    /** Gives all of the table's extents back to the store; the table can no longer be used. O(extents). */
    void drop();

    /** {@return sizes of the table; O(extents)} */
    TableStatistics statistics();

    /**
     * Checks everything the table consists of, O(its size).
     *
     * @throws io.quire.store.errors.CorruptStoreException naming the first thing that is not as it must be
     */
    void checkInvariants();
}
