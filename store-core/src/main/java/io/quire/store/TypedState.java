/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableCursor;
import io.quire.store.table.TableStatistics;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What all states with typed keys have in common. A key is given with each call, or once to the store, {@link
 * StateStore#setCurrentKey}, for the calls on the state's {@code current()}.
 *
 * <p>In a state with namespaces, see {@link NamespacedState}, the bytes of a key are {@code [key][namespace][length of
 * the key, 4 bytes]}.
 *
 * <p>Keys, values and elements are never null: a null throws {@link NullPointerException}. An operation that throws, be
 * it by a codec or another callback of the user, has had no effect. Reads throw what {@link BytesState} says of them.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <K> type of the keys
 */
public abstract class TypedState<K> {
    /** Buffers that grew over this are not kept. */
    static final int KEEP_LENGTH_MAX = 1024 * 1024;

    private static final int NO_NAMESPACE = -1;
    private static final int KEY_TRAILER_LENGTH = Integer.BYTES;

    final StateStore store;
    final ExpandableArrayBuffer keyBuffer = new ExpandableArrayBuffer(64);
    private final KeyedState state;
    private final Codec<K> keyCodec;
    private final boolean namespaced;
    private final ExpandableArrayBuffer namespace = new ExpandableArrayBuffer(16);
    private int namespaceLength = NO_NAMESPACE;
    private int keyEncodingCount;
    private int selectionCount;

    TypedState(final KeyedState state, final Codec<K> keyCodec, final boolean namespaced) {
        this.state = state;
        this.keyCodec = keyCodec;
        this.namespaced = namespaced;
        store = state.store;
    }

    /** {@return the name the state was created with} */
    public final String name() {
        return state.name();
    }

    /** {@return entries of all keys and namespaces, with those that have expired and were not removed yet; O(1)} */
    public final long size() {
        return state.size();
    }

    /**
     * {@return keys that have something, counted in each namespace, with those whose last entry has expired and was not
     * removed yet; O(1)}
     */
    public final long keyCount() {
        store.beforeRead();
        return keys().size();
    }

    /** Removes everything from the state, O(segments and heap extents); not inside a batch. */
    public final void clear() {
        state.clear();
    }

    /** {@return what the state's tables take} */
    public final TableStatistics statistics() {
        return state.statistics();
    }

    /** {@return how long entries live, {@link TimeToLive#OFF} when they do not expire} */
    public final TimeToLive timeToLive() {
        return TimeToLive.of(state.descriptor().expiry());
    }

    /**
     * Removes what a key has.
     *
     * @param key not null
     * @return whether it had anything
     */
    public final boolean remove(final K key) {
        return removeAt(Objects.requireNonNull(key, "key"));
    }

    /**
     * Visits all keys that have something, in a state with namespaces those that have it in the selected one; in no
     * order. The consumer may write to any state: a key that is there from the beginning to the end is visited once,
     * one that is added or removed meanwhile may be.
     *
     * @param consumer takes each key
     */
    public final void forEachKey(final Consumer<? super K> consumer) {
        forEachKey(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the keys of some key groups, as {@link #forEachKey(Consumer)} does.
     *
     * @param range which; in a state with namespaces by {@link #keyGroupOf} in the selected one
     * @param consumer takes each key
     */
    public final void forEachKey(final KeyGroupRange range, final Consumer<? super K> consumer) {
        walkSelected(range, (view, keyLength, record) -> consumer.accept(decodeKey(view, keyLength)));
    }

    /**
     * Key group of a key. It is that of the key's bytes, so the same in all states of a store with the same codec of
     * keys; in a state with namespaces the namespace is a part of them, and a key has another group in each.
     *
     * @param key not null
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public final int keyGroupOf(final K key) {
        final int length = encodeKey(Objects.requireNonNull(key, "key"));
        return keys().keyGroupOf(keyBytes(), keyOffset(), length);
    }

    /**
     * Begins to rewrite the values that older codecs have written, in all namespaces, after which the catalog forgets
     * these codecs. Nothing is rewritten yet: {@link ValueRewrite#run} does it, a little at a time.
     *
     * @return the rewriting; one that was under way for the same state is closed
     * @throws io.quire.store.errors.ConfigurationException when the codec of values is a flyweight, which makes no
     *     objects that could be written anew, or the state has no values, as timers have none
     * @throws io.quire.store.errors.StateMismatchException when the state was opened with another codec since
     */
    public final ValueRewrite rewriteValues() {
        return rewriteValues(System::nanoTime);
    }

    /** Begins to rewrite with another clock, nanoseconds. */
    final ValueRewrite rewriteValues(final LongSupplier nanoClock) {
        final StoredCodec<?> codec = valueCodec();
        if (codec == null) {
            throw new ConfigurationException("the state has no values: state=" + name());
        }
        return new ValueRewrite(this, state, codec, nanoClock);
    }

    /** How values are kept; null when the state has none. */
    StoredCodec<?> valueCodec() {
        return null;
    }

    /** Table whose records hold values, or lead to them. */
    RecordTable valueTable() {
        return keys();
    }

    /**
     * Rewrites what the record holds, or leads to, as far as an older codec has written it. Outside a batch.
     *
     * @param record address of a record of {@link #valueTable}
     * @return values rewritten
     */
    int rewriteRecord(final long record) {
        return 0;
    }

    /** The key of a record of a table, which may move. */
    static byte[] copyOfKey(final RecordTable table, final long record) {
        final byte[] key = new byte[table.keyLength(record)];
        RawMemory.copy(null, table.keyPointer(record), key, RawMemory.ARRAY_OFFSET, key.length);
        return key;
    }

    /** Visits what the selected namespace has, or everything where there are none. */
    final void walkSelected(final KeyGroupRange range, final KeyBytes consumer) {
        if (!namespaced) {
            walk(range, consumer);
            return;
        }
        store.beforeRead();
        final byte[] selected = selectedNamespace();
        walk(range, (view, keyLength, record) -> {
            if (isIn(selected, view, keyLength)) {
                consumer.accept(view, keyLength, record);
            }
        });
    }

    private byte[] selectedNamespace() {
        checkNamespace();
        final byte[] selected = new byte[namespaceLength];
        namespace.getBytes(0, selected);
        return selected;
    }

    /** Takes the bytes of keys and tells those of the namespace that is selected now, all where there are none. */
    final Predicate<UnsafeBuffer> inSelected() {
        if (!namespaced) {
            return view -> true;
        }
        final byte[] selected = selectedNamespace();
        return view -> isIn(selected, view, keyLength(view));
    }

    final K decodeKey(final DirectBuffer view, final int keyLength) {
        return keyCodec.decode(view, 0, keyLength);
    }

    private static boolean isIn(final byte[] selected, final UnsafeBuffer view, final int keyLength) {
        if (view.capacity() - KEY_TRAILER_LENGTH - keyLength != selected.length) {
            return false;
        }
        for (int i = 0; i < selected.length; i++) {
            if (view.getByte(keyLength + i) != selected[i]) {
                return false;
            }
        }
        return true;
    }

    final <N> void forEachKey(
            final KeyGroupRange range, final Codec<N> namespaceCodec, final BiConsumer<? super K, ? super N> consumer) {
        walk(
                range,
                (view, keyLength, record) -> consumer.accept(
                        decodeKey(view, keyLength),
                        namespaceCodec.decode(view, keyLength, view.capacity() - KEY_TRAILER_LENGTH - keyLength)));
    }

    final <N> void forEachNamespace(final K key, final Codec<N> namespaceCodec, final Consumer<? super N> consumer) {
        store.beforeRead();
        final byte[] wanted = bytesAlone(key);
        walk(KeyGroupRange.ALL, (view, keyLength, record) -> {
            if (keyLength == wanted.length && begins(wanted, view)) {
                consumer.accept(
                        namespaceCodec.decode(view, keyLength, view.capacity() - KEY_TRAILER_LENGTH - keyLength));
            }
        });
    }

    private byte[] bytesAlone(final K key) {
        final byte[] alone = new byte[encodeAlone(key)];
        keyBuffer.getBytes(0, alone);
        return alone;
    }

    /** Removes what all keys have in the selected namespace. Returns how many had something that has not expired. */
    final long removeSelected() {
        store.beforeRead();
        final byte[] selected = selectedNamespace();
        return removeAll((view, keyLength) -> isIn(selected, view, keyLength));
    }

    /** Removes what a key has in all namespaces. Returns in how many it had something that has not expired. */
    final long removeInAllNamespaces(final K key) {
        store.beforeRead();
        final byte[] wanted = bytesAlone(key);
        return removeAll((view, keyLength) -> keyLength == wanted.length && begins(wanted, view));
    }

    /** With what has expired, which a longer time to live would show again; by the bytes that are there. */
    private long removeAll(final WhichKeys which) {
        long count = 0;
        store.beginWalk();
        try (RecordTableCursor cursor = keys().cursor(KeyGroupRange.ALL)) {
            final UnsafeBuffer view = new UnsafeBuffer(0, 0);
            while (cursor.next()) {
                final long record = cursor.record();
                view.wrap(keys().keyPointer(record), keys().keyLength(record));
                if (which.test(view, keyLength(view))) {
                    count += isLive(record) ? 1 : 0;
                    removeEncoded(copyOfKey(keys(), record));
                }
            }
        } finally {
            store.endWalk();
        }
        return count;
    }

    private interface WhichKeys {
        boolean test(UnsafeBuffer view, int keyLength);
    }

    private static boolean begins(final byte[] wanted, final UnsafeBuffer view) {
        for (int i = 0; i < wanted.length; i++) {
            if (view.getByte(i) != wanted[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether what a key has, by its record in {@link #keys}, has not expired altogether. */
    boolean isLive(final long record) {
        return true;
    }

    /** Takes the bytes of a key with its namespace, and the record of {@link #keys} they stand in. */
    interface KeyBytes {
        void accept(UnsafeBuffer view, int keyLength, long record);
    }

    private void walk(final KeyGroupRange range, final KeyBytes consumer) {
        store.beginWalk();
        try (RecordTableCursor cursor = keys().cursor(range)) {
            final UnsafeBuffer view = new UnsafeBuffer(0, 0);
            while (cursor.next()) {
                final long record = cursor.record();
                if (!isLive(record)) {
                    continue;
                }
                view.wrap(keys().keyPointer(record), keys().keyLength(record));
                consumer.accept(view, namespaced ? keyLength(view) : view.capacity(), record);
            }
        } finally {
            store.endWalk();
        }
    }

    private int keyLength(final UnsafeBuffer view) {
        final int rest = view.capacity() - KEY_TRAILER_LENGTH;
        final int length = rest < 0 ? -1 : view.getInt(rest);
        if (length < 0 || length > rest) {
            throw new CorruptStoreException("key without a namespace: state=" + name() + " keyLength=" + view.capacity()
                    + "; run 'quire verify'");
        }
        return length;
    }

    /** Table with one record for each key that has something. */
    abstract RecordTable keys();

    /** Removes what a key has; null stands for the current key. */
    abstract boolean removeAt(K key);

    /** Removes what a key has, whether it has expired or not, by all the bytes of the key. */
    abstract void removeEncoded(byte[] key);

    /**
     * Moves what a key has in other namespaces to one, merged.
     *
     * @param target bytes of the key in the namespace
     * @param sources the same for the others, none of them the target
     */
    abstract void merge(byte[] target, byte[][] sources);

    /**
     * Delivers and removes due timers, whatever their namespaces.
     *
     * @throws UnsupportedOperationException when states of the kind have no timers
     */
    <N> long pollDue(
            final Codec<N> namespaceCodec,
            final long now,
            final long limit,
            final NamespacedTimerConsumer<? super K, ? super N> consumer) {
        throw new UnsupportedOperationException("state has no timers: state=" + name());
    }

    /**
     * Visits timers in their order, whatever their namespaces.
     *
     * @throws UnsupportedOperationException when states of the kind have no timers
     */
    <N> void forEachTimer(final Codec<N> namespaceCodec, final NamespacedTimerConsumer<? super K, ? super N> visitor) {
        throw new UnsupportedOperationException("state has no timers: state=" + name());
    }

    /**
     * When the next timer is due.
     *
     * @throws UnsupportedOperationException when states of the kind have no timers
     */
    long nextDue() {
        throw new UnsupportedOperationException("state has no timers: state=" + name());
    }

    /**
     * Puts the bytes of a key at the start of the buffer; null stands for the current key. A thread that is not the
     * writer is refused before it touches the buffer. Returns their number.
     */
    final int encodeKey(final K key) {
        store.beforeRead();
        final int length = encodeAlone(key == null ? currentKey() : key);
        return namespaced ? appendNamespace(length) : length;
    }

    /** Puts the bytes of a key without its namespace at the start of the buffer. */
    private int encodeAlone(final K key) {
        keyEncodingCount++;
        final int length = keyCodec.encode(key, keyBuffer, 0);
        keyBuffer.boundsCheck(0, length); // a codec may say what it likes, the table believes it
        return length;
    }

    /** Changes with each key that is encoded, and so tells whether the one encoded before is still there. */
    final int keyEncodingCount() {
        return keyEncodingCount;
    }

    /** Changes with each namespace that is selected. */
    final int selectionCount() {
        return selectionCount;
    }

    @SuppressWarnings("unchecked") // a key of another type is refused by the codec
    final K currentKey() {
        return (K) store.currentKey();
    }

    private int appendNamespace(final int keyLength) {
        checkNamespace();
        keyBuffer.putBytes(keyLength, namespace, 0, namespaceLength);
        keyBuffer.putInt(keyLength + namespaceLength, keyLength);
        return keyLength + namespaceLength + KEY_TRAILER_LENGTH;
    }

    /** Whether a namespace is a part of each key. */
    final boolean namespaced() {
        return namespaced;
    }

    /** The key that bytes begin with. */
    final K decodeKey(final UnsafeBuffer view) {
        return keyCodec.decode(view, 0, namespaced ? keyLength(view) : view.capacity());
    }

    /** The namespace in the bytes of a key. */
    final <N> N decodeNamespace(final Codec<N> namespaceCodec, final UnsafeBuffer view) {
        final int keyLength = keyLength(view);
        return namespaceCodec.decode(view, keyLength, view.capacity() - KEY_TRAILER_LENGTH - keyLength);
    }

    private void checkNamespace() {
        if (namespaceLength == NO_NAMESPACE) {
            throw new IllegalStateException("no namespace was selected: state=" + name());
        }
    }

    final byte[] keyBytes() {
        return keyBuffer.byteArray();
    }

    final long keyOffset() {
        return RawMemory.ARRAY_OFFSET;
    }

    /** A copy of the bytes of a key; null stands for the current key. */
    final byte[] copyOfKey(final K key) {
        final byte[] copy = new byte[encodeKey(key)];
        keyBuffer.getBytes(0, copy);
        return copy;
    }

    final <N> void select(final Codec<N> namespaceCodec, final N selected) {
        store.beforeRead();
        selectionCount++;
        namespaceLength = NO_NAMESPACE; // should the codec throw
        final int length = namespaceCodec.encode(Objects.requireNonNull(selected, "namespace"), namespace, 0);
        namespace.boundsCheck(0, length);
        namespaceLength = length;
    }
}
