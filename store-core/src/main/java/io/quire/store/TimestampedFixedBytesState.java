/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.FixedBytesTableReader;
import io.quire.store.table.ReadSession;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * {@link FixedBytesState} that has had a time to live: values end with {@linkplain TrailingTimestamps
 * timestamps}, which callers do not see. A value and its timestamp change as one for readers.
 *
 * <p>Threading: single writer, which also reads.
 */
final class TimestampedFixedBytesState extends FixedBytesState {
    private static final long NOT_FOUND = FixedBytesTable.NOT_FOUND;
    private static final long AT = RawMemory.ARRAY_OFFSET;

    private final TrailingTimestamps timestamps;
    private final byte[] valueBytes; // of what is put; an updater that puts is at work on the scratch

    TimestampedFixedBytesState(
            final StateStore store,
            final StateDescriptor descriptor,
            final FixedBytesTable table,
            final int valueLength) {
        super(store, descriptor, table, valueLength);
        timestamps = TrailingTimestamps.of(this);
        valueBytes = new byte[valueLength + TrailingTimestamps.LENGTH];
    }

    private long timestampOf(final long entry) {
        return RawMemory.getLong(table.valuePointer(entry) + valueLength);
    }

    @Override
    boolean isLive(final long entry) {
        return timestamps.test(timestampOf(entry));
    }

    private boolean isLive(final long entry, final long nowMs) {
        return entry != NOT_FOUND && timestamps.isLive(timestampOf(entry), nowMs);
    }

    @Override
    public boolean get(
            final DirectBuffer key, final int keyOffset, final MutableDirectBuffer value, final int valueOffset) {
        renewIfRead(key, keyOffset, 1);
        return super.get(key, keyOffset, value, valueOffset);
    }

    @Override
    public boolean wrap(final DirectBuffer key, final int keyOffset, final DirectBuffer view) {
        renewIfRead(key, keyOffset, 1);
        return super.wrap(key, keyOffset, view);
    }

    @Override
    public int getAll(final DirectBuffer keys, final int keysOffset, final int count, final BatchConsumer consumer) {
        renewIfRead(keys, keysOffset, count);
        return super.getAll(keys, keysOffset, count, consumer);
    }

    /** Gives what is about to be read the time of now, where reading does that. */
    private void renewIfRead(final DirectBuffer keys, final int keysOffset, final int count) {
        if (!timestamps.renewedByReads()) {
            return;
        }
        store.beforeWrite();
        keys.boundsCheck(keysOffset, batchLength(count, keyLength));
        final long nowMs = timestamps.nowMs();
        for (int i = 0; i < count; i++) {
            final long keyAt = keys.addressOffset() + keysOffset + (long) i * keyLength;
            final long entry = table.find(keys.byteArray(), keyAt);
            if (isLive(entry, nowMs) && timestampOf(entry) != nowMs) {
                saveUndo(keys.byteArray(), keyAt);
                RawMemory.putLong(valueBytes, AT + valueLength, nowMs);
                overwrite(entry, valueLength, valueBytes);
            }
        }
    }

