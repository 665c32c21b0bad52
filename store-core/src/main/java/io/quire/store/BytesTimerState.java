/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.catalog.StateKind;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.TimerDescriptor;
import io.quire.store.table.TimerTable;

/**
 * Timers of byte keys, what a typed state of timers is a typed view of. Keys of entries are given as {@link TimerTable}
 * takes them, in arrays only.
 *
 * <p>In the log a timer that is registered is a put without a value, one that is deleted or delivered a remove, both of
 * the entry's key.
 *
 * <p>Threading: single writer, which also reads.
 */
final class BytesTimerState extends LinkedEntriesState {
    /** Bytes of an entry's key behind the timer's own key. */
    static final int KEY_TRAILER_LENGTH = TimerDescriptor.KEY_TRAILER_LENGTH;

    private static final long AT = RawMemory.ARRAY_OFFSET;

    private final TimerTable table;
    private final byte[] sequence = new byte[Long.BYTES];

    // The timer that is being delivered.
    private final Runnable step = this::deliverFirst;
    private Runnable delivery;
    private byte[] dueKey = new byte[64];
    private int dueKeyLength;

    BytesTimerState(final StateStore store, final StateDescriptor descriptor, final TimerTable table) {
        super(store, descriptor, table);
        this.table = table;
    }

    TimerTable table() {
        return table;
    }

    TimeDomain timeDomain() {
        return descriptor().kind() == StateKind.EVENT_TIME_TIMERS ? TimeDomain.EVENT_TIME : TimeDomain.PROCESSING_TIME;
    }

    /** Makes the key of an entry of a key that stands at the start of an array. */
    static void putTrailer(final byte[] key, final int keyLength, final long timestamp) {
        RawMemory.putLong(key, AT + keyLength, timestamp);
        RawMemory.putInt(key, AT + keyLength + Long.BYTES, keyLength);
    }

    boolean contains(final byte[] key, final int keyLength) {
        store.beforeRead();
        return table.find(key, AT, keyLength) != TimerTable.NONE;
    }

    /** Timers of a key, which is given without a timestamp. */
    long count(final byte[] key, final int keyLength) {
        store.beforeRead();
        return table.count(key, AT, keyLength);
    }

    /** Timestamp of the first timer, {@link Long#MAX_VALUE} when there is none. */
    long nextTimestamp() {
        store.beforeRead();
        return table.isEmpty() ? Long.MAX_VALUE : table.firstTimestamp();
    }

