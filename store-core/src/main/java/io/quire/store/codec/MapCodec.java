/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.agrona.MutableDirectBuffer;

/**
 * A count in variable length and that many keys, each followed by its value, in the order of iteration.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param <K> type of the keys, never null
 * @param <V> type of the values, never null
 */
final class MapCodec<K, V> extends StructuredCodec<Map<K, V>> {
    private final StructuredCodec<K> key;
    private final StructuredCodec<V> value;

    MapCodec(final StructuredCodec<K> key, final StructuredCodec<V> value) {
        super(Schema.of(Schema.Kind.MAP, key.structure(), value.structure()));
        this.key = key;
        this.value = value;
    }

    @Override
    int write(final Map<K, V> map, final MutableDirectBuffer buffer, final int offset) {
        final int count = map.size();
        int at = writeNumber(count, buffer, offset);
        int written = 0;
        for (final Map.Entry<K, V> entry : map.entrySet()) {
            at = key.write(checked(entry.getKey()), buffer, at);
            at = value.write(checked(entry.getValue()), buffer, at);
            written++;
        }
        if (written != count) {
            throw new IllegalArgumentException(
                    "a map changed while it was encoded: count=" + count + " written=" + written);
        }
        return at;
    }

    private static <E> E checked(final E element) {
        return Objects.requireNonNull(element, "a map holds null, which its codec cannot write");
    }

    @Override
    Map<K, V> read(final ValueReader in) {
        return read(in, key::read, value::read);
    }

    private static <K, V> Map<K, V> read(
            final ValueReader in, final InlineReader<K> keyReader, final InlineReader<V> valueReader) {
        final int count = in.readCount();
        final Map<K, V> map = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            final K next = keyReader.read(in);
            if (map.put(next, valueReader.read(in)) != null) {
                throw in.damaged("a map has a key twice");
            }
        }
        return map;
    }

    @Override
    InlineReader<Map<K, V>> resolve(final Schema written, final boolean distinct) {
        if (written.kind() != Schema.Kind.MAP) {
            throw cannotRead(written);
        }
        final InlineReader<K> keyReader = key.resolve(written.parts().get(0), true);
        final InlineReader<V> valueReader = value.resolve(written.parts().get(1), distinct);
        return in -> read(in, keyReader, valueReader);
    }
}
