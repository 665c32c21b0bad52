/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedTable;
import io.quire.store.table.FixedTableReader;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.ReadSession;
import java.util.Objects;

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
 * <p>Threading: single writer, which also reads; other threads read through {@link StoreReader#longLongState}.
 */
public final class LongLongState extends KeyedState {
    private final FixedTable table;

    LongLongState(final StateStore store, final StateDescriptor descriptor, final FixedTable table) {
        super(store, descriptor, table);
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
     * The values of several keys, in less time than one by one, because the cache misses of up to 32 of them overlap.
     *
     * @param keys any longs
     * @param from index of the first key
     * @param count keys
     * @param values takes the value of each key, at the index of the key
     * @param missingValue put where a key is absent
     * @throws IndexOutOfBoundsException when an array is too short; nothing was written
     */
    public void getAll(
            final long[] keys, final int from, final int count, final long[] values, final long missingValue) {
        store.beforeRead();
        Objects.checkFromIndexSize(from, count, Math.min(keys.length, values.length));
        for (int done = 0; done < count; done += FixedTable.BATCH_COUNT_MAX) {
            table.getAll(keys, from + done, Math.min(FixedTable.BATCH_COUNT_MAX, count - done), values, missingValue);
        }
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

    /** {@link #addAndGet} of the doubles that values are the bits of. */
    double addAndGetDouble(final long key, final double delta) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        final double value;
        try {
            value = table.addAndGetDouble(key, delta);
        } catch (final StateStoreException e) {
            throw store.changeFailed(e);
        }
        log.putLong(id, key, Double.doubleToRawLongBits(value));
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
     * Visits all entries, in no order. The consumer must not write to this state; use a {@link #cursor} for that.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final LongLongConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(LongLongConsumer)} does.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final LongLongConsumer consumer) {
        store.beginWalk();
        try {
            table.forEach(range, consumer::accept);
        } finally {
            store.endWalk();
        }
    }

    FixedTableReader tableReader(final ReadSession session) {
        return table.reader(session);
    }

    /**
     * Starts a walk that tolerates any writes between its steps. An entry that is present from the first step to the
     * last is seen exactly once; none is seen twice, not even one that is removed and put again. One that is removed
     * before its turn is not seen; one that is put meanwhile may be.
     *
     * @return a cursor before the first entry; allocates 32 KiB
     */
    public LongLongCursor cursor() {
        store.beforeRead();
        return new LongLongCursor(store, table.cursor());
    }

    /**
     * Key group of a key.
     *
     * @param key any long
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final long key) {
        return table.keyGroupOf(key);
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
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        checkWidth("keyLength", keyLength, Long.BYTES);
        checkWidth("valueLength", valueLength, Long.BYTES);
        table.set(RawMemory.getLong(keyBase, keyOffset), RawMemory.getLong(valueBase, valueOffset));
    }

    @Override
    long fetch(final long keyPointer, final int keyLength, final long[] hints, final int index) {
        return keyLength == Long.BYTES ? table.fetch(RawMemory.getLong(keyPointer), hints, index) : 0;
    }

    @Override
    void checkKey(final byte[] keyBase, final long keyOffset, final int keyLength) {
        checkWidth("keyLength", keyLength, Long.BYTES);
    }
}
