/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.ReadSession;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableCursor;
import io.quire.store.table.RecordTableReader;
import java.nio.ByteOrder;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Byte keys to byte values of any length up to {@link #KEY_LENGTH_MAX} and {@link #VALUE_LENGTH_MAX}, from and to
 * Agrona buffers; nothing allocated. An empty key and an empty value are valid. In a state with a time to live what has
 * expired counts as absent, and values can be 8 bytes less long; see {@link StateStore#bytesState(String,
 * TimeToLive)}.
 *
 * <p>Buffers given by the caller are read or written during the call only. Every method that writes throws {@link
 * io.quire.store.errors.NotWriterException} from a thread that is not the writer, {@link
 * io.quire.store.errors.StoreClosedException} after close, {@link io.quire.store.errors.StoreFailedException} once the
 * store is fail-stopped, and {@link io.quire.store.errors.StoreFullException} when there is no memory or a limit is
 * exceeded; the operation then had no effect. A range outside a buffer is an {@link IndexOutOfBoundsException}.
 *
 * <p>Threading: single writer, which also reads; other threads read through {@link StoreReader#bytesState}.
 */
public class BytesState extends KeyedState {
    /** Returned for an absent key. */
    public static final int NOT_FOUND = -1;
    /** Longest key, bytes. */
    public static final int KEY_LENGTH_MAX = RecordTable.MAX_KEY_LENGTH;
    /** Longest value, bytes. */
    public static final int VALUE_LENGTH_MAX = RecordTable.MAX_VALUE_LENGTH;

    private static final int UPDATED_LENGTH = 256;
    private static final int UPDATED_LENGTH_KEPT = 1024 * 1024;

    final RecordTable table;
    private final UnsafeBuffer updatedView = new UnsafeBuffer(new byte[0]);
    private final UnsafeBuffer batchView = new UnsafeBuffer(0, 0);
    private final long[] batchRecords = new long[RecordTable.BATCH_COUNT_MAX];
    private byte[] updated = new byte[UPDATED_LENGTH];
    private byte[] updatedKey = new byte[UPDATED_LENGTH];
    private boolean updating;
    private boolean batchOpen;

    BytesState(final StateStore store, final StateDescriptor descriptor, final RecordTable table) {
        super(store, descriptor, table);
        this.table = table;
    }

    /**
     * Copies the value of a key to a buffer.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @param value takes the value
     * @param valueOffset where its first byte goes
     * @return bytes of the value, or {@link #NOT_FOUND}
     * @throws IllegalArgumentException when the value does not fit; nothing was copied
     */
    public int get(
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final MutableDirectBuffer value,
            final int valueOffset) {
        store.beforeRead();
        key.boundsCheck(keyOffset, keyLength);
        final long record = table.findPointer(key.byteArray(), key.addressOffset() + keyOffset, keyLength);
        if (record == RecordTable.NOT_FOUND) {
            return NOT_FOUND;
        }
        final int length = RecordTable.valueLengthAt(record);
        copy(RecordTable.valueAt(record, keyLength), length, value, valueOffset);
        return length;
    }

    /** Copies a value to a caller's buffer, all or nothing. */
    static void copy(final long pointer, final int length, final MutableDirectBuffer value, final int valueOffset) {
        if (value.isExpandable() && valueOffset >= 0) {
            value.checkLimit(valueOffset + length);
        } else if (valueOffset < 0 || length > value.capacity() - valueOffset) {
            throw doesNotFit(length, value, valueOffset);
        }
        if (length > 0) {
            RawMemory.copy(null, pointer, value.byteArray(), value.addressOffset() + valueOffset, length);
        }
    }

    private static IllegalArgumentException doesNotFit(
            final int length, final DirectBuffer value, final int valueOffset) {
        return new IllegalArgumentException("value does not fit into the buffer: valueLength=" + length + " capacity="
                + value.capacity() + " offset=" + valueOffset);
    }

    /**
     * Wraps the value of a key where it lies, without a copy.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @param view set to the value; valid until the next write to the store, by whatever method, or its close
     * @return whether the key is present; when not, the view is left as it was
     */
    public boolean wrap(final DirectBuffer key, final int keyOffset, final int keyLength, final DirectBuffer view) {
        final long record = find(key, keyOffset, keyLength);
        return record != RecordTable.NOT_FOUND && view(record, view);
    }

    /** Wraps what callers know of the value of a record; false when it does not count as there. */
    boolean view(final long record, final DirectBuffer view) {
        view.wrap(table.valuePointer(record), table.valueLength(record));
        return true;
    }

    /**
     * Length of the value of a key.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @return bytes, or {@link #NOT_FOUND}
     */
    public int valueLength(final DirectBuffer key, final int keyOffset, final int keyLength) {
        final long record = find(key, keyOffset, keyLength);
        return record == RecordTable.NOT_FOUND ? NOT_FOUND : table.valueLength(record);
    }

    /**
     * Whether a key is present.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @return true when it is
     */
    public boolean containsKey(final DirectBuffer key, final int keyOffset, final int keyLength) {
        return find(key, keyOffset, keyLength) != RecordTable.NOT_FOUND;
    }

    /**
     * Passes the values of several keys to a consumer, in less time than one by one, because the cache misses of up to
     * 32 of them overlap. The consumer must not write to the store, nor read another batch of this state.
     *
     * @param keys holds the keys
     * @param keyOffsets key i begins at offset i and ends before offset i + 1, so there is one offset more than keys
     * @param from index of the first key
     * @param count keys
     * @param consumer takes the values of those that are present, with their index from 0
     * @return how many are present
     */
    public int getAll(
            final DirectBuffer keys,
            final int[] keyOffsets,
            final int from,
            final int count,
            final BatchConsumer consumer) {
        store.beforeRead();
        Objects.checkFromIndexSize(from, count, keyOffsets.length - 1);
        for (int i = from; i < from + count; i++) {
            keys.boundsCheck(keyOffsets[i], keyOffsets[i + 1] - keyOffsets[i]);
        }
        int found = 0;
        for (int done = 0; done < count; done += RecordTable.BATCH_COUNT_MAX) {
            final int batch = Math.min(RecordTable.BATCH_COUNT_MAX, count - done);
            found += getBatch(keys, keyOffsets, from + done, batch, done, consumer);
        }
        return found;
    }

    /** A part of {@link #getAll}, at most {@link RecordTable#BATCH_COUNT_MAX} keys, of which the first has an index. */
    int getBatch(
            final DirectBuffer keys,
            final int[] keyOffsets,
            final int from,
            final int count,
            final int firstIndex,
            final BatchConsumer consumer) {
        if (batchOpen) {
            throw new ConfigurationException("a batch of reads inside another of the same state: state=" + name());
        }
        store.beginWalk();
        batchOpen = true;
        try {
            final long[] records = batchRecords;
            table.findAll(keys.byteArray(), keys.addressOffset(), keyOffsets, from, count, records);
            int found = 0;
            for (int i = 0; i < count; i++) {
                if (records[i] != RecordTable.NOT_FOUND && view(records[i], batchView)) {
                    consumer.accept(firstIndex + i, batchView);
                    found++;
                }
            }
            return found;
        } finally {
            batchOpen = false;
            store.endWalk();
        }
    }

    final long find(final DirectBuffer key, final int keyOffset, final int keyLength) {
        store.beforeRead();
        key.boundsCheck(keyOffset, keyLength);
        return table.find(key.byteArray(), key.addressOffset() + keyOffset, keyLength);
    }

    /**
     * Sets the value of a key; in place when the new value fits where the old one is.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes, 0..{@link #KEY_LENGTH_MAX}
     * @param value holds the value
     * @param valueOffset its first byte
     * @param valueLength its bytes, 0..{@link #VALUE_LENGTH_MAX}
     */
    public void put(
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final DirectBuffer value,
            final int valueOffset,
            final int valueLength) {
        store.beforeWrite();
        key.boundsCheck(keyOffset, keyLength);
        value.boundsCheck(valueOffset, valueLength);
        set(
                key.byteArray(),
                key.addressOffset() + keyOffset,
                keyLength,
                value.byteArray(),
                value.addressOffset() + valueOffset,
                valueLength);
    }

    /** Sets all of a value, and logs. */
    final void set(
            final byte[] keyBase,
            final long keyAt,
            final int keyLength,
            final byte[] valueBase,
            final long valueAt,
            final int valueLength) {
        if (store.inBatch()) {
            saveUndo(keyBase, keyAt, keyLength);
        }
        final long record;
        try {
            record = table.put(keyBase, keyAt, keyLength, valueBase, valueAt, valueLength);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        logPut(record, keyLength);
        tidy();
    }

    /** From the record, since a key or a value given may lie in the one that has just changed. */
    void logPut(final long record, final int keyLength) {
        if (log.attached()) {
            log.put(
                    id,
                    null,
                    table.keyPointer(record),
                    keyLength,
                    null,
                    table.valuePointer(record, keyLength),
                    table.valueLength(record));
        }
    }

    /** Last of all: a key or a value given may lie in records that it moves. */
    private void tidy() {
        try {
            table.tidy();
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
    }

    /**
     * Sets the value of a key that is absent.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes, 0..{@link #KEY_LENGTH_MAX}
     * @param value holds the value
     * @param valueOffset its first byte
     * @param valueLength its bytes, 0..{@link #VALUE_LENGTH_MAX}
     * @return whether it was absent and has been set
     */
    public boolean putIfAbsent(
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final DirectBuffer value,
            final int valueOffset,
            final int valueLength) {
        store.beforeWrite();
        if (containsKey(key, keyOffset, keyLength)) {
            return false;
        }
        put(key, keyOffset, keyLength, value, valueOffset, valueLength);
        return true;
    }

    /**
     * Changes the value of a key; its length stays. The updater may do what it likes with the buffer of the key.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @param updater changes the value
     * @return whether the key is present; when not, the updater was not called
     */
    public boolean update(
            final DirectBuffer key, final int keyOffset, final int keyLength, final ValueUpdater updater) {
        store.beforeWrite();
        final long record = find(key, keyOffset, keyLength);
        if (record == RecordTable.NOT_FOUND || !isLive(record)) {
            return false;
        }
        checkNotUpdating();
        // On a copy, so that nothing has changed when it throws, and it may write to other states.
        final int valueLength = table.valueLength(record);
        ensureUpdated(valueLength);
        if (valueLength > 0) {
            RawMemory.copy(null, table.valuePointer(record, keyLength), updated, RawMemory.ARRAY_OFFSET, valueLength);
        }
        final byte[] keyBase = keepUpdatedKey(key, keyOffset, keyLength);
        final long keyAt = RawMemory.ARRAY_OFFSET;
        final long moveCount = table.moveCount();
        updatedView.wrap(updated, 0, contentLength(valueLength));
        updating = true;
        store.beginWalk();
        try {
            updater.update(updatedView);
        } finally {
            updating = false;
            store.endWalk();
        }
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(keyBase, keyAt, keyLength);
        }
        beforeUpdated(updated, valueLength);
        final long changed;
        try {
            changed = table.putInRecord(
                    record, moveCount, keyBase, keyAt, keyLength, updated, RawMemory.ARRAY_OFFSET, valueLength);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        logPut(changed, keyLength);
        tidy();
        trimUpdated();
        return true;
    }

    /** Whether what a record holds counts as there. */
    boolean isLive(final long record) {
        return true;
    }

    /** Bytes of a value that callers know. */
    int contentLength(final int valueLength) {
        return valueLength;
    }

    /** All of a value is about to be put, with what stood behind what callers know. */
    void beforeUpdated(final byte[] value, final int valueLength) {
        // Nothing does.
    }

    /** An updater may change the bytes of the key it was given, or what the buffer wraps. */
    private byte[] keepUpdatedKey(final DirectBuffer key, final int keyOffset, final int keyLength) {
        if (updatedKey.length < keyLength) {
            updatedKey = new byte[Math.max(keyLength, Math.min(2 * updatedKey.length, KEY_LENGTH_MAX))];
        }
        if (keyLength > 0) {
            RawMemory.copy(
                    key.byteArray(), key.addressOffset() + keyOffset, updatedKey, RawMemory.ARRAY_OFFSET, keyLength);
        }
        return updatedKey;
    }

    private void ensureUpdated(final int length) {
        if (updated.length < length) {
            updated = new byte[Math.max(length, Math.min(2 * updated.length, UPDATED_LENGTH_KEPT))];
        }
    }

    private void trimUpdated() {
        if (updated.length > UPDATED_LENGTH_KEPT) {
            updated = new byte[UPDATED_LENGTH];
            updatedView.wrap(updated);
        }
    }

    void checkNotUpdating() {
        if (updating) {
            throw new ConfigurationException("an updater must not update another value of its state: state=" + name());
        }
    }

    /**
     * Adds to a counter in place: the value is an 8-byte little-endian integer, and an absent key counts as 0.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @param delta what to add, wrapping around on overflow
     * @return the new value
     * @throws StateMismatchException when the key has a value that is not 8 bytes long; nothing was changed
     */
    public long addAndGet(final DirectBuffer key, final int keyOffset, final int keyLength, final long delta) {
        store.beforeWrite();
        key.boundsCheck(keyOffset, keyLength);
        final byte[] keyBase = key.byteArray();
        final long keyAt = key.addressOffset() + keyOffset;
        if (store.inBatch()) {
            saveUndo(keyBase, keyAt, keyLength);
        }
        final long record;
        try {
            record = table.insertLongOrFind(keyBase, keyAt, keyLength, delta);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        if (table.lastPutInserted()) {
            logPut(record, keyLength);
            return delta;
        }
        if (table.valueLength(record) != Long.BYTES) {
            throw new StateMismatchException(
                    "not a counter: state=" + name() + " valueLength=" + table.valueLength(record) + " expected=8");
        }
        final long sum;
        try {
            final long pointer = table.valuePointerForWrite(record, keyLength, 0, Long.BYTES);
            sum = RawMemory.getLong(pointer) + delta;
            RawMemory.putLongRelease(pointer, sum); // in one store, which a reader sees or does not
        } catch (final Error e) { // an exception means that nothing has changed
            throw store.changeFailed(e);
        }
        logPut(record, keyLength);
        return sum;
    }

    /**
     * Adds to a field of the value of a key in place. An absent key gets a value that ends with the field and is zeros
     * before. Not from inside an updater of this state.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @param fieldOffset where in the value the field begins, which is 8 bytes, little-endian; quickest when a multiple
     *     of 8
     * @param delta what to add, wrapping around on overflow
     * @return the new value of the field
     * @throws StateMismatchException when the key has a value that ends before the field does; nothing was changed
     */
    public long addAndGet(
            final DirectBuffer key, final int keyOffset, final int keyLength, final int fieldOffset, final long delta) {
        store.beforeWrite();
        Objects.checkFromIndexSize(fieldOffset, Long.BYTES, VALUE_LENGTH_MAX);
        checkNotUpdating();
        final long record = find(key, keyOffset, keyLength);
        if (record == RecordTable.NOT_FOUND) {
            insertField(key, keyOffset, keyLength, fieldOffset, delta);
            return delta;
        }
        final long pointer = table.foundPointer(record, keyLength);
        final int valueLength = RecordTable.valueLengthAt(pointer);
        if (fieldOffset > valueLength - Long.BYTES) {
            throw noSuchField(valueLength, fieldOffset);
        }
        final byte[] keyBase = key.byteArray();
        final long keyAt = key.addressOffset() + keyOffset;
        if (store.inBatch()) {
            saveUndo(keyBase, keyAt, keyLength);
        }
        final long sum;
        try {
            sum = table.addAndGet(record, pointer, keyLength, fieldOffset, delta);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        logPut(record, keyLength);
        return sum;
    }

    final StateMismatchException noSuchField(final int valueLength, final int fieldOffset) {
        return new StateMismatchException("no such field: state=" + name() + " valueLength=" + valueLength
                + " fieldOffset=" + fieldOffset + " fieldLength=8");
    }

    final void insertField(
            final DirectBuffer key, final int keyOffset, final int keyLength, final int fieldOffset, final long value) {
        final int valueLength = fieldOffset + Long.BYTES;
        ensureUpdated(valueLength);
        updatedView.wrap(updated, 0, valueLength);
        updatedView.setMemory(0, fieldOffset, (byte) 0);
        updatedView.putLong(fieldOffset, value, ByteOrder.LITTLE_ENDIAN);
        put(key, keyOffset, keyLength, updatedView, 0, valueLength);
        trimUpdated();
    }

    /**
     * Removes a key.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @return whether it was present
     */
    public boolean remove(final DirectBuffer key, final int keyOffset, final int keyLength) {
        store.beforeWrite();
        key.boundsCheck(keyOffset, keyLength);
        final byte[] keyBase = key.byteArray();
        final long keyAt = key.addressOffset() + keyOffset;
        if (store.inBatch()) {
            saveUndo(keyBase, keyAt, keyLength);
        }
        final boolean removed;
        try {
            removed = table.remove(keyBase, keyAt, keyLength);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        if (removed) {
            log.remove(id, keyBase, keyAt, keyLength);
            tidy();
        }
        return removed;
    }

    /**
     * Visits all entries, in no order. The consumer must not write to this state; use a {@link #cursor} for that.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final BytesConsumer consumer) {
        final UnsafeBuffer key = new UnsafeBuffer(0, 0); // of this walk: the consumer may begin another
        final UnsafeBuffer value = new UnsafeBuffer(0, 0);
        store.beginWalk();
        try {
            table.scan(record -> accept(record, key, value, consumer));
        } finally {
            store.endWalk();
        }
    }

    RecordTableReader tableReader(final ReadSession session) {
        return table.reader(session);
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(BytesConsumer)} does but in another order, which takes
     * longer for each entry.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final BytesConsumer consumer) {
        final UnsafeBuffer key = new UnsafeBuffer(0, 0);
        final UnsafeBuffer value = new UnsafeBuffer(0, 0);
        store.beginWalk();
        try {
            table.forEach(range, record -> accept(record, key, value, consumer));
        } finally {
            store.endWalk();
        }
    }

    private void accept(
            final long record, final UnsafeBuffer key, final UnsafeBuffer value, final BytesConsumer consumer) {
        if (view(record, value)) {
            key.wrap(table.keyPointer(record), table.keyLength(record));
            consumer.accept(key, value);
        }
    }

    /**
     * Starts a walk that tolerates any writes between its steps, with the guarantees of {@link LongLongState#cursor};
     * {@link #clear} ends it.
     *
     * @return a cursor before the first entry; allocates 64 KiB
     */
    public BytesCursor cursor() {
        store.beforeRead();
        return new Cursor(table.cursor());
    }

    /** Views of the records that the table's cursor comes to. */
    private final class Cursor extends BytesCursor {
        private final RecordTableCursor records;
        private final UnsafeBuffer key = new UnsafeBuffer(0, 0);
        private final UnsafeBuffer value = new UnsafeBuffer(0, 0);

        Cursor(final RecordTableCursor records) {
            this.records = records;
        }

        @Override
        public boolean next() {
            store.beforeRead();
            do {
                if (!records.next()) {
                    return false;
                }
            } while (!view(records.record(), value));
            key.wrap(table.keyPointer(records.record()), table.keyLength(records.record()));
            return true;
        }

        @Override
        public DirectBuffer key() {
            return key;
        }

        @Override
        public DirectBuffer value() {
            return value;
        }

        @Override
        public void close() {
            store.beforeRead();
            records.close();
        }
    }

    /**
     * Key group of a key.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final DirectBuffer key, final int keyOffset, final int keyLength) {
        key.boundsCheck(keyOffset, keyLength);
        return table.keyGroupOf(key.byteArray(), key.addressOffset() + keyOffset, keyLength);
    }

    final void saveUndo(final byte[] keyBase, final long keyAt, final int keyLength) {
        final long record = table.find(keyBase, keyAt, keyLength);
        if (record == RecordTable.NOT_FOUND) {
            store.undoLog().saveBytes(id, keyBase, keyAt, keyLength, 0, 0);
        } else {
            store.undoLog()
                    .saveBytes(id, keyBase, keyAt, keyLength, table.valuePointer(record), table.valueLength(record));
        }
    }

    RecordTable table() {
        return table;
    }

    @Override
    ExpiryPass expiryPass() {
        return new RecordExpiryPass(this, this);
    }

    @Override
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        table.put(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
        table.tidy();
    }

    @Override
    void applyRemove(final byte[] keyBase, final long keyOffset, final int keyLength) {
        super.applyRemove(keyBase, keyOffset, keyLength);
        table.tidy();
    }

    @Override
    void copyTo(final FirstTimestamps target) {
        table.forEach(record -> target.put(
                table.keyPointer(record),
                table.keyLength(record),
                table.valuePointer(record),
                table.valueLength(record)));
    }

    @Override
    long fetch(final long keyPointer, final int keyLength, final long[] hints, final int index) {
        return table.fetch(null, keyPointer, keyLength, hints, index);
    }

    @Override
    long fetchFound(final long pointer, final long[] hints, final int index) {
        return table.fetchRecord(pointer, hints, index);
    }
}
