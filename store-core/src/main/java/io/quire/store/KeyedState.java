/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.table.TableStatistics;

/**
 * What all states have in common, and how the store reaches them for replay and rollback.
 *
 * <p>Threading: single writer.
 */
public abstract class KeyedState {
    final StateStore store;
    final int id;
    private final StateDescriptor descriptor;

    KeyedState(final StateStore store, final StateDescriptor descriptor) {
        this.store = store;
        this.descriptor = descriptor;
        id = descriptor.id();
    }

    /** {@return the name the state was created with} */
    public final String name() {
        return descriptor.name();
    }

    /** {@return the state as the catalog has it} */
    public final StateDescriptor descriptor() {
        return descriptor;
    }

    /** {@return number of entries, O(1)} */
    public abstract long size();

    /**
     * Removes all entries, O(segments and heap extents).
     *
     * @throws io.quire.store.errors.ConfigurationException inside a batch, where it could not be rolled back
     */
    public abstract void clear();

    /** {@return what the state's table takes, O(1) or O(extents of the table)} */
    public abstract TableStatistics statistics();

    /** Checks the table against its own invariants, O(entries). */
    public abstract void checkInvariants();

    /** Puts without log and undo; a null base means that the offset is a native pointer. */
    abstract void applyPut(
            byte[] keyBase, long keyOffset, int keyLength, byte[] valueBase, long valueOffset, int valueLength);

    /** Removes without log and undo; a null base means that the offset is a native pointer. */
    abstract void applyRemove(byte[] keyBase, long keyOffset, int keyLength);

    abstract void applyClear();
}
