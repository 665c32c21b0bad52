/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.ReadSession;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableReader;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * {@link BytesState} that has had a time to live: values end with {@linkplain TrailingTimestamps timestamps},
 * which callers do not see. A value and its timestamp change as one for readers.
 *
 * <p>Threading: single writer, which also reads.
 */
final class TimestampedBytesState extends BytesState {
    /** Longest value that callers may put, bytes. */
    static final int CONTENT_LENGTH_MAX = VALUE_LENGTH_MAX - TrailingTimestamps.LENGTH;

    private static final long NOT_FOUND_RECORD = RecordTable.NOT_FOUND;
    private static final long AT = RawMemory.ARRAY_OFFSET;
    private static final int PUT_LENGTH = 256;
    private static final int PUT_LENGTH_KEPT = 1024 * 1024;

    private final TrailingTimestamps timestamps;
    private final UnsafeBuffer readView = new UnsafeBuffer(0, 0);
    private byte[] put = new byte[PUT_LENGTH]; // a value with its timestamp

    TimestampedBytesState(final StateStore store, final StateDescriptor descriptor, final RecordTable table) {
        super(store, descriptor, table);
        timestamps = TrailingTimestamps.of(this);
    }

    /** The bytes underneath another state, which is the one that the store knows. */
    TimestampedBytesState(final KeyedState outer, final RecordTable table) {
        super(outer.store, outer.descriptor(), table);
        timestamps = TrailingTimestamps.of(outer);
    }

    private long timestampOf(final long record) {
        final int contentLength = contentLength(table.valueLength(record));
        return RawMemory.getLong(table.valuePointer(record) + contentLength);
    }

    @Override
    boolean isLive(final long record) {
        return timestamps.test(timestampOf(record));
    }

    private boolean isLive(final long record, final long nowMs) {
        return record != NOT_FOUND_RECORD && timestamps.isLive(timestampOf(record), nowMs);
    }

    @Override
    int contentLength(final int valueLength) {
        return timestamps.contentLength(valueLength);
    }

    @Override
    boolean view(final long record, final DirectBuffer view) {
        final long pointer = table.valuePointer(record);
        final int length = contentLength(table.valueLength(record));
        if (!timestamps.test(RawMemory.getLong(pointer + length))) {
            return false;
        }
        view.wrap(pointer, length);
        return true;
    }

    @Override
    public int get(
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final MutableDirectBuffer value,
            final int valueOffset) {
        if (!wrap(key, keyOffset, keyLength, readView)) {
            return NOT_FOUND;
        }
        final int length = readView.capacity();
        copy(readView.addressOffset(), length, value, valueOffset);
        return length;
    }

    @Override
    public boolean wrap(final DirectBuffer key, final int keyOffset, final int keyLength, final DirectBuffer view) {
        renewIfRead(key, keyOffset, keyLength);
        return super.wrap(key, keyOffset, keyLength, view);
    }

    @Override
    int getBatch(
            final DirectBuffer keys,
            final int[] keyOffsets,
            final int from,
            final int count,
            final int firstIndex,
            final BatchConsumer consumer) {
        for (int i = from; i < from + count; i++) {
            renewIfRead(keys, keyOffsets[i], keyOffsets[i + 1] - keyOffsets[i]);
        }
        return super.getBatch(keys, keyOffsets, from, count, firstIndex, consumer);
    }

    /** Gives what is about to be read the time of now, where reading does that. */
    private void renewIfRead(final DirectBuffer key, final int keyOffset, final int keyLength) {
        if (!timestamps.renewedByReads()) {
            return;
        }
        store.beforeWrite();
        final long record = find(key, keyOffset, keyLength);
        final long nowMs = timestamps.nowMs();
        if (isLive(record, nowMs) && timestampOf(record) != nowMs) {
            final int contentLength = contentLength(table.valueLength(record));
            saveUndoOf(key, keyOffset, keyLength);
            change(record, keyLength, contentLength, nowMs, nowMs);
        }
    }

    private void saveUndoOf(final DirectBuffer key, final int keyOffset, final int keyLength) {
        if (store.inBatch()) {
            saveUndo(key.byteArray(), key.addressOffset() + keyOffset, keyLength);
        }
    }

