/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedTable;
import io.quire.store.table.TableStatistics;

/**
 * long keys to long values, held inline: one cache miss an operation, nothing boxed, nothing allocated.
 *
 * <p>Every long is a valid key and a valid value; methods that report absence take the value to report it with.
 *
 * <p>Every method that writes throws {@link io.quire.store.errors.NotWriterException} from a thread that is not the
 * writer, {@link io.quire.store.errors.StoreClosedException} after close, {@link
 * io.quire.store.errors.StoreFailedException} once the store is fail-stopped, and {@link
 * io.quire.store.errors.StoreFullException} when a new entry finds no memory; the operation then had no effect. Methods
 * that read throw {@code StoreClosedException} only, and after recovery what loading a damaged page throws.
 *
 * <p>Threading: single writer, which also reads.
 */
public final class LongLongState extends KeyedState {
    private final FixedTable table;

    LongLongState(final StateStore store, final StateDescriptor descriptor, final FixedTable table) {
        super(store, descriptor);
        this.table = table;
    }

    /**
     * The value of a key.
     *
     * @param key any long
     * @param missingValue returned when the key is absent
     * @return its value
     */
    public long get(final long key, final long missingValue) {
        store.beforeRead();
        return table.get(key, missingValue);
    }

    /**
     * Whether a key is present.
     *
     * @param key any long
     * @return true when it is
     */
    public boolean containsKey(final long key) {
        store.beforeRead();
        return table.containsKey(key);
    }

    /**
     * Sets the value of a key.
     *
     * @param key any long
     * @param value any long
     */
    public void put(final long key, final long value) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        set(key, value);
        log.putLong(id, key, value);
    }

    /**
     * Adds to the value of a key in place; an absent key counts as 0.
     *
     * @param key any long
     * @param delta what to add, wrapping around on overflow
     * @return the new value
     */
    public long addAndGet(final long key, final long delta) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        final long value;
        try {
            value = table.addAndGet(key, delta);
        } catch (final StateStoreException e) {
            throw store.changeFailed(e);
        }
        log.putLong(id, key, value);
        return value;
    }

    /**
     * Adds to the value of a key in place; an absent key counts as 0.
     *
     * @param key any long
     * @param delta what to add, wrapping around on overflow
     * @return the value before
     */
    public long getAndAdd(final long key, final long delta) {
        return addAndGet(key, delta) - delta;
    }

    /**
     * Sets the value of a key that has a given value now.
     *
     * @param key any long
     * @param expected value it must have; an absent key has none
     * @param value new value
     * @return whether it was set
     */
    public boolean compareAndSet(final long key, final long expected, final long value) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        final boolean set = table.compareAndSet(key, expected, value);
        if (set) {
            log.putLong(id, key, value);
        }
        return set;
    }

    /**
     * Sets the value of a key that is absent.
     *
     * @param key any long
     * @param value value to set
     * @param missingValue returned when the key was absent
     * @return the value it had, left as it was, or missingValue when it was absent and has been set
     */
    public long putIfAbsent(final long key, final long value, final long missingValue) {
        store.beforeWrite();
        if (table.containsKey(key)) {
            return table.get(key, missingValue);
        }
        if (store.inBatch()) {
            saveUndo(key);
        }
        set(key, value);
        log.putLong(id, key, value);
        return missingValue;
    }

    /**
     * Removes a key.
     *
     * @param key any long
     * @return whether it was present
     */
    public boolean remove(final long key) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        final boolean removed;
        try {
            removed = table.remove(key);
        } catch (final StateStoreException e) {
            throw store.changeFailed(e);
        }
        if (removed) {
            log.removeLong(id, key);
        }
        return removed;
    }

    /**
     * Visits all entries, in no order. The consumer must not write to this state.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final LongLongConsumer consumer) {
        store.beginWalk();
        try {
            table.forEach(consumer::accept);
        } finally {
            store.endWalk();
        }
    }

    @Override
    public long size() {
        store.beforeRead();
        return table.size();
    }

    @Override
    public void clear() {
        store.beforeClear(name());
        try {
            table.clear();
        } catch (final StateStoreException e) {
            throw store.changeFailed(e);
        }
        log.clear(id);
    }

    @Override
    public TableStatistics statistics() {
        store.beforeRead();
        return table.statistics();
    }

    @Override
    public void checkInvariants() {
        store.beforeRead();
        table.checkInvariants();
    }

    private void set(final long key, final long value) {
        try {
            table.set(key, value);
        } catch (final StateStoreException e) {
            throw store.changeFailed(e);
        }
    }

    private void saveUndo(final long key) {
        final boolean present = table.containsKey(key);
        store.undoLog().saveLong(id, key, present, present ? table.get(key, 0) : 0);
    }

    @Override
    long rootAddress() {
        return table.rootAddress();
    }

    @Override
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        if (keyLength != Long.BYTES || valueLength != Long.BYTES) {
            throw new CorruptStoreException("change record of other widths than its state: state=" + name()
                    + " keyLength=" + keyLength + " valueLength=" + valueLength + " expected=8,8");
        }
        table.set(RawMemory.getLong(keyBase, keyOffset), RawMemory.getLong(valueBase, valueOffset));
    }

    @Override
    void applyRemove(final byte[] keyBase, final long keyOffset, final int keyLength) {
        if (keyLength != Long.BYTES) {
            throw new CorruptStoreException("change record of another width than its state: state=" + name()
                    + " keyLength=" + keyLength + " expected=8");
        }
        table.remove(RawMemory.getLong(keyBase, keyOffset));
    }

    @Override
    void applyClear() {
        table.clear();
    }
}
