/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.codec.Codecs;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.KeyGroupRange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Several readers share a walk, each a part of the key groups, while the writer adds and removes other keys. */
class ReaderPartsTest {
    private static final int KEPT_COUNT = 20_000;
    private static final int OTHER_COUNT = 40_000;
    private static final int PART_COUNT = 7; // so that their borders are inside of segments
    private static final int THREAD_COUNT = 3;
    private static final TimeToLive LONG_TIME = TimeToLive.ofMillis(3_600_000);

    /** A walk over some key groups, of the keys alone. */
    @FunctionalInterface
    private interface Walk {
        void run(StoreReader reader, KeyGroupRange range, LongConsumer seen);
    }

    /** What a test needs of a state. */
    private record Kind(LongConsumer put, LongConsumer remove, Walk walk) {}

    @TestFactory
    Stream<DynamicTest> shouldSeeEachEntryOnceInAllPartsTogether() {
        return kinds().entrySet().stream()
                .map(kind -> DynamicTest.dynamicTest(kind.getKey(), () -> {
                    try (StateStore store = new StateStore(PagedMemory.anonymous(0x5eedL))) {
                        check(store, kind.getValue().apply(store));
                    }
                }));
    }

    private static void check(final StateStore store, final Kind kind) throws Exception {
        for (long key = 0; key < KEPT_COUNT; key++) {
            kind.put.accept(key);
        }
        final AtomicIntegerArray seen = new AtomicIntegerArray(KEPT_COUNT + OTHER_COUNT);
        final AtomicInteger nextPart = new AtomicInteger();
        final ExecutorService threads = Executors.newFixedThreadPool(THREAD_COUNT);
        try {
            final List<Future<?>> readers = new ArrayList<>();
            for (int i = 0; i < THREAD_COUNT; i++) {
                readers.add(threads.submit(() -> readParts(store, kind, nextPart, seen)));
            }
            // Grows the table to three times its size and shrinks it again, as long as it is read.
            for (int i = 0; !readers.stream().allMatch(Future::isDone); i++) {
                final long other = KEPT_COUNT + i % OTHER_COUNT;
                ((i / OTHER_COUNT & 1) == 0 ? kind.put : kind.remove).accept(other);
            }
            for (final Future<?> reader : readers) {
                reader.get();
            }
        } finally {
            threads.shutdownNow();
        }
        for (int key = 0; key < KEPT_COUNT; key++) {
            assertThat(seen.get(key)).as("key %d", key).isEqualTo(1);
        }
        for (int key = KEPT_COUNT; key < KEPT_COUNT + OTHER_COUNT; key++) {
            assertThat(seen.get(key)).as("key %d", key).isLessThanOrEqualTo(1);
        }
    }

    private static void readParts(
            final StateStore store, final Kind kind, final AtomicInteger nextPart, final AtomicIntegerArray seen) {
        try (StoreReader reader = store.reader()) {
            for (int part = nextPart.getAndIncrement(); part < PART_COUNT; part = nextPart.getAndIncrement()) {
                kind.walk.run(
                        reader,
                        KeyGroupRange.part(part, PART_COUNT),
                        key -> seen.incrementAndGet(Math.toIntExact(key)));
            }
        }
    }

    private static Map<String, Function<StateStore, Kind>> kinds() {
        final Map<String, Function<StateStore, Kind>> kinds = new LinkedHashMap<>();
        kinds.put("LongLongState", store -> longs(store.longLongState("state")));
        kinds.put("LongLongState with a time to live", store -> longs(store.longLongState("state", LONG_TIME)));
        kinds.put("LongSetState", store -> {
            final LongSetState state = store.longSetState("state");
            return new Kind(
                    state::add,
                    state::remove,
                    (reader, range, seen) -> reader.longSetState("state").forEach(range, seen::accept));
        });
        kinds.put("LongDoubleState", store -> {
            final LongDoubleState state = store.longDoubleState("state");
            return new Kind(
                    key -> state.put(key, key),
                    state::remove,
                    (reader, range, seen) ->
                            reader.longDoubleState("state").forEach(range, (key, value) -> seen.accept(key)));
        });
        kinds.put("LongBytesState", store -> {
            final LongBytesState state = store.longBytesState("state");
            final UnsafeBuffer value = new UnsafeBuffer(new byte[5]);
            return new Kind(
                    key -> state.put(key, value, 0, 5),
                    state::remove,
                    (reader, range, seen) ->
                            reader.longBytesState("state").forEach(range, (key, bytes) -> seen.accept(key)));
        });
        kinds.put("BytesState", store -> bytes(store.bytesState("state")));
        kinds.put("BytesState with a time to live", store -> bytes(store.bytesState("state", LONG_TIME)));
        kinds.put("FixedBytesState", store -> fixed(store.fixedBytesState("state", Long.BYTES, 3)));
        kinds.put(
                "FixedBytesState with a time to live",
                store -> fixed(store.fixedBytesState("state", Long.BYTES, 3, LONG_TIME)));
        kinds.put("ValueState", store -> {
            final ValueState<Long, Long> state = store.valueState("state", Codecs.LONG, Codecs.LONG);
            return new Kind(
                    key -> state.put(key, key),
                    state::remove,
                    (reader, range, seen) -> reader.valueState("state", Codecs.LONG, Codecs.LONG)
                            .forEach(range, (key, value) -> seen.accept(key)));
        });
        return kinds;
    }

    private static Kind longs(final LongLongState state) {
        return new Kind(
                key -> state.put(key, key),
                state::remove,
                (reader, range, seen) ->
                        reader.longLongState("state").forEach(range, (key, value) -> seen.accept(key)));
    }

    private static DirectBuffer bytesOf(final long key) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Long.BYTES]);
        buffer.putLong(0, key);
        return buffer;
    }

    private static Kind bytes(final BytesState state) {
        final UnsafeBuffer value = new UnsafeBuffer(new byte[5]);
        return new Kind(
                key -> state.put(bytesOf(key), 0, Long.BYTES, value, 0, 5),
                key -> state.remove(bytesOf(key), 0, Long.BYTES),
                (reader, range, seen) ->
                        reader.bytesState("state").forEach(range, (key, found) -> seen.accept(key.getLong(0))));
    }

    private static Kind fixed(final FixedBytesState state) {
        final UnsafeBuffer value = new UnsafeBuffer(new byte[3]);
        return new Kind(
                key -> state.put(bytesOf(key), 0, value, 0),
                key -> state.remove(bytesOf(key), 0),
                (reader, range, seen) -> reader.fixedBytesState("state", Long.BYTES, 3)
                        .forEach(range, (key, found) -> seen.accept(key.getLong(0))));
    }
}
