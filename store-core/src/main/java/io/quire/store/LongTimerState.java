/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.CodecRole;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableCursor;
import io.quire.store.table.TableStatistics;
import java.util.Objects;

/**
 * Timers of longs, without boxing: no method but {@link #statistics} and {@link #forEachKey} allocates. It is the state
 * that a {@link TimerState} with {@link Codecs#LONG} for its keys is, which may be opened under the same name; what is
 * said there of order, cost, batches and consumers holds here. A state with namespaces cannot be opened so, and the
 * current key stays what it is while a timer is delivered.
 *
 * <p>Threading: single writer, which also reads.
 */
public final class LongTimerState {
    private static final int KEY_LENGTH = Long.BYTES;

    private final BytesTimerState bytes;
    private final byte[] key = new byte[KEY_LENGTH + BytesTimerState.KEY_TRAILER_LENGTH];
    private final Runnable delivery = this::deliver;
    private LongTimerConsumer consumer;

    LongTimerState(final BytesTimerState bytes) {
        this.bytes = bytes;
    }

    static StateCodecs codecs() {
        return StateCodecs.NONE.with(CodecRole.KEY, Codecs.LONG);
    }

    private byte[] encode(final long longKey, final long timestamp) {
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, longKey);
        BytesTimerState.putTrailer(key, KEY_LENGTH, timestamp);
        return key;
    }

    /** {@return the name the state was created with} */
    public String name() {
        return bytes.name();
    }

    /** {@return which time makes the timers due} */
    public TimeDomain timeDomain() {
        return bytes.timeDomain();
    }

    /** {@return number of timers, O(1)} */
    public long size() {
        return bytes.size();
    }

    /** {@return whether there is no timer} */
    public boolean isEmpty() {
        return bytes.size() == 0;
    }

    /**
     * Registers a timer, O(log n).
     *
     * @param longKey any long
     * @param timestamp when it is due, milliseconds; may have passed already
     * @return whether it is new; when not, nothing has changed
     * @throws io.quire.store.errors.StoreFullException when there is no memory; nothing has changed
     */
    public boolean registerTimer(final long longKey, final long timestamp) {
        bytes.store.beforeWrite(); // before the key of the writer's call is overwritten
        return bytes.register(encode(longKey, timestamp), key.length);
    }

    /**
     * Deletes a timer, O(log n).
     *
     * @param longKey any long
     * @param timestamp what it was registered with, milliseconds
     * @return whether it was there
     */
    public boolean deleteTimer(final long longKey, final long timestamp) {
        bytes.store.beforeWrite();
        return bytes.delete(encode(longKey, timestamp), key.length);
    }

    /**
     * Whether a timer is registered, O(1).
     *
     * @param longKey any long
     * @param timestamp what it was registered with, milliseconds
     * @return true when it is
     */
    public boolean containsTimer(final long longKey, final long timestamp) {
        bytes.store.beforeRead();
        return bytes.contains(encode(longKey, timestamp), key.length);
    }

    /**
     * When the next timer is due.
     *
     * @return its timestamp, milliseconds; {@link Long#MAX_VALUE} when there is none, which {@link #isEmpty} tells from
     *     a timer at that time
     */
    public long nextTimestamp() {
        return bytes.nextTimestamp();
    }

    /**
     * Delivers all timers that are due, as {@link TimerState#pollDue(long, TimerConsumer)} does.
     *
     * @param now event time: the watermark; processing time: the clock; milliseconds
     * @param taker takes each timer; must not poll timers of the store
     * @return how many it has taken
     * @throws ConfigurationException when the consumer of a poll calls this, of whichever timers of the store
     */
    public long pollDue(final long now, final LongTimerConsumer taker) {
        return pollDue(now, Long.MAX_VALUE, taker);
    }

    /**
     * Delivers some of the timers that are due, the earliest first, as {@link TimerState#pollDue(long, long,
     * TimerConsumer)} does.
     *
     * @param now event time: the watermark; processing time: the clock; milliseconds
     * @param limit most timers to deliver, 0 or more
     * @param taker takes each timer; must not poll timers of the store
     * @return how many it has taken; when it is the limit more may be due
     * @throws IllegalArgumentException when the limit is negative
     * @throws ConfigurationException when the consumer of a poll calls this, of whichever timers of the store
     */
    public long pollDue(final long now, final long limit, final LongTimerConsumer taker) {
        bytes.store.beforeRead();
        final LongTimerConsumer before = consumer;
        consumer = Objects.requireNonNull(taker, "consumer");
        try {
            return bytes.poll(now, limit, delivery);
        } finally {
            consumer = before;
        }
    }

    private void deliver() {
        consumer.accept(RawMemory.getLong(bytes.dueKey(), RawMemory.ARRAY_OFFSET), bytes.dueTimestamp());
    }

    /**
     * Visits all keys that have timers, in no order. The consumer may write to any state: a key that has timers from
     * the beginning to the end is visited once, one that gets its first or loses its last meanwhile may be. Allocates
     * 64 KiB.
     *
     * @param visitor takes each key
     */
    public void forEachKey(final LongKeyConsumer visitor) {
        forEachKey(KeyGroupRange.ALL, visitor);
    }

    /**
     * Visits the keys of some key groups that have timers, as {@link #forEachKey(LongKeyConsumer)} does.
     *
     * @param range which
     * @param visitor takes each key
     */
    public void forEachKey(final KeyGroupRange range, final LongKeyConsumer visitor) {
        Objects.requireNonNull(visitor, "consumer");
        bytes.store.beginWalk();
        final RecordTable heads = bytes.table().heads();
        try (RecordTableCursor cursor = heads.cursor(range)) {
            while (cursor.next()) {
                visitor.accept(RawMemory.getLong(heads.keyPointer(cursor.record())));
            }
        } finally {
            bytes.store.endWalk();
        }
    }

    /** Removes all timers, O(segments and heap extents); not inside a batch. */
    public void clear() {
        bytes.clear();
    }

    /** {@return what the state's tables take} */
    public TableStatistics statistics() {
        return bytes.statistics();
    }
}
