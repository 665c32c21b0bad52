/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.RecordTable;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A state that has one encoded object for each key, overwritten in place when the length of its code stays the same.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <K> type of the keys
 * @param <T> type of what is kept
 */
abstract class SingleState<K, T> extends TypedState<K> {
    final BytesState bytes;
    private final StoredCodec<T> codec;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(64);
    private ExpandableArrayBuffer copy = new ExpandableArrayBuffer(64);

    SingleState(final BytesState bytes, final Codec<K> keyCodec, final boolean namespaced, final StoredCodec<T> codec) {
        super(bytes, keyCodec, namespaced);
        this.bytes = bytes;
        this.codec = codec;
        bytes.expiry.openedWith(codec);
    }

    /** What a key has, or null; a null key stands for the current one. May set its timestamp. */
    final T read(final K key) {
        if (codec.renewsOnRead()) {
            return readAndRenew(key);
        }
        return peek(key);
    }

    /** What a key has, or null; a null key stands for the current one. */
    final T peek(final K key) {
        return peekEncoded(encodeKey(key));
    }

    private T peekEncoded(final int keyLength) {
        return bytes.wrap(keyBuffer, 0, keyLength, view) ? codec.live(view, 0, view.capacity()) : null;
    }

    /** The same, to add to: what a flyweight shows is a copy, because a function may change it and throw. */
    private T peekToAdd(final int keyLength) {
        return codec.makesObjects() ? peekEncoded(keyLength) : peekCopy(keyLength);
    }

    /** What a key has, read from a copy of it; the view is at what was copied. */
    private T peekCopy(final int keyLength) {
        if (!bytes.wrap(keyBuffer, 0, keyLength, view)) {
            return null;
        }
        final int length = view.capacity();
        copy.putBytes(0, view, 0, length);
        return codec.live(copy, 0, length);
    }

    /** The codec gets a copy, because writing may move what is in memory, and a flyweight stays where it was read. */
    private T readAndRenew(final K key) {
        final T kept = peekCopy(encodeKey(key));
        final int length = view.capacity();
        final long nowMs = codec.nowMs();
        if (kept != null
                && store.failure() == null
                && codec.timestampOf(copy, 0, length) != nowMs
                && codec.mayRenew(copy, 0, length)) {
            if (codec.setTimestamp(copy, 0, length, nowMs)) {
                bytes.put(keyBuffer, 0, encodeKey(key), copy, 0, length);
            } else {
                final int timestampedLength = codec.encode(kept, buffer, 0);
                bytes.put(keyBuffer, 0, encodeKey(key), buffer, 0, timestampedLength);
            }
            wrote();
        }
        trim();
        return kept;
    }

    private void wrote() {
        if (codec.expiring()) {
            store.expiryCleaner().wrote();
        }
    }

    /** Whether a key has something that has not expired; a null key stands for the current one. */
    final boolean isPresent(final K key) {
        final int keyLength = encodeKey(key);
        return bytes.wrap(keyBuffer, 0, keyLength, view) && !codec.isExpired(view, 0, view.capacity());
    }

    @Override
    final boolean isLive(final long record) {
        if (!codec.expiring()) {
            return true;
        }
        final int length = keys().valueLength(record);
        view.wrap(keys().valuePointer(record), length);
        return !codec.isExpired(view, 0, length);
    }

    /** Keeps something for a key; a null key stands for the current one. */
    final void write(final K key, final T kept) {
        store.beforeWrite(); // before the buffers are touched, which may be another thread's
        final int length = codec.encode(Objects.requireNonNull(kept, "value"), buffer, 0);
        if (codec.keepsTimestamp() && isPresent(key)) {
            codec.setTimestamp(buffer, 0, length, codec.timestampOf(view, 0, view.capacity()));
        }
        putEncoded(key, length);
    }

    private void putEncoded(final K key, final int length) {
        final int keyLength = encodeKey(key);
        bytes.put(keyBuffer, 0, keyLength, buffer, 0, length);
        trim();
        wrote();
    }

