/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.table.StateTable;
import io.quire.store.table.TableStatistics;

/**
 * What all states have in common, and how the store reaches them for replay and rollback. Each has one table; what is
 * the same for all tables is done here, reading and writing entries by the kinds themselves, which know their table's
 * class.
 *
 * <p>Threading: single writer.
 */
public abstract class KeyedState {
    final StateStore store;
    final StateLog log;
    final int id;
    final StateExpiry expiry = new StateExpiry();
    final ValueMarks marks = new ValueMarks();
    ValueRewrite rewrite; // the one under way, or null
    private final StateTable stateTable;
    private volatile StateDescriptor descriptor; // changes when a codec evolves

    KeyedState(final StateStore store, final StateDescriptor descriptor, final StateTable table) {
        this.store = store;
        stateTable = table;
        log = store.log();
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

    /** {@return how long entries live; {@link TimeToLive#OFF} when nothing expires} */
    public final TimeToLive timeToLive() {
        return TimeToLive.of(descriptor.expiry());
    }

    final void descriptor(final StateDescriptor altered) {
        descriptor = altered;
    }

    /** {@return number of entries, with those that have expired and were not removed yet; O(1)} */
    public final long size() {
        store.beforeRead();
        return stateTable.size();
    }

    /**
     * Removes all entries, O(segments and heap extents).
     *
     * @throws io.quire.store.errors.ConfigurationException inside a batch, where it could not be rolled back
     */
    public final void clear() {
        store.beforeClear(name());
        try {
            stateTable.clear();
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.clear(id);
    }

    /** {@return what the state's table takes, O(1) or O(extents of the table)} */
    public final TableStatistics statistics() {
        store.beforeRead();
        return stateTable.statistics();
    }

    /** Checks the table against its own invariants, O(entries). */
    public void checkInvariants() {
        store.beforeRead();
        stateTable.checkInvariants();
    }

    /** Address of the root that leads to the state's pages; the catalog keeps it. */
    final long rootAddress() {
        return stateTable.rootAddress();
    }

    /**
     * Applies a change from the log, or takes one back, without log and undo; a null base means that the offset is a
     * native pointer.
     */
    final void apply(
            final byte type,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        switch (type) {
            case ChangeRecordDescriptor.TYPE_PUT ->
                applyPut(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
            case ChangeRecordDescriptor.TYPE_REMOVE -> applyRemove(keyBase, keyOffset, keyLength);
            case ChangeRecordDescriptor.TYPE_CLEAR_STATE -> stateTable.clear();
            default -> applyOperation(type, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
        }
    }

    /** Puts without log and undo. */
    abstract void applyPut(
            byte[] keyBase, long keyOffset, int keyLength, byte[] valueBase, long valueOffset, int valueLength);

    /** Removes without log and undo. */
    void applyRemove(final byte[] keyBase, final long keyOffset, final int keyLength) {
        checkKey(keyBase, keyOffset, keyLength);
        stateTable.remove(keyBase, keyOffset, keyLength);
    }

    /**
     * Checks that a change record can be one of this state's.
     *
     * @throws CorruptStoreException when no key of the state looks like this
     */
    void checkKey(final byte[] keyBase, final long keyOffset, final int keyLength) {
        // Of most kinds any bytes are a key.
    }

    /** Checks the lengths in a change record of a state whose keys, or keys and values, all have one length. */
    final void checkWidth(final String what, final int found, final int expected) {
        if (found != expected) {
            throw new CorruptStoreException("change record of another width than its state: state=" + name() + " "
                    + what + "=" + found + " expected=" + expected);
        }
    }

    /** Does of {@link #applyDrop} what may fail. */
    final void prepareDrop() {
        stateTable.prepareDrop();
    }

    /** Gives all space back without log; the state can no longer be used. */
    final void applyDrop() {
        stateTable.drop();
    }

    /**
     * Applies a change that only this kind of state knows, of a type from {@link
     * ChangeRecordDescriptor#TYPE_OPERATION_FIRST} on.
     *
     * @throws CorruptStoreException when it does not know the type
     */
    void applyOperation(
            final byte type,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        throw new CorruptStoreException("change record of a type that its state does not know: state=" + name()
                + " kind=" + descriptor.kind() + " type=" + type);
    }

    /** Begins to look for entries that have expired; null when the kind has none. */
    ExpiryPass expiryPass() {
        return null;
    }

    /** Copies everything to a state that carries timestamps; of one whose values carry none and do not tell it. */
    void copyTo(final FirstTimestamps target) {
        throw new IllegalStateException("state cannot be copied: state=" + name() + " kind=" + descriptor.kind());
    }

    /**
     * Says where a change of an entry will look first, without looking there; a kind for which that gains nothing says
     * nothing.
     *
     * @param hints takes at the index what {@link #fetchFound} wants to know
     * @return native pointer to 8 readable bytes, valid until an entry is changed; 0 = nothing to say
     */
    long fetch(final long keyPointer, final int keyLength, final long[] hints, final int index) {
        return 0;
    }

    /**
     * Says where a change of an entry will look next, without looking there.
     *
     * @param pointer what {@link #fetch} returned, not 0; no entry was changed since
     * @param hints has at the index what fetch put there; takes in its place {@link
     *     io.quire.store.memory.PagedMemory#trackingPointer} of what the change will write
     * @return native pointer to 8 readable bytes; the same pointer when there is nothing else to look at
     */
    long fetchFound(final long pointer, final long[] hints, final int index) {
        return pointer;
    }

    /** Frees what a change has kept for a rollback that will not come. */
    void discard(final byte[] keptBase, final long keptOffset) {
        throw new IllegalStateException("state keeps nothing: state=" + name());
    }
}
