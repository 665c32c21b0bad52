/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.RecordTable;
import io.quire.store.table.TimerDescriptor;
import io.quire.store.table.TimerTable;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Timers of typed keys: a key, and a namespace where the state has them, is told once a time has come. A timer is a
 * pair of a key and a timestamp; registering it again changes nothing. There may be millions, of one key too: they
 * live in pages as everything does, are checkpointed, logged and recovered, and are a part of batches.
 *
 * <p>What time is, the caller says with each {@link #pollDue(long, TimerConsumer)}: a watermark, or the clock. Any long
 * is a timestamp.
 *
 * <p>Timers come in the order of their timestamps, and those of the same one in the order in which they were
 * registered, also after recovery and after a batch was rolled back; one that was deleted and registered again is the
 * latest.
 *
 * <p>Registering and deleting takes O(log n) with n timers, finding out whether one is due reads a few nodes that stay
 * in the cache. A key, encoded, may have {@link #KEY_LENGTH_MAX} bytes with its namespace and the length of both; what
 * is longer is a {@link io.quire.store.errors.StoreFullException} without effect. {@link LongTimerState} is for keys
 * that are longs, without boxing.
 *
 * <p>{@link #size()} counts timers, {@link #remove} removes all timers of a key. Timers of several namespaces cannot be
 * merged.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <K> type of the keys
 */
public final class TimerState<K> extends TypedState<K> {
    /** Longest key, bytes. */
    public static final int KEY_LENGTH_MAX = TimerDescriptor.KEY_LENGTH_MAX;

    private static final long AT = RawMemory.ARRAY_OFFSET;
    private static final int KEY_TRAILER_LENGTH = BytesTimerState.KEY_TRAILER_LENGTH;

    private final BytesTimerState bytes;
    private final CurrentTimerState current = new CurrentTimerState(this);
    private final UnsafeBuffer dueView = new UnsafeBuffer(0, 0);
    private final Runnable delivery = this::deliver;
    private TimerConsumer<? super K> consumer;

    TimerState(final BytesTimerState bytes, final Codec<K> keyCodec, final boolean namespaced) {
        super(bytes, keyCodec, namespaced);
        this.bytes = bytes;
    }

    /** {@return the timers of the store's current key, the same object each time} */
    public CurrentTimerState current() {
        return current;
    }

    /** {@return which time makes the timers due} */
    public TimeDomain timeDomain() {
        return bytes.timeDomain();
    }

    /**
     * Registers a timer.
     *
     * @param key not null
     * @param timestamp when it is due, milliseconds; may have passed already
     * @return whether it is new; when not, nothing has changed
     * @throws io.quire.store.errors.StoreFullException when the key is too long or there is no memory; nothing has
     *     changed
     */
    public boolean registerTimer(final K key, final long timestamp) {
        return registerAt(Objects.requireNonNull(key, "key"), timestamp);
    }

    boolean registerAt(final K key, final long timestamp) {
        final int length = encodeTimer(key, timestamp);
        return bytes.register(keyBytes(), length);
    }

    private int encodeTimer(final K key, final long timestamp) {
        final int keyLength = encodeKey(key);
        final int length = keyLength + KEY_TRAILER_LENGTH;
        keyBuffer.checkLimit(length);
        BytesTimerState.putTrailer(keyBytes(), keyLength, timestamp);
        return length;
    }

    /**
     * Deletes a timer.
     *
     * @param key not null
     * @param timestamp what it was registered with, milliseconds
     * @return whether it was there
     */
    public boolean deleteTimer(final K key, final long timestamp) {
        return deleteAt(Objects.requireNonNull(key, "key"), timestamp);
    }

    boolean deleteAt(final K key, final long timestamp) {
        final int length = encodeTimer(key, timestamp);
        return bytes.delete(keyBytes(), length);
    }

    /**
     * Whether a timer is registered.
     *
     * @param key not null
     * @param timestamp what it was registered with, milliseconds
     * @return true when it is
     */
    public boolean containsTimer(final K key, final long timestamp) {
        return containsAt(Objects.requireNonNull(key, "key"), timestamp);
    }

    boolean containsAt(final K key, final long timestamp) {
        final int length = encodeTimer(key, timestamp);
        return bytes.contains(keyBytes(), length);
    }

    /**
     * Number of timers of a key, O(1).
     *
     * @param key not null
     * @return their number
     */
    public long size(final K key) {
        return sizeAt(Objects.requireNonNull(key, "key"));
    }

    long sizeAt(final K key) {
        final int length = encodeKey(key);
        return bytes.count(keyBytes(), length);
    }

    /** {@return whether there is no timer of any key and namespace} */
    public boolean isEmpty() {
        return bytes.size() == 0;
    }

    /**
     * When the next timer is due, over all keys and namespaces; what to sleep for.
     *
     * @return its timestamp, milliseconds; {@link Long#MAX_VALUE} when there is none, which {@link #isEmpty} tells from
     *     a timer at that time
     */
    public long nextTimestamp() {
        return bytes.nextTimestamp();
    }

    /**
     * Delivers all timers that are due, each with a timestamp of at most a given one, in the order of timestamps and
     * among equal ones in that of registration. This is the only thing that makes a timer fire.
     *
     * <p>A timer is removed, and then given to the consumer with its key as the store's current key. Its removal and
     * all that the consumer writes, to any states, are a batch: they are applied and recovered together, so a timer
     * fires exactly once whenever the process is killed. When the consumer throws, that timer and what it wrote are
     * taken back, those delivered before stay delivered, and the exception passes on. Inside an open batch all of it is
     * a part of that one, which should then be rolled back. The consumer can neither begin nor end a batch, nor
     * do what no batch allows, such as {@link #clear}; checkpoints are taken between two timers. When it has written
     * more than one batch can hold, it is taken back as if it had thrown, and the exception is that of {@link
     * StateStore#commitBatch()}.
     *
     * <p>The consumer may register and delete timers. One that it registers is delivered by the same call if it is due,
     * after those of the same timestamp; one that it deletes is not. So a consumer that always registers the next timer
     * in the past never ends: use a limit.
     *
     * @param now event time: the watermark; processing time: the clock; milliseconds
     * @param consumer takes each timer; must not poll timers of the store
     * @return how many it has taken
     * @throws IllegalStateException when the state has namespaces, see {@link NamespacedState#pollDue(long,
     *     NamespacedTimerConsumer)}
     * @throws ConfigurationException when the consumer of a poll calls this, of whichever timers of the store: an inner
     *     delivery that fails could not be taken back without the outer one
     */
    public long pollDue(final long now, final TimerConsumer<? super K> consumer) {
        return pollDue(now, Long.MAX_VALUE, consumer);
    }

    /**
     * Delivers some of the timers that are due, the earliest first, as {@link #pollDue(long, TimerConsumer)} does.
     * Where each batch waits to be forced to the disk, a batch around a limited poll waits once.
     *
     * @param now event time: the watermark; processing time: the clock; milliseconds
     * @param limit most timers to deliver, 0 or more
     * @param consumer takes each timer; must not poll timers of the store
     * @return how many it has taken; when it is the limit more may be due
     * @throws IllegalArgumentException when the limit is negative
     * @throws IllegalStateException as {@link #pollDue(long, TimerConsumer)}
     * @throws ConfigurationException as {@link #pollDue(long, TimerConsumer)}
     */
    public long pollDue(final long now, final long limit, final TimerConsumer<? super K> consumer) {
        store.beforeRead();
        checkWithoutNamespaces();
        final TimerConsumer<? super K> before = this.consumer;
        this.consumer = Objects.requireNonNull(consumer, "consumer");
        try {
            return bytes.poll(now, limit, delivery);
        } finally {
            this.consumer = before;
        }
    }

    private void deliver() {
        final K key = dueKey();
        final Object before = store.exchangeCurrentKey(key);
        try {
            consumer.accept(key, bytes.dueTimestamp());
        } finally {
            store.exchangeCurrentKey(before);
        }
    }

    private K dueKey() {
        dueView.wrap(bytes.dueKey(), 0, bytes.dueKeyLength());
        return decodeKey(dueView);
    }

    @Override
    <N> long pollDue(
            final Codec<N> namespaceCodec,
            final long now,
            final long limit,
            final NamespacedTimerConsumer<? super K, ? super N> taker) {
        Objects.requireNonNull(taker, "consumer");
        return bytes.poll(now, limit, () -> {
            final K key = dueKey();
            final N namespace = decodeNamespace(namespaceCodec, dueView);
            final Object before = store.exchangeCurrentKey(key);
            try {
                taker.accept(key, namespace, bytes.dueTimestamp());
            } finally {
                store.exchangeCurrentKey(before);
            }
        });
    }

    private void checkWithoutNamespaces() {
        if (namespaced()) {
            throw new IllegalStateException(
                    "timers have namespaces: use what NamespacedState offers instead: state=" + name());
        }
    }

    /**
     * Visits all timers in the order in which they would be delivered, and leaves them there; in a state with
     * namespaces those of the selected one, for which it looks at all of them. The consumer may write to any state: a
     * timer that is there from the beginning to the end is visited once, one that is registered meanwhile if it comes
     * later in the order.
     *
     * @param visitor takes each timer
     */
    public void forEachTimer(final TimerConsumer<? super K> visitor) {
        store.beforeRead();
        final Predicate<UnsafeBuffer> wanted = inSelected();
        walk((view, timestamp) -> {
            if (wanted.test(view)) {
                visitor.accept(decodeKey(view), timestamp);
            }
        });
    }

    @Override
    <N> void forEachTimer(final Codec<N> namespaceCodec, final NamespacedTimerConsumer<? super K, ? super N> visitor) {
        walk((view, timestamp) -> visitor.accept(decodeKey(view), decodeNamespace(namespaceCodec, view), timestamp));
    }

    @Override
    long nextDue() {
        return nextTimestamp();
    }

    /** Takes the bytes of the key of a timer, with its namespace. */
    private interface TimerBytes {
        void accept(UnsafeBuffer view, long timestamp);
    }

    private void walk(final TimerBytes consumer) {
        store.beginWalk();
        try {
            final TimerTable table = bytes.table();
            final UnsafeBuffer view = new UnsafeBuffer(0, 0);
            long timer = table.first();
            while (timer != TimerTable.NONE) {
                final long timestamp = table.timestamp(timer);
                final long sequence = table.sequence(timer);
                view.wrap(table.entryKeyPointer(timer), table.entryKeyLength(timer) - KEY_TRAILER_LENGTH);
                consumer.accept(view, timestamp);
                store.beforeRead();
                timer = table.ceiling(timestamp, sequence + 1);
            }
        } finally {
            store.endWalk();
        }
    }

    /**
     * Visits the timers that a key has when this is called, in the order of their timestamps. The consumer may write to
     * any state. Takes memory on the heap in proportion to their number.
     *
     * @param key not null
     * @param visitor takes the timestamp of each, milliseconds
     */
    public void forEachTimer(final K key, final LongConsumer visitor) {
        forEachAt(Objects.requireNonNull(key, "key"), visitor);
    }

    void forEachAt(final K key, final LongConsumer visitor) {
        final int length = encodeKey(key);
        final long[] timestamps = new long[Math.toIntExact(bytes.count(keyBytes(), length))];
        final TimerTable table = bytes.table();
        long timer = table.firstOf(keyBytes(), AT, length);
        for (int i = 0; i < timestamps.length; i++) {
            timestamps[i] = table.timestamp(timer);
            timer = table.nextOf(timer);
        }
        Arrays.sort(timestamps);
        for (final long timestamp : timestamps) {
            visitor.accept(timestamp);
        }
    }

    @Override
    boolean removeAt(final K key) {
        final int length = encodeKey(key);
        return bytes.removeAll(keyBytes(), AT, length);
    }

    @Override
    void removeEncoded(final byte[] key) {
        bytes.removeAll(key, AT, key.length);
    }

    @Override
    RecordTable keys() {
        return bytes.table().heads();
    }

    @Override
    void merge(final byte[] target, final byte[][] sources) {
        throw new UnsupportedOperationException("timers cannot be merged: state=" + name());
    }
}