    /**
     * Adds to what a key has, whose bytes are looked up and written under without being encoded again. Functions and
     * codecs are called before anything changes.
     *
     * @param key null stands for the current one
     * @param added not null
     * @throws IllegalStateException when a function or a codec has selected another namespace of this state
     */
    final <A> void addTo(final K key, final A added, final Adder<T, A> adder) {
        Objects.requireNonNull(added, "value");
        store.beforeWrite();
        final K addedTo = key == null ? currentKey() : key;
        final int selection = selectionCount();
        int keyLength = encodeKey(addedTo);
        final int encoding = keyEncodingCount();
        final T before = peekToAdd(keyLength);
        final boolean asOldAsBefore = before != null && codec.keepsTimestamp(); // though it may expire meanwhile
        final long beforeMs = asOldAsBefore ? codec.timestampOf(view, 0, view.capacity()) : 0;
        final T sum = adder.add(before, added);
        final int length = codec.encode(Objects.requireNonNull(sum, "value"), buffer, 0);
        if (encoding != keyEncodingCount() || selection != selectionCount()) {
            if (selection != selectionCount()) {
                throw new IllegalStateException(
                        "another namespace was selected while a value was added: state=" + name());
            }
            keyLength = encodeKey(addedTo); // the function has looked at another key of this state
        }
        if (asOldAsBefore) {
            codec.setTimestamp(buffer, 0, length, beforeMs);
        }
        bytes.put(keyBuffer, 0, keyLength, buffer, 0, length);
        trim();
        wrote();
    }

    /** What a kind of state makes of what is there, or null, and what is added. */
    interface Adder<T, A> {
        T add(T before, A added);
    }

    /** Visits what the keys of some key groups have, in the selected namespace where there are any. */
    final void forEachKept(final KeyGroupRange range, final BiConsumer<? super K, ? super T> consumer) {
        final UnsafeBuffer kept = new UnsafeBuffer(0, 0);
        walkSelected(range, (key, keyLength, record) -> {
            kept.wrap(keys().valuePointer(record), keys().valueLength(record));
            final T live = codec.live(kept, 0, kept.capacity());
            if (live != null) {
                consumer.accept(decodeKey(key, keyLength), live);
            }
        });
    }

    @Override
    final StoredCodec<T> valueCodec() {
        return codec;
    }

    @Override
    final RecordTable valueTable() {
        return bytes.table();
    }

    @Override
    final int rewriteRecord(final long record) {
        final RecordTable table = bytes.table();
        view.wrap(table.valuePointer(record), table.valueLength(record));
        if (codec.isCurrent(view, 0, view.capacity())) {
            return 0;
        }
        final byte[] key = copyOfKey(table, record);
        final long timestampMs = codec.timestampOf(view, 0, view.capacity());
        final int length = codec.encode(codec.decode(view, 0, view.capacity()), buffer, 0);
        codec.setTimestamp(buffer, 0, length, timestampMs); // it is as old as before
        bytes.put(new UnsafeBuffer(key), 0, key.length, buffer, 0, length);
        trim();
        return 1;
    }

    private void trim() {
        if (buffer.capacity() > KEEP_LENGTH_MAX) {
            buffer = new ExpandableArrayBuffer(64);
        }
        if (copy.capacity() > KEEP_LENGTH_MAX) {
            copy = new ExpandableArrayBuffer(64);
        }
    }

    @Override
    final boolean removeAt(final K key) {
        final boolean live = !codec.expiring() || isPresent(key);
        final int keyLength = encodeKey(key);
        return bytes.remove(keyBuffer, 0, keyLength) && live;
    }

    @Override
    final void removeEncoded(final byte[] key) {
        bytes.remove(new UnsafeBuffer(key), 0, key.length);
    }

    @Override
    final RecordTable keys() {
        return bytes.table();
    }

    private T mergedObjects(final T first, final T second) {
        if (!codec.makesObjects()) {
            throw new ConfigurationException(
                    "a flyweight is one object for all values, and merging needs two at a time:" + " state=" + name()
                            + " codec=" + codec.id());
        }
        return Objects.requireNonNull(merged(first, second), "merged value");
    }

    /** Two objects kept under the same key in different namespaces become one. */
    abstract T merged(T first, T second);

    @Override
    void merge(final byte[] target, final byte[][] sources) {
        T result = null;
        boolean found = false;
        long oldestMs = Long.MAX_VALUE;
        for (int i = -1; i < sources.length; i++) {
            final byte[] key = i < 0 ? target : sources[i];
            if (bytes.wrap(new UnsafeBuffer(key), 0, key.length, view)) {
                final long timestampMs = codec.timestampOf(view, 0, view.capacity());
                final T more = codec.live(view, 0, view.capacity());
                if (more != null) {
                    result = result == null ? more : mergedObjects(result, more);
                    oldestMs = Math.min(oldestMs, timestampMs);
                    found |= i >= 0;
                }
            }
        }
        if (!found) {
            return;
        }
        final int length = codec.encode(result, buffer, 0);
        if (codec.keepsTimestamp()) {
            codec.setTimestamp(buffer, 0, length, oldestMs);
        }
        store.inOneBatch(() -> {
            bytes.put(new UnsafeBuffer(target), 0, target.length, buffer, 0, length);
            for (final byte[] source : sources) {
                bytes.remove(new UnsafeBuffer(source), 0, source.length);
            }
        });
        trim();
        wrote();
    }
}