    /** Returns whether the timer is new. */
    boolean register(final byte[] key, final int keyLength) {
        store.beforeWrite();
        if (table.find(key, AT, keyLength) != TimerTable.NONE) {
            return false;
        }
        if (store.inBatch()) {
            store.undoLog().save(ChangeRecordDescriptor.TYPE_REMOVE, id, key, AT, keyLength, null, 0, 0);
        }
        try {
            table.insert(key, AT, keyLength, TimerTable.NEW);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.put(id, key, AT, keyLength, null, 0, 0);
        return true;
    }

    /** Returns whether the timer was there. */
    boolean delete(final byte[] key, final int keyLength) {
        store.beforeWrite();
        final long timer = table.find(key, AT, keyLength);
        if (timer == TimerTable.NONE) {
            return false;
        }
        remove(timer, key, keyLength);
        return true;
    }

    private void remove(final long timer, final byte[] key, final int keyLength) {
        if (store.inBatch()) {
            saveEntry(timer);
        }
        try {
            table.remove(timer, key, AT, keyLength);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.remove(id, key, AT, keyLength);
    }

    /** The value is the timer's sequence. */
    @Override
    void saveEntry(final long timer) {
        RawMemory.putLong(sequence, AT, table.sequence(timer));
        store.undoLog()
                .save(
                        UndoLog.TYPE_TIMER_PUT_BACK,
                        id,
                        null,
                        table.entryKeyPointer(timer),
                        table.entryKeyLength(timer),
                        sequence,
                        AT,
                        Long.BYTES);
    }

    @Override
    long firstEntry(final byte[] key, final long keyOffset, final int keyLength) {
        return table.firstOf(key, keyOffset, keyLength);
    }

    @Override
    long nextEntry(final long entry) {
        return table.nextOf(entry);
    }

    @Override
    void removeEntries(final byte[] key, final long keyOffset, final int keyLength) {
        table.removeAll(key, keyOffset, keyLength);
    }

    /**
     * Removes due timers one by one and lets each be delivered, together with what the delivery writes: as a batch of
     * its own, or as a part of the open one.
     *
     * @param deliver takes the timer that {@link #dueKey} and {@link #dueTimestamp} tell
     * @return how many were delivered
     * @throws ConfigurationException inside a delivery: what an inner one that fails has written could not be taken
     *     back alone
     */
    long poll(final long now, final long limit, final Runnable deliver) {
        if (limit < 0) {
            throw new IllegalArgumentException("limit must not be negative: found=" + limit);
        }
        store.beforeRead();
        store.checkOutsideParts("timers cannot be polled", name());
        delivery = deliver;
        try {
            long delivered = 0;
            while (delivered < limit && isDue(now)) {
                deliverOne();
                delivered++;
            }
            return delivered;
        } finally {
            delivery = null;
            if (dueKey.length > TypedState.KEEP_LENGTH_MAX) {
                dueKey = new byte[64];
            }
        }
    }

    /** The walk keeps the store open under the consumer's hands; what is due between two operations comes before it. */
    private void deliverOne() {
        store.beforeWrite();
        store.beginWalk();
        try {
            store.inOneBatch(step);
        } finally {
            store.endWalk();
        }
    }

    private boolean isDue(final long now) {
        store.beforeRead();
        return !table.isEmpty() && table.firstTimestamp() <= now;
    }

    private void deliverFirst() {
        store.beforeWrite();
        final long timer = table.first();
        dueKeyLength = table.entryKeyLength(timer);
        if (dueKey.length < dueKeyLength) {
            dueKey = new byte[Math.max(dueKeyLength, 2 * dueKey.length)];
        }
        RawMemory.copy(null, table.entryKeyPointer(timer), dueKey, AT, dueKeyLength);
        remove(timer, dueKey, dueKeyLength);
        delivery.run();
    }

    /** Array that begins with the key of the timer that is being delivered; it may be another one for the next. */
    byte[] dueKey() {
        return dueKey;
    }

    /** Bytes of the key of the timer that is being delivered, without its timestamp. */
    int dueKeyLength() {
        return dueKeyLength - KEY_TRAILER_LENGTH;
    }

    /** Timestamp of the timer that is being delivered. */
    long dueTimestamp() {
        return TimerDescriptor.timestamp(dueKey, AT, dueKeyLength);
    }

    @Override
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        checkKey(keyBase, keyOffset, keyLength);
        if (valueLength != 0) {
            throw new CorruptStoreException(
                    "change record gives a timer a value: state=" + name() + " valueLength=" + valueLength);
        }
        if (table.find(keyBase, keyOffset, keyLength) == TimerTable.NONE) {
            table.insert(keyBase, keyOffset, keyLength, TimerTable.NEW);
        }
    }

    @Override
    void checkKey(final byte[] keyBase, final long keyOffset, final int keyLength) {
        if (!TimerDescriptor.isEntryKey(keyBase, keyOffset, keyLength)) {
            throw new CorruptStoreException(
                    "change record whose key is no timer's: state=" + name() + " keyLength=" + keyLength);
        }
    }

    @Override
    void applyOperation(
            final byte type,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        switch (type) {
            case UndoLog.TYPE_TIMER_PUT_BACK -> {
                if (table.find(keyBase, keyOffset, keyLength) == TimerTable.NONE) { // removing it may have failed
                    table.insert(keyBase, keyOffset, keyLength, RawMemory.getLong(valueBase, valueOffset));
                }
            }
            default -> super.applyOperation(type, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
        }
    }
}
