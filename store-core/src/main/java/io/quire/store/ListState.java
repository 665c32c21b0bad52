/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.ListCursor;
import io.quire.store.table.ListDescriptor;
import io.quire.store.table.RecordTable;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Typed keys to lists of typed elements. Appending costs the same whatever the length of the list, in memory, in the
 * log and in checkpoints; a list of any length may stand under one key. A key without elements has no list.
 *
 * <p>An element, encoded, may have {@link #ELEMENT_LENGTH_MAX} bytes, and all that one {@link #addAll} or {@link
 * #update} writes {@link #CHANGE_LENGTH_MAX}; what is longer is a {@link StoreFullException} without effect.
 *
 * <p>With a time to live each element expires by itself, and {@link #size(Object)} counts those too that have expired
 * and were not removed yet.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <K> type of the keys
 * @param <E> type of the elements
 */
public final class ListState<K, E> extends TypedState<K> {
    /** Longest element, bytes. */
    public static final int ELEMENT_LENGTH_MAX = ListDescriptor.ITEM_LENGTH_MAX - ListDescriptor.PREFIX_LENGTH_MAX;
    /** Bytes that the elements of one change may have together. */
    public static final int CHANGE_LENGTH_MAX = 128 * 1024 * 1024;

    private static final int PREFIX_LENGTH_MAX = ListDescriptor.PREFIX_LENGTH_MAX;

    private static final long AS_BEFORE = Long.MIN_VALUE;

    private final BytesListState bytes;
    private final StoredCodec<E> elementCodec;
    private final CurrentListState<E> current = new CurrentListState<>(this);
    private ExpandableArrayBuffer items = new ExpandableArrayBuffer(64);
    private final UnsafeBuffer looked = new UnsafeBuffer(0, 0); // an element
    private boolean encoding;

    ListState(
            final BytesListState bytes,
            final Codec<K> keyCodec,
            final boolean namespaced,
            final StoredCodec<E> elementCodec) {
        super(bytes, keyCodec, namespaced);
        this.bytes = bytes;
        this.elementCodec = elementCodec;
        bytes.expiry.openedWith(elementCodec);
    }

    /** {@return the list of the store's current key, the same object each time} */
    public CurrentListState<E> current() {
        return current;
    }

    /**
     * Appends an element.
     *
     * @param key not null
     * @param element not null
     */
    public void add(final K key, final E element) {
        addAt(Objects.requireNonNull(key, "key"), element);
    }

    void addAt(final K key, final E element) {
        store.beforeWrite(); // before the elements of the writer's call are overwritten
        beginEncoding(); // codecs may read this state, and so have elements written anew
        try {
            append(key, encode(element, 0));
        } finally {
            encoding = false;
            trim();
        }
        wrote();
    }

    /** Appends the element that was encoded. */
    private void append(final K key, final int length) {
        final int prefixLength = ListDescriptor.prefixLength(length);
        final int start = PREFIX_LENGTH_MAX - prefixLength;
        ListDescriptor.putPrefix(items.byteArray(), start, length);
        final int keyLength = encodeKey(key);
        bytes.append(
                keyBytes(),
                keyOffset(),
                keyLength,
                items.byteArray(),
                RawMemory.ARRAY_OFFSET + start,
                prefixLength + length);
    }

    private void wrote() {
        if (elementCodec.expiring()) {
            store.expiryCleaner().wrote();
        }
    }

    /** Puts an element behind room for its prefix. Returns its length. */
    private int encode(final E element, final int at) {
        Objects.requireNonNull(element, "element");
        items.checkLimit(at + PREFIX_LENGTH_MAX); // an empty element makes no room
        final int length = elementCodec.encode(element, items, at + PREFIX_LENGTH_MAX);
        if (length > ELEMENT_LENGTH_MAX) {
            throw new StoreFullException("list element length out of range: state=" + name() + " found=" + length
                    + " most=" + ELEMENT_LENGTH_MAX + " bytes");
        }
        return length;
    }

    /**
     * Appends elements, all of them or none.
     *
     * @param key not null
     * @param elements none of them null; must not write to this state while it is read
     * @throws IllegalStateException when they add to it; this change has no effect then
     * @throws StoreFullException when they are too long, one of them or all together, or there is no memory; nothing
     *     has changed
     */
    public void addAll(final K key, final Iterable<? extends E> elements) {
        addAllAt(Objects.requireNonNull(key, "key"), elements);
    }

    void addAllAt(final K key, final Iterable<? extends E> elements) {
        store.beforeWrite();
        try {
            final int length = encodeAll(elements);
            if (length == 0) {
                return;
            }
            final int keyLength = encodeKey(key);
            bytes.appendAll(keyBytes(), keyOffset(), keyLength, items.byteArray(), RawMemory.ARRAY_OFFSET, length);
        } finally {
            trim();
        }
        wrote();
    }

    /**
     * Gives a key other elements.
     *
     * @param key not null
     * @param elements none of them null; no elements, or null, remove the list
     */
    public void update(final K key, final Iterable<? extends E> elements) {
        updateAt(Objects.requireNonNull(key, "key"), elements);
    }

    void updateAt(final K key, final Iterable<? extends E> elements) {
        store.beforeWrite();
        try {
            final int length = elements == null ? 0 : encodeAll(elements);
            final int keyLength = encodeKey(key);
            if (length == 0) {
                bytes.remove(keyBytes(), keyOffset(), keyLength);
                return;
            }
            bytes.replace(keyBytes(), keyOffset(), keyLength, items.byteArray(), RawMemory.ARRAY_OFFSET, length);
        } finally {
            trim();
        }
        wrote();
    }

    /** Everything that calls the user comes before anything changes. */
    private int encodeAll(final Iterable<? extends E> elements) {
        beginEncoding();
        try {
            int end = 0;
            for (final E element : elements) {
                end = pack(end, encode(element, end));
            }
            return end;
        } finally {
            encoding = false;
        }
    }

    private void beginEncoding() {
        checkNotEncoding();
        encoding = true;
    }

    private void checkNotEncoding() {
        if (encoding) {
            throw new IllegalStateException("elements to add write to the same state: state=" + name());
        }
    }

    /** Moves an encoded element to behind the prefix it needs. Returns where the next one goes. */
    private int pack(final int at, final int length) {
        final int prefixLength = ListDescriptor.prefixLength(length);
        final byte[] array = items.byteArray();
        ListDescriptor.putPrefix(array, at, length);
        System.arraycopy(array, at + PREFIX_LENGTH_MAX, array, at + prefixLength, length);
        final int end = at + prefixLength + length;
        if (end > CHANGE_LENGTH_MAX) {
            throw new StoreFullException("too many elements for one change: state=" + name() + " most="
                    + CHANGE_LENGTH_MAX + " bytes; add the elements in several parts");
        }
        return end;
    }

    /** Not inside a change whose elements write to this state, which is refused. */
    private void trim() {
        if (!encoding && items.capacity() > KEEP_LENGTH_MAX) {
            items = new ExpandableArrayBuffer(64);
        }
    }

    /**
     * The elements of a key, in the order in which they were added. With a time to live that reading starts anew, each
     * iterator does so when it is made, for all elements that have not expired, whether it will come to them or not:
     * O(elements), with one record in the log.
     *
     * @param key not null
     * @return the elements, which each iterator reads from the state as it goes: it sees those that the list has when
     *     it is made, but for those that have expired by the time it gets to them, and throws {@link
     *     java.util.ConcurrentModificationException} once the list has been changed in another way than by adding to
     *     it; empty when the key has none. An element that {@code hasNext} has found is returned by {@code next},
     *     though it may have expired in between
     */
    public Iterable<E> get(final K key) {
        return getAt(Objects.requireNonNull(key, "key"));
    }

    Iterable<E> getAt(final K key) {
        final byte[] keyCopy = copyOfKey(key);
        return () -> {
            if (elementCodec.renewsOnRead() && store.failure() == null) { // reads go on after that, and writes do not
                renew(keyCopy);
            }
            return elementsOf(keyCopy);
        };
    }

    /**
     * Starts the time of all elements anew that have not expired. Timestamps are overwritten where they are; should an
     * element have none, as it was written before the first time to live, the list is written anew.
     */
    private void renew(final byte[] key) {
        store.beforeWrite(); // what is due may remove elements
        final long at = RawMemory.ARRAY_OFFSET;
        final long nowMs = elementCodec.nowMs();
        boolean older = false;
        boolean timestamped = true;
        for (final ListCursor cursor = bytes.scan(key, at, key.length); cursor.next(); ) {
            looked.wrap(cursor.elementPointer(), cursor.elementLength());
            final long timestampMs = elementCodec.timestampOf(looked, 0, cursor.elementLength());
            older |= timestampMs != nowMs
                    && !elementCodec.rule().expired(timestampMs, nowMs)
                    && elementCodec.mayRenew(looked, 0, cursor.elementLength());
            timestamped &= elementCodec.carriesTimestamp(looked, 0, cursor.elementLength());
        }
        if (!older) {
            return;
        }
        if (timestamped) {
            bytes.renew(
                    key,
                    at,
                    key.length,
                    elementCodec.timestampFromEnd(),
                    elementCodec.rule().firstLiving(nowMs),
                    nowMs);
        } else {
            encodeAndReplace(key, nowMs);
        }
        wrote();
    }

    private void encodeAndReplace(final byte[] key, final long renewedMs) {
        final ExpandableArrayBuffer outer = items;
        final boolean inside = encoding; // elements to be added are read from this state
        if (inside) {
            items = new ExpandableArrayBuffer(64);
            encoding = false;
        }
        try {
            final int length = encodeAgain(key, renewedMs);
            final long at = RawMemory.ARRAY_OFFSET;
            bytes.replace(key, at, key.length, items.byteArray(), at, length);
        } finally {
            if (inside) {
                items = outer;
                encoding = true;
            }
            trim();
        }
    }

    private Iterator<E> elementsOf(final byte[] key) {
        return new Elements<>(bytes, elementCodec, key);
    }

    /**
     * Number of elements of a key, O(1).
     *
     * @param key not null
     * @return their number, with those that have expired and were not removed yet
     */
    public long size(final K key) {
        return sizeAt(Objects.requireNonNull(key, "key"));
    }

    long sizeAt(final K key) {
        final int keyLength = encodeKey(key);
        return bytes.count(keyBytes(), keyOffset(), keyLength);
    }

    /**
     * Visits the elements of all keys, in a state with namespaces those of the selected one; keys in no order, the
     * elements of each in the order of the list. The consumer may write to any state; only the removal or the
     * replacement of the list that it is in ends the walk with {@link java.util.ConcurrentModificationException}. A
     * list that is there from the beginning to the end is visited once, one that is added or removed meanwhile may be.
     *
     * @param consumer takes each element with its key, the same object for all elements of a list
     */
    public void forEach(final BiConsumer<? super K, ? super E> consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the elements of some key groups, as {@link #forEach(BiConsumer)} does.
     *
     * @param range which, by {@link #keyGroupOf}
     * @param consumer takes each element with its key
     */
    public void forEach(final KeyGroupRange range, final BiConsumer<? super K, ? super E> consumer) {
        walkSelected(range, (view, keyLength, head) -> {
            final Iterator<E> elements = elementsOf(copyOfKey(keys(), head));
            final K key = decodeKey(view, keyLength);
            while (elements.hasNext()) {
                consumer.accept(key, elements.next());
            }
        });
    }

    @Override
    StoredCodec<E> valueCodec() {
        return elementCodec;
    }

    @Override
    int rewriteRecord(final long head) {
        final byte[] key = copyOfKey(keys(), head);
        final int count = countOlder(key);
        if (count > 0) {
            encodeAndReplace(key, AS_BEFORE);
        }
        return count;
    }

    private int countOlder(final byte[] key) {
        int count = 0;
        final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        for (final ListCursor cursor = bytes.cursor(key, RawMemory.ARRAY_OFFSET, key.length); cursor.next(); ) {
            view.wrap(cursor.elementPointer(), cursor.elementLength());
            count += elementCodec.isCurrent(view, 0, cursor.elementLength()) ? 0 : 1;
        }
        return count;
    }

    /** Elements are as old as before, but for those that have not expired at the time given, if there is one. */
    private int encodeAgain(final byte[] key, final long renewedMs) {
        beginEncoding();
        try {
            int end = 0;
            final UnsafeBuffer view = new UnsafeBuffer(0, 0);
            for (final ListCursor cursor = bytes.cursor(key, RawMemory.ARRAY_OFFSET, key.length); cursor.next(); ) {
                view.wrap(cursor.elementPointer(), cursor.elementLength());
                final long timestampMs = elementCodec.timestampOf(view, 0, view.capacity());
                final int length = elementCodec.mayEncodeAgain(view, 0, view.capacity())
                        ? encode(elementCodec.decode(view, 0, view.capacity()), end)
                        : copyEncoded(view, end);
                final boolean renewed =
                        renewedMs != AS_BEFORE && !elementCodec.rule().expired(timestampMs, renewedMs);
                elementCodec.setTimestamp(items, end + PREFIX_LENGTH_MAX, length, renewed ? renewedMs : timestampMs);
                end = pack(end, length);
            }
            return end;
        } finally {
            encoding = false;
        }
    }

    /** Puts an element as it is, with its timestamp and mark, behind room for its prefix. Returns its length. */
    private int copyEncoded(final UnsafeBuffer element, final int at) {
        items.putBytes(at + PREFIX_LENGTH_MAX, element, 0, element.capacity());
        return element.capacity();
    }

    @Override
    boolean removeAt(final K key) {
        final int keyLength = encodeKey(key);
        final boolean live = isLive(keyBytes(), keyOffset(), keyLength);
        return bytes.remove(keyBytes(), keyOffset(), keyLength) && live;
    }

    @Override
    void removeEncoded(final byte[] key) {
        bytes.remove(key, RawMemory.ARRAY_OFFSET, key.length);
    }

    @Override
    boolean isLive(final long record) {
        return isLive(null, keys().keyPointer(record), keys().keyLength(record));
    }

    /** Whether a list has an element that has not expired; looks at its elements up to the first such one. */
    private boolean isLive(final byte[] keyBase, final long keyOffset, final int keyLength) {
        if (!elementCodec.expiring()) {
            return true;
        }
        final ListCursor cursor = bytes.scan(keyBase, keyOffset, keyLength);
        while (cursor.next()) {
            looked.wrap(cursor.elementPointer(), cursor.elementLength());
            if (!elementCodec.isExpired(looked, 0, cursor.elementLength())) {
                return true;
            }
        }
        return false;
    }

    @Override
    RecordTable keys() {
        return bytes.table().heads();
    }

    @Override
    void merge(final byte[] target, final byte[][] sources) {
        final long at = RawMemory.ARRAY_OFFSET;
        store.inOneBatch(() -> {
            for (final byte[] source : sources) {
                bytes.merge(target, at, target.length, source, at, source.length);
            }
        });
    }

    /** Passes over elements that have expired when it gets to them, whenever a time to live was given. */
    private static final class Elements<E> implements Iterator<E> {
        private final BytesListState bytes;
        private final StoredCodec<E> codec;
        private final byte[] key;
        private final ListCursor cursor;
        private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        private int walk = OpenWalks.NONE;
        private boolean ahead; // the cursor is at an element that was not returned yet
        private boolean promised; // hasNext has said that there is one, while nothing expired

        Elements(final BytesListState bytes, final StoredCodec<E> codec, final byte[] key) {
            this.bytes = bytes;
            this.codec = codec;
            this.key = key;
            cursor = bytes.cursor(key, RawMemory.ARRAY_OFFSET, key.length);
            if (codec.expiring()) {
                walk = bytes.expiry.walks().begun(this, key);
            }
        }

        @Override
        public boolean hasNext() {
            bytes.store.beforeRead();
            if (ahead) {
                return true;
            }
            if (!codec.expiring()) {
                promised = cursor.remaining() > 0;
                return promised;
            }
            goToLiving();
            return ahead;
        }

        private void goToLiving() {
            if (walk == OpenWalks.NONE) { // there was no time to live when it began
                walk = bytes.expiry.walks().begun(this, key);
            }
            while (!ahead && cursor.next()) {
                wrap();
                ahead = promised || !codec.isExpired(view, 0, view.capacity());
            }
            promised = false;
            if (!ahead) {
                bytes.expiry.walks().ended(this, walk);
            }
        }

        private void wrap() {
            view.wrap(cursor.elementPointer(), cursor.elementLength());
        }

        @Override
        public E next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            if (ahead) {
                cursor.checkCurrent();
            } else {
                cursor.next();
                wrap();
            }
            ahead = false;
            promised = false;
            return codec.decode(view, 0, view.capacity());
        }
    }
}
