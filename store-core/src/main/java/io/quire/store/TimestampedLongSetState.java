/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.FixedBytesTableReader;
import io.quire.store.table.ReadSession;

/**
 * {@link LongSetState} that has had a time to live: behind each key stands its {@linkplain TrailingTimestamps
 * timestamp}.
 *
 * <p>Threading: single writer, which also reads.
 */
final class TimestampedLongSetState extends LongSetState {
    private static final long NOT_FOUND = FixedBytesTable.NOT_FOUND;
    private static final long AT = RawMemory.ARRAY_OFFSET;

    private final TrailingTimestamps timestamps;
    private final byte[] timestampBytes = new byte[TrailingTimestamps.LENGTH];

    TimestampedLongSetState(final StateStore store, final StateDescriptor descriptor, final FixedBytesTable table) {
        super(store, descriptor, table, TrailingTimestamps.LENGTH);
        timestamps = TrailingTimestamps.of(this);
    }

    private long timestampOf(final long entry) {
        return RawMemory.getLong(table.valuePointer(entry));
    }

    @Override
    boolean isLive(final long entry) {
        return timestamps.test(timestampOf(entry));
    }

    @Override
    public boolean contains(final long key) {
        final boolean renews = timestamps.renewedByReads();
        if (renews) {
            store.beforeWrite();
        } else {
            store.beforeRead();
        }
        final long entry = find(key);
        if (entry == NOT_FOUND || !isLive(entry)) {
            return false;
        }
        if (renews) {
            stamp(key, entry, timestamps.nowMs());
        }
        return true;
    }

    @Override
    public boolean add(final long key) {
        store.beforeWrite();
        final long entry = find(key);
        final long nowMs = timestamps.nowMs();
        final boolean live = entry != NOT_FOUND && timestamps.isLive(timestampOf(entry), nowMs);
        if (!live || !timestamps.keptByWrites()) {
            stamp(key, entry, nowMs);
        }
        return !live;
    }

    /** Puts a key with a timestamp, if it does not have that already. */
    private void stamp(final long key, final long entry, final long timestampMs) {
        if (entry != NOT_FOUND && timestampOf(entry) == timestampMs) {
            return;
        }
        if (store.inBatch()) {
            saveUndo(key);
        }
        RawMemory.putLong(timestampBytes, AT, timestampMs);
        try {
            if (entry == NOT_FOUND) {
                table.put(keyBytes, AT, timestampBytes, AT);
            } else {
                table.overwrite(entry, 0, timestampBytes, AT, TrailingTimestamps.LENGTH);
            }
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.put(id, keyBytes, AT, Long.BYTES, timestampBytes, AT, TrailingTimestamps.LENGTH);
        timestamps.wrote();
    }

    @Override
    public boolean remove(final long key) {
        store.beforeWrite();
        final long entry = find(key);
        final boolean live = entry != NOT_FOUND && isLive(entry);
        return super.remove(key) && live;
    }

    @Override
    FixedBytesTableReader tableReader(final ReadSession session) {
        return table.reader(session, timestamps);
    }

    @Override
    ExpiryPass expiryPass() {
        return new FixedExpiryPass(this, table);
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
        checkWidth("valueLength", valueLength, TrailingTimestamps.LENGTH);
        table.put(keyBase, keyOffset, valueBase, valueOffset);
    }
}
