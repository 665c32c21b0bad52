/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.StoreReader;
import io.quire.store.TimeToLive;
import io.quire.store.TypedState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/** A typed state whose values are any bytes, as a map from longs to longs: values, lists of one, maps of one. */
final class ExpiringTypedBytes extends ExpiringPrimitive {
    private final TypedState<Long> typed;

    private ExpiringTypedBytes(final DurableStateStore store, final TypedState<Long> typed) {
        super(keyed(store, typed.name()));
        this.typed = typed;
    }

    private static KeyedState keyed(final DurableStateStore store, final String name) {
        return store.stateStore().states().stream()
                .filter(state -> state.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** One of each kind, behind all that are not typed. */
    static List<ExpiringPrimitive> andPrimitives(final DurableStateStore store, final TimeToLive ttl) {
        final List<ExpiringPrimitive> all = new ArrayList<>(ExpiringPrimitive.all(store, ttl));
        all.add(open(store, ttl, TypedStateDescriptor.value("typed values", Codecs.LONG, Codecs.BYTES)));
        all.add(open(store, ttl, TypedStateDescriptor.list("typed lists", Codecs.LONG, Codecs.BYTES)));
        all.add(open(store, ttl, TypedStateDescriptor.map("typed maps", Codecs.LONG, Codecs.INT, Codecs.BYTES)));
        return all;
    }

    private static <S extends TypedState<Long>> ExpiringPrimitive open(
            final DurableStateStore store, final TimeToLive ttl, final TypedStateDescriptor<Long, S> descriptor) {
        return new ExpiringTypedBytes(store, store.state(ttl == null ? descriptor : descriptor.withTimeToLive(ttl)));
    }

    private static byte[] bytes(final long value) {
        final UnsafeBuffer buffer = valueOf(value);
        final byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    @Override
    @SuppressWarnings("unchecked")
    void put(final long key, final long value) {
        if (typed instanceof ValueState) {
            ((ValueState<Long, byte[]>) typed).put(key, bytes(value));
        } else if (typed instanceof ListState) {
            ((ListState<Long, byte[]>) typed).update(key, List.of(bytes(value)));
        } else {
            ((MapState<Long, Integer, byte[]>) typed).put(key, 1, bytes(value));
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    Long get(final long key, final boolean another) {
        final byte[] found;
        if (typed instanceof ValueState) {
            found = ((ValueState<Long, byte[]>) typed).get(key);
        } else if (typed instanceof ListState) {
            final Iterator<byte[]> elements =
                    ((ListState<Long, byte[]>) typed).get(key).iterator();
            found = elements.hasNext() ? elements.next() : null;
        } else {
            found = ((MapState<Long, Integer, byte[]>) typed).get(key, 1);
        }
        return found == null ? null : longIn(new UnsafeBuffer(found));
    }

    @Override
    boolean containsKey(final long key) {
        return get(key, false) != null;
    }

    @Override
    boolean remove(final long key) {
        return typed.remove(key);
    }

    @Override
    boolean putIfAbsent(final long key, final long value) {
        final boolean absent = !containsKey(key);
        if (absent) {
            put(key, value);
        }
        return absent;
    }

    @Override
    Map<Long, Long> entries(final boolean byCursor) {
        final Map<Long, Long> entries = new HashMap<>();
        typed.forEachKey(key -> entries.put(key, get(key, false)));
        return entries;
    }

    /** Of lists and maps, which have no readers, as the writer sees them. */
    @Override
    Map<Long, Long> read(final StoreReader reader, final int keyCount) {
        if (!(typed instanceof ValueState)) {
            return entries(false);
        }
        final Map<Long, Long> entries = new HashMap<>();
        final var read = reader.valueState(typed.name(), Codecs.LONG, Codecs.BYTES);
        for (long key = 0; key < keyCount; key++) {
            final byte[] found = read.get(key);
            if (found != null) {
                entries.put(key, longIn(new UnsafeBuffer(found)));
            }
        }
        return entries;
    }
}
