/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.table.RecordTable;
import java.util.Objects;
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
    private final Codec<T> codec;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(64);

    SingleState(final BytesState bytes, final Codec<K> keyCodec, final boolean namespaced, final Codec<T> codec) {
        super(bytes, keyCodec, namespaced);
        this.bytes = bytes;
        this.codec = codec;
    }

    /** What a key has, or null; a null key stands for the current one. */
    final T read(final K key) {
        final int keyLength = encodeKey(key);
        return bytes.wrap(keyBuffer, 0, keyLength, view) ? codec.decode(view, 0, view.capacity()) : null;
    }

    private T readBytes(final byte[] key) {
        return bytes.wrap(new UnsafeBuffer(key), 0, key.length, view) ? codec.decode(view, 0, view.capacity()) : null;
    }

    /** Keeps something for a key; a null key stands for the current one. */
    final void write(final K key, final T kept) {
        final int length = codec.encode(Objects.requireNonNull(kept, "value"), buffer, 0);
        final int keyLength = encodeKey(key);
        bytes.put(keyBuffer, 0, keyLength, buffer, 0, length);
        trim();
    }

    private void trim() {
        if (buffer.capacity() > KEEP_LENGTH_MAX) {
            buffer = new ExpandableArrayBuffer(64);
        }
    }

    @Override
    final boolean removeAt(final K key) {
        final int keyLength = encodeKey(key);
        return bytes.remove(keyBuffer, 0, keyLength);
    }

    @Override
    final RecordTable keys() {
        return bytes.table();
    }

    /** Two objects kept under the same key in different namespaces become one. */
    abstract T merged(T first, T second);

    @Override
    void merge(final byte[] target, final byte[][] sources) {
        T result = readBytes(target);
        boolean found = false;
        for (final byte[] source : sources) {
            final T more = readBytes(source);
            if (more != null) {
                result = result == null ? more : Objects.requireNonNull(merged(result, more), "merged value");
                found = true;
            }
        }
        if (!found) {
            return;
        }
        final int length = codec.encode(result, buffer, 0);
        store.inOneBatch(() -> {
            bytes.put(new UnsafeBuffer(target), 0, target.length, buffer, 0, length);
            for (final byte[] source : sources) {
                bytes.remove(new UnsafeBuffer(source), 0, source.length);
            }
        });
        trim();
    }
}
