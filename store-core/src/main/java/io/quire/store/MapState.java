/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.MapDescriptor;
import io.quire.store.table.MapTable;
import io.quire.store.table.RecordTable;
import java.util.Map;
import java.util.Objects;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Typed keys to maps from typed keys to typed values. Each entry is read and written by itself; walking over the map of
 * a key and removing it take time in proportion to its size. A key without entries has no map.
 *
 * <p>Entries come in the order in which they were first put, also after recovery and after a batch was rolled back.
 *
 * <p>With a time to live each entry expires by itself; one that is put again after that comes last, or where it was if
 * it was not removed yet. {@link #size(Object)} counts those too that have expired and were not removed yet.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <K> type of the keys
 * @param <I> type of the keys inside a map
 * @param <V> type of the values
 */
public final class MapState<K, I, V> extends TypedState<K> {
    private static final int LINKS_LENGTH = MapDescriptor.LINKS_LENGTH;
    private static final long AT = RawMemory.ARRAY_OFFSET;
    private static final int STAGED_KEY_OFFSET = 2 * Integer.BYTES;

    final BytesMapState bytes;
    final Codec<I> insideCodec;
    final StoredCodec<V> valueCodec;
    private final CurrentMapState<I, V> current = new CurrentMapState<>(this);
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private ExpandableArrayBuffer valueBuffer = new ExpandableArrayBuffer(64);
    private ExpandableArrayBuffer renewed = new ExpandableArrayBuffer(64);
    private ExpandableArrayBuffer staged = new ExpandableArrayBuffer(64);
    private boolean staging;

    MapState(
            final BytesMapState bytes,
            final Codec<K> keyCodec,
            final boolean namespaced,
            final Codec<I> insideCodec,
            final StoredCodec<V> valueCodec) {
        super(bytes, keyCodec, namespaced);
        this.bytes = bytes;
        this.insideCodec = insideCodec;
        this.valueCodec = valueCodec;
        bytes.expiry.openedWith(valueCodec);
    }

    /** {@return the map of the store's current key, the same object each time} */
    public CurrentMapState<I, V> current() {
        return current;
    }

    /**
     * A value.
     *
     * @param key not null
     * @param inside key inside the map, not null
     * @return its value, or null when there is none
     */
    public V get(final K key, final I inside) {
        return getAt(Objects.requireNonNull(key, "key"), inside);
    }

    V getAt(final K key, final I inside) {
        final int length = encodeKeys(key, inside);
        final long entry = bytes.find(keyBytes(), AT, length);
        if (entry == MapTable.NONE) {
            return null;
        }
        wrap(entry);
        return valueCodec.renewsOnRead() ? renew(key, inside) : valueCodec.live(view, 0, view.capacity());
    }

    /**
     * What is in the view, and sets its timestamp. The codec gets a copy, because writing may move what is in memory,
     * and a flyweight stays where it was read.
     */
    private V renew(final K key, final I inside) {
        final int length = view.capacity();
        renewed.putBytes(LINKS_LENGTH, view, 0, length);
        final V value = valueCodec.live(renewed, LINKS_LENGTH, length);
        final long nowMs = valueCodec.nowMs();
        if (value != null
                && store.failure() == null
                && valueCodec.timestampOf(renewed, LINKS_LENGTH, length) != nowMs
                && valueCodec.mayRenew(renewed, LINKS_LENGTH, length)) {
            if (valueCodec.setTimestamp(renewed, LINKS_LENGTH, length, nowMs)) {
                final int keysLength = encodeKeys(key, inside);
                bytes.put(keyBytes(), AT, keysLength, renewed.byteArray(), AT, LINKS_LENGTH + length);
            } else {
                final int timestampedLength = encodeValue(value);
                final int keysLength = encodeKeys(key, inside);
                bytes.put(keyBytes(), AT, keysLength, valueBuffer.byteArray(), AT, timestampedLength);
            }
            wrote();
        }
        trim();
        return value;
    }

    private void wrap(final long entry) {
        view.wrap(bytes.table().valuePointer(entry), bytes.table().valueLength(entry));
    }

    V valueOf(final long entry) {
        wrap(entry);
        return valueCodec.decode(view, 0, view.capacity());
    }

    boolean isExpired(final long entry) {
        wrap(entry);
        return valueCodec.isExpired(view, 0, view.capacity());
    }

    private void wrote() {
        if (valueCodec.expiring()) {
            store.expiryCleaner().wrote();
        }
    }

    private boolean isPresent(final long entry) {
        return entry != MapTable.NONE && (!valueCodec.expiring() || !isExpired(entry));
    }

    private int encodeKeys(final K key, final I inside) {
        Objects.requireNonNull(inside, "key inside the map");
        final int keyLength = encodeKey(key);
        final int insideLength = insideCodec.encode(inside, keyBuffer, keyLength);
        keyBuffer.boundsCheck(keyLength, insideLength); // a codec may say what it likes, the table believes it
        final int length = keyLength + insideLength;
        keyBuffer.putInt(length, keyLength);
        return length + MapDescriptor.KEY_TRAILER_LENGTH;
    }

    /**
     * Whether a map has a key.
     *
     * @param key not null
     * @param inside key inside the map, not null
     * @return true when it has
     */
    public boolean containsKey(final K key, final I inside) {
        return containsAt(Objects.requireNonNull(key, "key"), inside);
    }

    boolean containsAt(final K key, final I inside) {
        final int length = encodeKeys(key, inside);
        return isPresent(bytes.find(keyBytes(), AT, length));
    }

    /**
     * Sets a value.
     *
     * @param key not null
     * @param inside key inside the map, not null
     * @param value not null
     */
    public void put(final K key, final I inside, final V value) {
        putAt(Objects.requireNonNull(key, "key"), inside, value);
    }

    void putAt(final K key, final I inside, final V value) {
        store.beforeWrite(); // before the value of the writer's call is overwritten
        final int valueLength = encodeValue(value);
        final int length = encodeKeys(key, inside);
        put(keyBytes(), length, valueLength);
    }

    /** Puts the value that was encoded. */
    private void put(final byte[] key, final int keyLength, final int valueLength) {
        put(key, 0, keyLength, valueBuffer, 0, valueLength);
        trim();
    }

    /** Puts a value that stands behind room for its links. */
    private void put(
            final byte[] key,
            final int keyAt,
            final int keyLength,
            final ExpandableArrayBuffer value,
            final int valueAt,
            final int valueLength) {
        if (valueCodec.keepsTimestamp()) {
            final long entry = bytes.find(key, AT + keyAt, keyLength);
            if (entry != MapTable.NONE && !isExpired(entry)) {
                final long timestampMs = valueCodec.timestampOf(view, 0, view.capacity());
                valueCodec.setTimestamp(value, valueAt + LINKS_LENGTH, valueLength - LINKS_LENGTH, timestampMs);
            }
        }
        bytes.put(key, AT + keyAt, keyLength, value.byteArray(), AT + valueAt, valueLength);
        wrote();
    }

    /** Returns the length with the room for the links. */
    private int encodeValue(final V value) {
        Objects.requireNonNull(value, "value");
        valueBuffer.checkLimit(LINKS_LENGTH);
        final int length = valueCodec.encode(value, valueBuffer, LINKS_LENGTH);
        if (length > MapDescriptor.VALUE_LENGTH_MAX) {
            throw new StoreFullException("value length out of range: state=" + name() + " found=" + length + " most="
                    + MapDescriptor.VALUE_LENGTH_MAX + " bytes");
        }
        return LINKS_LENGTH + length;
    }

    /** Sets the value of an entry whose key is in bytes already. */
    void putEncoded(final byte[] key, final int keyLength, final V value) {
        store.beforeWrite();
        put(key, keyLength, encodeValue(value));
    }

    private void trim() {
        if (valueBuffer.capacity() > KEEP_LENGTH_MAX) {
            valueBuffer = new ExpandableArrayBuffer(64);
        }
        if (renewed.capacity() > KEEP_LENGTH_MAX) {
            renewed = new ExpandableArrayBuffer(64);
        }
    }

    /**
     * Sets several values, all of them or none; when memory runs out inside an open batch, that has to be rolled back.
     * They are encoded together first, on the heap. Where a change log is kept they may have 256 MiB together with
     * their keys, as all that is written in one batch; what is more is a {@link StoreFullException}.
     *
     * @param key not null
     * @param entries no key and no value of them null
     */
    public void putAll(final K key, final Map<? extends I, ? extends V> entries) {
        putAllAt(Objects.requireNonNull(key, "key"), entries);
    }

    void putAllAt(final K key, final Map<? extends I, ? extends V> entries) {
        store.beforeWrite();
        try {
            final int length = stageAll(key, entries);
            store.inOneBatch(() -> putStaged(length));
        } finally {
            if (!staging && staged.capacity() > KEEP_LENGTH_MAX) {
                staged = new ExpandableArrayBuffer(64);
            }
        }
    }

    private int stageAll(final K key, final Map<? extends I, ? extends V> entries) {
        if (staging) {
            throw new IllegalStateException("entries to put write to the same state: state=" + name());
        }
        staging = true;
        try {
            int end = 0;
            for (final Map.Entry<? extends I, ? extends V> entry : entries.entrySet()) {
                end = stage(end, key, entry.getKey(), entry.getValue());
            }
            return end;
        } finally {
            staging = false;
        }
    }

    /**
     * Puts an entry behind those to be put together, so that whatever throws does so before anything changes: {@code
     * [length of the keys][length of links and value][keys][links and value]}. Returns where the next one goes.
     */
    private int stage(final int at, final K key, final I inside, final V value) {
        final int keyLength = encodeKeys(key, inside);
        final int valueLength = encodeValue(value);
        staged.putInt(at, keyLength);
        staged.putInt(at + Integer.BYTES, valueLength);
        staged.putBytes(at + STAGED_KEY_OFFSET, keyBuffer, 0, keyLength);
        staged.putBytes(at + STAGED_KEY_OFFSET + keyLength, valueBuffer, 0, valueLength);
        trim();
        return at + STAGED_KEY_OFFSET + keyLength + valueLength;
    }

    private void putStaged(final int length) {
        for (int at = 0; at < length; ) {
            final int keyLength = staged.getInt(at);
            final int valueLength = staged.getInt(at + Integer.BYTES);
            final int keyAt = at + STAGED_KEY_OFFSET;
            put(staged.byteArray(), keyAt, keyLength, staged, keyAt + keyLength, valueLength);
            at += STAGED_KEY_OFFSET + keyLength + valueLength;
        }
    }

    /**
     * Removes an entry.
     *
     * @param key not null
     * @param inside key inside the map, not null
     * @return whether it was there
     */
    public boolean remove(final K key, final I inside) {
        return removeAt(Objects.requireNonNull(key, "key"), inside);
    }

    boolean removeAt(final K key, final I inside) {
        final int length = encodeKeys(key, inside);
        final boolean live = !valueCodec.expiring() || isPresent(bytes.find(keyBytes(), AT, length));
        return bytes.remove(keyBytes(), AT, length) && live;
    }

    /**
     * The entries of a key.
     *
     * @param key not null
     * @return the entries, which each iterator reads from the state as it goes, but for those that have expired by the
     *     time it gets to them. Removing through the iterator and
     *     {@link Map.Entry#setValue} of the entry returned last write to the state. Other writes are allowed too; only
     *     the removal of the entry that comes next ends the iteration with {@link
     *     java.util.ConcurrentModificationException}
     */
    public Iterable<Map.Entry<I, V>> entries(final K key) {
        return entriesAt(Objects.requireNonNull(key, "key"));
    }

    Iterable<Map.Entry<I, V>> entriesAt(final K key) {
        final byte[] keyCopy = copyOfKey(key);
        return () -> new MapWalk<I, V, Map.Entry<I, V>>(this, keyCopy) {
            @Override
            Map.Entry<I, V> result(final long entry) {
                return new MapEntry<>(this, insideKey(), valueOf(entry));
            }
        };
    }

    /**
     * The keys inside the map of a key.
     *
     * @param key not null
     * @return the keys, read as {@link #entries} are
     */
    public Iterable<I> keys(final K key) {
        return keysAt(Objects.requireNonNull(key, "key"));
    }

    Iterable<I> keysAt(final K key) {
        final byte[] keyCopy = copyOfKey(key);
        return () -> new MapWalk<I, V, I>(this, keyCopy) {
            @Override
            I result(final long entry) {
                return insideKey();
            }
        };
    }

    /**
     * The values of a key.
     *
     * @param key not null
     * @return the values, read as {@link #entries} are
     */
    public Iterable<V> values(final K key) {
        return valuesAt(Objects.requireNonNull(key, "key"));
    }

    Iterable<V> valuesAt(final K key) {
        final byte[] keyCopy = copyOfKey(key);
        return () -> new MapWalk<I, V, V>(this, keyCopy) {
            @Override
            V result(final long entry) {
                return valueOf(entry);
            }
        };
    }

    /**
     * Number of entries of a key, O(1).
     *
     * @param key not null
     * @return their number, with those that have expired and were not removed yet
     */
    public long size(final K key) {
        return sizeAt(Objects.requireNonNull(key, "key"));
    }

    long sizeAt(final K key) {
        final int keyLength = encodeKey(key);
        return bytes.count(keyBytes(), AT, keyLength);
    }

    /**
     * Whether a key has no entries; with a time to live it looks at them up to the first that has not expired.
     *
     * @param key not null
     * @return true when it has none
     */
    public boolean isEmpty(final K key) {
        return isEmptyAt(Objects.requireNonNull(key, "key"));
    }

    boolean isEmptyAt(final K key) {
        final int keyLength = encodeKey(key);
        return bytes.count(keyBytes(), AT, keyLength) == 0 || !isLive(keyBytes(), AT, keyLength);
    }

    @Override
    boolean isLive(final long record) {
        return isLive(null, keys().keyPointer(record), keys().keyLength(record));
    }

    private boolean isLive(final byte[] keyBase, final long keyOffset, final int keyLength) {
        if (!valueCodec.expiring()) {
            return true;
        }
        long entry = bytes.table().first(keyBase, keyOffset, keyLength);
        while (entry != MapTable.NONE && isExpired(entry)) {
            entry = bytes.table().next(entry);
        }
        return entry != MapTable.NONE;
    }

    /**
     * Visits the entries of all keys, in a state with namespaces those of the selected one; keys in no order, the
     * entries of each in the order in which they were first put. The consumer may write to any state; only the removal
     * of the entry that comes next, in the same map, ends the walk with {@link
     * java.util.ConcurrentModificationException}. A map that is there from the beginning to the end is visited once,
     * one that is added or removed meanwhile may be.
     *
     * @param consumer takes each entry with its key, the same object for all entries of a map
     */
    public void forEach(final MapEntryConsumer<? super K, ? super I, ? super V> consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the entries of some key groups, those of their maps' keys, as {@link #forEach(MapEntryConsumer)} does.
     *
     * @param range which, by {@link #keyGroupOf}
     * @param consumer takes each entry with its key
     */
    public void forEach(final KeyGroupRange range, final MapEntryConsumer<? super K, ? super I, ? super V> consumer) {
        walkSelected(range, (keyView, keyLength, head) -> {
            final byte[] mapKey = copyOfKey(keys(), head);
            final K key = decodeKey(keyView, keyLength);
            final MapWalk<I, V, Boolean> walk = new MapWalk<>(this, mapKey) {
                @Override
                Boolean result(final long entry) {
                    consumer.accept(key, insideKey(), valueOf(entry));
                    return true;
                }
            };
            while (walk.hasNext()) {
                walk.next();
            }
        });
    }

    @Override
    StoredCodec<V> valueCodec() {
        return valueCodec;
    }

    @Override
    RecordTable valueTable() {
        return bytes.table().entries();
    }

    @Override
    int rewriteRecord(final long entry) {
        final int length = bytes.table().valueLength(entry);
        view.wrap(bytes.table().valuePointer(entry), length);
        if (valueCodec.isCurrent(view, 0, length)) {
            return 0;
        }
        final byte[] key = copyOfKey(valueTable(), entry);
        final long timestampMs = valueCodec.timestampOf(view, 0, length);
        final int valueLength = encodeValue(valueCodec.decode(view, 0, length));
        valueCodec.setTimestamp(valueBuffer, LINKS_LENGTH, valueLength - LINKS_LENGTH, timestampMs); // as old as before
        bytes.put(key, AT, key.length, valueBuffer.byteArray(), AT, valueLength);
        trim();
        return 1;
    }

    @Override
    boolean removeAt(final K key) {
        final int keyLength = encodeKey(key);
        final boolean live = isLive(keyBytes(), AT, keyLength);
        return bytes.removeAll(keyBytes(), AT, keyLength) && live;
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
        throw new UnsupportedOperationException("maps cannot be merged: state=" + name());
    }
}
