/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.FixedTable;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.LongLongTableReader;
import io.quire.store.table.ReadSession;
import java.util.Objects;

/**
 * long keys to double values, held inline: one cache miss an operation, nothing boxed, nothing allocated. Values are
 * kept bit by bit, so -0.0 is not 0.0 and every NaN stays the one it is.
 *
 * <p>In a state with a time to live what has expired counts as absent; see {@link
 * StateStore#longDoubleState(String, TimeToLive)}. Methods throw what those of {@link LongLongState} do.
 *
 * <p>Threading: single writer, which also reads; other threads read through {@link StoreReader#longDoubleState}.
 */
public final class LongDoubleState extends KeyedState {
    private final LongLongState longs; // the same state with the bits of the values
    private final long[] batchKeys = new long[FixedTable.BATCH_COUNT_MAX];
    private final long[] batchValues = new long[FixedTable.BATCH_COUNT_MAX];

    LongDoubleState(final StateStore store, final StateDescriptor descriptor, final FixedTable table) {
        super(store, descriptor, table);
        longs = new PlainLongLongState(store, descriptor, table);
    }

    /** Of a state that has had a time to live. */
    LongDoubleState(final StateStore store, final StateDescriptor descriptor, final FixedBytesTable table) {
        super(store, descriptor, table);
        longs = new TimestampedLongLongState(this, table);
    }

    /**
     * The value of a key.
     *
     * @param key any long
     * @param missingValue returned when the key is absent
     * @return its value
     */
    public double get(final long key, final double missingValue) {
        return Double.longBitsToDouble(longs.get(key, Double.doubleToRawLongBits(missingValue)));
    }

    /**
     * The values of several keys; see {@link LongLongState#getAll}.
     *
     * @param keys any longs
     * @param from index of the first key
     * @param count keys
     * @param values takes the value of each key, at the index of the key
     * @param missingValue put where a key is absent
     * @throws IndexOutOfBoundsException when an array is too short; nothing was written
     */
    public void getAll(
            final long[] keys, final int from, final int count, final double[] values, final double missingValue) {
        Objects.checkFromIndexSize(from, count, Math.min(keys.length, values.length));
        store.beforeRead(); // before keys of the writer's are overwritten by another thread
        final long missing = Double.doubleToRawLongBits(missingValue);
        for (int done = 0; done < count; done += FixedTable.BATCH_COUNT_MAX) {
            final int batch = Math.min(FixedTable.BATCH_COUNT_MAX, count - done);
            System.arraycopy(keys, from + done, batchKeys, 0, batch);
            longs.getAll(batchKeys, 0, batch, batchValues, missing);
            for (int i = 0; i < batch; i++) {
                values[from + done + i] = Double.longBitsToDouble(batchValues[i]);
            }
        }
    }

    /**
     * Whether a key is present.
     *
     * @param key any long
     * @return true when it is
     */
    public boolean containsKey(final long key) {
        return longs.containsKey(key);
    }

    /**
     * Sets the value of a key.
     *
     * @param key any long
     * @param value any double
     */
    public void put(final long key, final double value) {
        longs.put(key, Double.doubleToRawLongBits(value));
    }

    /**
     * Adds to the value of a key in place; an absent key counts as 0.
     *
     * @param key any long
     * @param delta what to add
     * @return the new value
     */
    public double addAndGet(final long key, final double delta) {
        return longs.addAndGetDouble(key, delta);
    }

    /**
     * Adds to the value of a key in place; an absent key counts as 0.
     *
     * @param key any long
     * @param delta what to add
     * @return the value before
     */
    public double getAndAdd(final long key, final double delta) {
        return longs.getAndAddDouble(key, delta);
    }

    /**
     * Sets the value of a key that has a given value now.
     *
     * @param key any long
     * @param expected value it must have, bit by bit; an absent key has none
     * @param value new value
     * @return whether it was set
     */
    public boolean compareAndSet(final long key, final double expected, final double value) {
        return longs.compareAndSet(key, Double.doubleToRawLongBits(expected), Double.doubleToRawLongBits(value));
    }

    /**
     * Sets the value of a key that is absent.
     *
     * @param key any long
     * @param value value to set
     * @param missingValue returned when the key was absent
     * @return the value it had, left as it was, or missingValue when it was absent and has been set
     */
    public double putIfAbsent(final long key, final double value, final double missingValue) {
        return Double.longBitsToDouble(
                longs.putIfAbsent(key, Double.doubleToRawLongBits(value), Double.doubleToRawLongBits(missingValue)));
    }

    /**
     * Removes a key.
     *
     * @param key any long
     * @return whether it was present
     */
    public boolean remove(final long key) {
        return longs.remove(key);
    }

    /**
     * Visits all entries, in no order. The consumer must not write to this state; use a {@link #cursor} for that.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final LongDoubleConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(LongDoubleConsumer)} does.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final LongDoubleConsumer consumer) {
        longs.forEach(range, (key, value) -> consumer.accept(key, Double.longBitsToDouble(value)));
    }

    LongLongTableReader tableReader(final ReadSession session) {
        return longs.tableReader(session);
    }

    /**
     * Starts a walk that tolerates writes between its steps, with the guarantees of {@link LongLongState#cursor}.
     *
     * @return a cursor before the first entry; allocates 32 KiB
     */
    public LongDoubleCursor cursor() {
        return new LongDoubleCursor(longs.cursor());
    }

    /**
     * Key group of a key.
     *
     * @param key any long
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final long key) {
        return longs.keyGroupOf(key);
    }

    @Override
    ExpiryPass expiryPass() {
        return longs.expiryPass(this);
    }

    @Override
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        longs.applyPut(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
    }

    @Override
    void copyTo(final FirstTimestamps target) {
        longs.copyTo(target);
    }

    @Override
    long fetch(final long keyPointer, final int keyLength, final long[] hints, final int index) {
        return longs.fetch(keyPointer, keyLength, hints, index);
    }

    @Override
    void checkKey(final byte[] keyBase, final long keyOffset, final int keyLength) {
        longs.checkKey(keyBase, keyOffset, keyLength);
    }
}
