/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.LongLongTableReader;
import io.quire.store.table.ReadSession;
import io.quire.store.table.StateTable;

/**
 * long keys to long values, held inline: one cache miss an operation, nothing boxed, nothing allocated.
 *
 * <p>Every long is a valid key and a valid value; methods that report absence take the value to report it with. In a
 * state with a time to live what has expired counts as absent; see {@link StateStore#longLongState(String,
 * TimeToLive)}.
 *
 * <p>Every method that writes throws {@link io.quire.store.errors.NotWriterException} from a thread that is not the
 * writer, {@link io.quire.store.errors.StoreClosedException} after close, {@link
 * io.quire.store.errors.StoreFailedException} once the store is fail-stopped, and {@link
 * io.quire.store.errors.StoreFullException} when a new entry finds no memory; the operation then had no effect. Methods
 * that read throw {@code StoreClosedException} only, and after recovery what loading a damaged page throws.
 *
 * <p>Threading: single writer, which also reads; other threads read through {@link StoreReader#longLongState}.
 */
public abstract class LongLongState extends KeyedState {
    LongLongState(final StateStore store, final StateDescriptor descriptor, final StateTable table) {
        super(store, descriptor, table);
    }

    /**
     * The value of a key.
     *
     * @param key any long
     * @param missingValue returned when the key is absent
     * @return its value
     */
    public abstract long get(long key, long missingValue);

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
    public abstract void getAll(long[] keys, int from, int count, long[] values, long missingValue);

    /**
     * Whether a key is present.
     *
     * @param key any long
     * @return true when it is
     */
    public abstract boolean containsKey(long key);

    /**
     * Sets the value of a key.
     *
     * @param key any long
     * @param value any long
     */
    public abstract void put(long key, long value);

    /**
     * Adds to the value of a key in place; an absent key counts as 0.
     *
     * @param key any long
     * @param delta what to add, wrapping around on overflow
     * @return the new value
     */
    public abstract long addAndGet(long key, long delta);

    /** {@link #addAndGet} of the doubles that values are the bits of. */
    abstract double addAndGetDouble(long key, double delta);

    /** {@link #getAndAdd} of the doubles that values are the bits of. */
    abstract double getAndAddDouble(long key, double delta);

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
    public abstract boolean compareAndSet(long key, long expected, long value);

    /**
     * Sets the value of a key that is absent.
     *
     * @param key any long
     * @param value value to set
     * @param missingValue returned when the key was absent
     * @return the value it had, left as it was, or missingValue when it was absent and has been set
     */
    public abstract long putIfAbsent(long key, long value, long missingValue);

    /**
     * Removes a key.
     *
     * @param key any long
     * @return whether it was present
     */
    public abstract boolean remove(long key);

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
    public abstract void forEach(KeyGroupRange range, LongLongConsumer consumer);

    abstract LongLongTableReader tableReader(ReadSession session);

    /**
     * Starts a walk that tolerates any writes between its steps. An entry that is present from the first step to the
     * last is seen exactly once; none is seen twice, not even one that is removed and put again. One that is removed
     * before its turn is not seen; one that is put meanwhile may be.
     *
     * @return a cursor before the first entry; allocates 32 KiB
     */
    public abstract LongLongCursor cursor();

    /**
     * Key group of a key.
     *
     * @param key any long
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public abstract int keyGroupOf(long key);

    @Override
    final ExpiryPass expiryPass() {
        return expiryPass(this);
    }

    /** Begins to look for expired entries of a state that is made of this one, or is this one. */
    ExpiryPass expiryPass(final KeyedState outer) {
        return null;
    }

    @Override
    final void checkKey(final byte[] keyBase, final long keyOffset, final int keyLength) {
        checkWidth("keyLength", keyLength, Long.BYTES);
    }
}