    /** Changes eight bytes of the value of the record that was found last, and its timestamp, and logs it. */
    private void change(
            final long record, final int keyLength, final int offset, final long value, final long timestampMs) {
        try {
            table.putLongAndLast(record, table.foundPointer(record, keyLength), keyLength, offset, value, timestampMs);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        logPut(record, keyLength);
    }

    @Override
    void logPut(final long record, final int keyLength) {
        super.logPut(record, keyLength);
        timestamps.wrote();
    }

    @Override
    public int valueLength(final DirectBuffer key, final int keyOffset, final int keyLength) {
        return super.wrap(key, keyOffset, keyLength, readView) ? readView.capacity() : NOT_FOUND;
    }

    @Override
    public boolean containsKey(final DirectBuffer key, final int keyOffset, final int keyLength) {
        return valueLength(key, keyOffset, keyLength) != NOT_FOUND;
    }

    @Override
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
        final long record =
                timestamps.keptByWrites() ? find(key, keyOffset, keyLength) : NOT_FOUND_RECORD; // else not asked for
        final long nowMs = timestamps.nowMs();
        final long timestampMs = isLive(record, nowMs) ? timestampOf(record) : nowMs;
        if (valueLength > CONTENT_LENGTH_MAX) {
            throw new StoreFullException("value length out of range: found=" + valueLength + " most="
                    + CONTENT_LENGTH_MAX + " bytes, in a state with a time to live");
        }
        ensurePut(valueLength + TrailingTimestamps.LENGTH);
        if (valueLength > 0) {
            RawMemory.copy(value.byteArray(), value.addressOffset() + valueOffset, put, AT, valueLength);
        }
        setPut(key, keyOffset, keyLength, valueLength, timestampMs);
        if (put.length > PUT_LENGTH_KEPT) {
            put = new byte[PUT_LENGTH];
        }
    }

    /** Sets the content that was laid ready, with a timestamp behind it. */
    private void setPut(
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final int contentLength,
            final long timestampMs) {
        RawMemory.putLong(put, AT + contentLength, timestampMs);
        set(
                key.byteArray(),
                key.addressOffset() + keyOffset,
                keyLength,
                put,
                AT,
                contentLength + TrailingTimestamps.LENGTH);
    }

    private void ensurePut(final int length) {
        if (put.length < length) {
            put = new byte[Math.max(length, Math.min(2 * put.length, PUT_LENGTH_KEPT))];
        }
    }

    @Override
    void beforeUpdated(final byte[] value, final int valueLength) {
        if (!timestamps.keptByWrites()) {
            RawMemory.putLong(value, AT + contentLength(valueLength), timestamps.nowMs());
        }
    }

    @Override
    public long addAndGet(final DirectBuffer key, final int keyOffset, final int keyLength, final long delta) {
        store.beforeWrite();
        final long record = find(key, keyOffset, keyLength);
        final long nowMs = timestamps.nowMs();
        if (!isLive(record, nowMs)) {
            RawMemory.putLong(put, AT, delta); // not the buffer of an updater, which may be at work
            setPut(key, keyOffset, keyLength, Long.BYTES, nowMs);
            return delta;
        }
        final int length = contentLength(table.valueLength(record));
        if (length != Long.BYTES) {
            throw new StateMismatchException(
                    "not a counter: state=" + name() + " valueLength=" + length + " expected=8");
        }
        return addTo(record, key, keyOffset, keyLength, 0, delta, nowMs);
    }

    @Override
    public long addAndGet(
            final DirectBuffer key, final int keyOffset, final int keyLength, final int fieldOffset, final long delta) {
        store.beforeWrite();
        Objects.checkFromIndexSize(fieldOffset, Long.BYTES, CONTENT_LENGTH_MAX);
        checkNotUpdating();
        final long record = find(key, keyOffset, keyLength);
        final long nowMs = timestamps.nowMs();
        if (!isLive(record, nowMs)) {
            insertField(key, keyOffset, keyLength, fieldOffset, delta);
            return delta;
        }
        final int length = contentLength(table.valueLength(record));
        if (fieldOffset > length - Long.BYTES) {
            throw noSuchField(length, fieldOffset);
        }
        return addTo(record, key, keyOffset, keyLength, fieldOffset, delta, nowMs);
    }

    private long addTo(
            final long record,
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final int fieldOffset,
            final long delta,
            final long nowMs) {
        final long sum = RawMemory.getLong(table.valuePointer(record) + fieldOffset) + delta;
        final long timestampMs = timestamps.keptByWrites() ? timestampOf(record) : nowMs;
        saveUndoOf(key, keyOffset, keyLength);
        change(record, keyLength, fieldOffset, sum, timestampMs);
        return sum;
    }

    @Override
    public boolean remove(final DirectBuffer key, final int keyOffset, final int keyLength) {
        final boolean live = containsKey(key, keyOffset, keyLength);
        return super.remove(key, keyOffset, keyLength) && live;
    }

    @Override
    RecordTableReader tableReader(final ReadSession session) {
        return table.reader(session, timestamps);
    }

    /** Of the table underneath, and that every value has a timestamp. */
    @Override
    public void checkInvariants() {
        super.checkInvariants();
        table.forEach(record -> contentLength(table.valueLength(record)));
    }

    @Override
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        contentLength(valueLength); // throws when it cannot have been put here
        super.applyPut(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
    }
}
