/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.ReadSession;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableReader;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * long keys to byte values of any length up to {@link BytesState#VALUE_LENGTH_MAX}, from and to Agrona buffers; nothing
 * boxed, nothing allocated. An empty value is valid. In a state with a time to live what has expired counts as absent;
 * see {@link StateStore#longBytesState(String, TimeToLive)}.
 *
 * <p>Methods throw what those of {@link BytesState} do, and buffers are used as there.
 *
 * <p>Threading: single writer, which also reads; other threads read through {@link StoreReader#longBytesState}.
 */
public final class LongBytesState extends KeyedState {
    /** Returned for an absent key. */
    public static final int NOT_FOUND = BytesState.NOT_FOUND;

    private final BytesState bytes; // the same state with keys of eight bytes
    private final UnsafeBuffer keyBuffer = new UnsafeBuffer(new byte[Long.BYTES]);
    private final int[] batchOffsets = new int[RecordTable.BATCH_COUNT_MAX + 1];
    private final UnsafeBuffer batchKeys = new UnsafeBuffer(new byte[RecordTable.BATCH_COUNT_MAX * Long.BYTES]);

    LongBytesState(final StateStore store, final StateDescriptor descriptor, final RecordTable table) {
        super(store, descriptor, table);
        bytes = descriptor.expiry().isNone()
                ? new BytesState(store, descriptor, table)
                : new TimestampedBytesState(this, table);
        for (int i = 0; i < batchOffsets.length; i++) {
            batchOffsets[i] = i * Long.BYTES;
        }
    }

    /** The key's bytes, once the thread was checked: one that is refused must not touch what the writer works with. */
    private UnsafeBuffer keyToRead(final long key) {
        store.beforeRead();
        keyBuffer.putLong(0, key);
        return keyBuffer;
    }

    private UnsafeBuffer keyToWrite(final long key) {
        store.beforeWrite();
        keyBuffer.putLong(0, key);
        return keyBuffer;
    }

    /**
     * Copies the value of a key to a buffer.
     *
     * @param key any long
     * @param value takes the value
     * @param valueOffset where its first byte goes
     * @return bytes of the value, or {@link #NOT_FOUND}
     * @throws IllegalArgumentException when the value does not fit; nothing was copied
     */
    public int get(final long key, final MutableDirectBuffer value, final int valueOffset) {
        return bytes.get(keyToRead(key), 0, Long.BYTES, value, valueOffset);
    }

    /**
     * Wraps the value of a key where it lies, without a copy.
     *
     * @param key any long
     * @param view set to the value; valid until the next write to the store, by whatever method, or its close
     * @return whether the key is present; when not, the view is left as it was
     */
    public boolean wrap(final long key, final DirectBuffer view) {
        return bytes.wrap(keyToRead(key), 0, Long.BYTES, view);
    }

    /**
     * Passes the values of several keys to a consumer, see {@link BytesState#getAll}.
     *
     * @param keys any longs
     * @param from index of the first key
     * @param count keys
     * @param consumer takes the values of those that are present, with their index from 0
     * @return how many are present
     */
    public int getAll(final long[] keys, final int from, final int count, final BatchConsumer consumer) {
        store.beforeRead();
        int found = 0;
        for (int done = 0; done < count; done += RecordTable.BATCH_COUNT_MAX) {
            final int batch = Math.min(RecordTable.BATCH_COUNT_MAX, count - done);
            for (int i = 0; i < batch; i++) {
                batchKeys.putLong(i * Long.BYTES, keys[from + done + i]);
            }
            found += bytes.getBatch(batchKeys, batchOffsets, 0, batch, done, consumer);
        }
        return found;
    }

    /**
     * Length of the value of a key.
     *
     * @param key any long
     * @return bytes, or {@link #NOT_FOUND}
     */
    public int valueLength(final long key) {
        return bytes.valueLength(keyToRead(key), 0, Long.BYTES);
    }

    /**
     * Whether a key is present.
     *
     * @param key any long
     * @return true when it is
     */
    public boolean containsKey(final long key) {
        return bytes.containsKey(keyToRead(key), 0, Long.BYTES);
    }

    /**
     * Sets the value of a key; in place when the new value fits where the old one is.
     *
     * @param key any long
     * @param value holds the value
     * @param valueOffset its first byte
     * @param valueLength its bytes, 0..{@link BytesState#VALUE_LENGTH_MAX}
     */
    public void put(final long key, final DirectBuffer value, final int valueOffset, final int valueLength) {
        bytes.put(keyToWrite(key), 0, Long.BYTES, value, valueOffset, valueLength);
    }

    /**
     * Sets the value of a key that is absent.
     *
     * @param key any long
     * @param value holds the value
     * @param valueOffset its first byte
     * @param valueLength its bytes, 0..{@link BytesState#VALUE_LENGTH_MAX}
     * @return whether it was absent and has been set
     */
    public boolean putIfAbsent(final long key, final DirectBuffer value, final int valueOffset, final int valueLength) {
        return bytes.putIfAbsent(keyToWrite(key), 0, Long.BYTES, value, valueOffset, valueLength);
    }

    /**
     * Changes the value of a key; its length stays.
     *
     * @param key any long
     * @param updater changes the value
     * @return whether the key is present; when not, the updater was not called
     */
    public boolean update(final long key, final ValueUpdater updater) {
        store.beforeWrite();
        bytes.checkNotUpdating();
        return bytes.update(keyToWrite(key), 0, Long.BYTES, updater);
    }

    /**
     * Removes a key.
     *
     * @param key any long
     * @return whether it was present
     */
    public boolean remove(final long key) {
        return bytes.remove(keyToWrite(key), 0, Long.BYTES);
    }

    /**
     * Visits all entries, in no order. The consumer must not write to this state; use a {@link #cursor} for that.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final LongBytesConsumer consumer) {
        bytes.forEach((key, value) -> consumer.accept(RawMemory.getLong(key.byteArray(), key.addressOffset()), value));
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(LongBytesConsumer)} does.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final LongBytesConsumer consumer) {
        bytes.forEach(
                range, (key, value) -> consumer.accept(RawMemory.getLong(key.byteArray(), key.addressOffset()), value));
    }

    RecordTableReader tableReader(final ReadSession session) {
        return bytes.tableReader(session);
    }

    /**
     * Starts a walk that tolerates writes between its steps, see {@link BytesState#cursor}.
     *
     * @return a cursor before the first entry, whose keys are the eight bytes of a long, little-endian; allocates 64
     *     KiB
     */
    public BytesCursor cursor() {
        return bytes.cursor();
    }

    /**
     * Key group of a key.
     *
     * @param key any long
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final long key) {
        return bytes.table().keyGroupOf(key);
    }

    @Override
    public void checkInvariants() {
        bytes.checkInvariants();
    }

    @Override
    ExpiryPass expiryPass() {
        return new RecordExpiryPass(this, bytes);
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
        bytes.applyPut(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
    }

    @Override
    void applyRemove(final byte[] keyBase, final long keyOffset, final int keyLength) {
        checkWidth("keyLength", keyLength, Long.BYTES);
        bytes.applyRemove(keyBase, keyOffset, keyLength);
    }

    @Override
    void copyTo(final FirstTimestamps target) {
        bytes.copyTo(target);
    }

    @Override
    long fetch(final long keyPointer, final int keyLength, final long[] hints, final int index) {
        return bytes.fetch(keyPointer, keyLength, hints, index);
    }

    @Override
    long fetchFound(final long pointer, final long[] hints, final int index) {
        return bytes.fetchFound(pointer, hints, index);
    }
}