    /** Overwrites a value from an offset to its end, and logs it. */
    private void overwrite(final long entry, final int offset, final byte[] bytes) {
        try {
            table.overwrite(entry, offset, bytes, AT + offset, valueLength + TrailingTimestamps.LENGTH - offset);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        logPut(entry);
    }

    @Override
    void logPut(final long entry) {
        super.logPut(entry);
        timestamps.wrote();
    }

    @Override
    void set(final byte[] keyBase, final long keyAt, final byte[] valueBase, final long valueAt) {
        final long nowMs = timestamps.nowMs();
        final long entry = timestamps.keptByWrites() ? table.find(keyBase, keyAt) : NOT_FOUND; // else not asked for
        setTimestamped(keyBase, keyAt, valueBase, valueAt, isLive(entry, nowMs) ? timestampOf(entry) : nowMs);
    }

    /** Asks the clock once, or a value that is about to expire could begin to live anew. */
    @Override
    public boolean compareAndSet(
            final DirectBuffer key,
            final int keyOffset,
            final DirectBuffer expected,
            final int expectedOffset,
            final DirectBuffer value,
            final int valueOffset) {
        store.beforeWrite();
        expected.boundsCheck(expectedOffset, valueLength);
        value.boundsCheck(valueOffset, valueLength);
        key.boundsCheck(keyOffset, keyLength);
        final byte[] keyBase = key.byteArray();
        final long keyAt = key.addressOffset() + keyOffset;
        final long entry = table.find(keyBase, keyAt);
        final long nowMs = timestamps.nowMs();
        if (!isLive(entry, nowMs)
                || !RawMemory.equal(
                        expected.byteArray(),
                        expected.addressOffset() + expectedOffset,
                        table.valuePointer(entry),
                        valueLength)) {
            return false;
        }
        final long timestampMs = timestamps.keptByWrites() ? timestampOf(entry) : nowMs;
        saveUndo(keyBase, keyAt);
        setTimestamped(keyBase, keyAt, value.byteArray(), value.addressOffset() + valueOffset, timestampMs);
        return true;
    }

    private void setTimestamped(
            final byte[] keyBase,
            final long keyAt,
            final byte[] valueBase,
            final long valueAt,
            final long timestampMs) {
        if (valueLength > 0) {
            RawMemory.copy(valueBase, valueAt, valueBytes, AT, valueLength);
        }
        RawMemory.putLong(valueBytes, AT + valueLength, timestampMs);
        setAll(keyBase, keyAt, valueBytes, AT);
    }

    @Override
    boolean insert(final byte[] keyBase, final long keyAt, final byte[] valueBase, final long valueAt) {
        final long nowMs = timestamps.nowMs();
        if (isLive(table.find(keyBase, keyAt), nowMs)) {
            return false;
        }
        saveUndo(keyBase, keyAt);
        setTimestamped(keyBase, keyAt, valueBase, valueAt, nowMs);
        return true;
    }

    /** Adding what is there already is a write, too. */
    @Override
    boolean addZeros(final byte[] keyBase, final long keyAt) {
        final long nowMs = timestamps.nowMs();
        final long entry = table.find(keyBase, keyAt);
        if (!isLive(entry, nowMs)) {
            saveUndo(keyBase, keyAt);
            Arrays.fill(valueBytes, (byte) 0);
            RawMemory.putLong(valueBytes, AT + valueLength, nowMs);
            setAll(keyBase, keyAt, valueBytes, AT);
            return true;
        }
        if (!timestamps.keptByWrites() && timestampOf(entry) != nowMs) {
            saveUndo(keyBase, keyAt);
            RawMemory.putLong(valueBytes, AT + valueLength, nowMs);
            overwrite(entry, valueLength, valueBytes);
        }
        return false;
    }

    @Override
    public long addAndGet(final DirectBuffer key, final int keyOffset, final int fieldOffset, final long delta) {
        store.beforeWrite();
        scratch.boundsCheck(fieldOffset, Long.BYTES);
        key.boundsCheck(keyOffset, keyLength);
        checkNotUpdating();
        final byte[] keyBase = key.byteArray();
        final long keyAt = key.addressOffset() + keyOffset;
        final long entry = table.find(keyBase, keyAt);
        final long nowMs = timestamps.nowMs();
        final boolean live = isLive(entry, nowMs);
        saveUndo(keyBase, keyAt);
        if (!live) {
            scratch.setMemory(0, valueLength, (byte) 0);
            RawMemory.putLong(scratchBytes, AT + fieldOffset, delta);
            setTimestamped(keyBase, keyAt, scratchBytes, AT, nowMs);
            return delta;
        }
        RawMemory.copy(null, table.valuePointer(entry), scratchBytes, AT, scratchBytes.length);
        final long sum = RawMemory.getLong(scratchBytes, AT + fieldOffset) + delta;
        RawMemory.putLong(scratchBytes, AT + fieldOffset, sum);
        beforeUpdated(true);
        overwrite(entry, fieldOffset, scratchBytes); // up to the timestamp, in one
        return sum;
    }

    @Override
    void beforeUpdated(final boolean present) {
        if (!present || !timestamps.keptByWrites()) {
            RawMemory.putLong(scratchBytes, AT + valueLength, timestamps.nowMs());
        }
    }

    @Override
    public boolean remove(final DirectBuffer key, final int keyOffset) {
        final boolean live = containsKey(key, keyOffset);
        return super.remove(key, keyOffset) && live;
    }

    @Override
    FixedBytesTableReader tableReader(final ReadSession session) {
        return table.reader(session, timestamps);
    }

    @Override
    ExpiryPass expiryPass() {
        return new FixedExpiryPass(this, table);
    }
}
