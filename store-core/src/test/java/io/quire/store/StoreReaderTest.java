/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.memory.PagedMemory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToIntFunction;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StoreReaderTest {
    private final StateStore store = new StateStore(PagedMemory.anonymous(0x5eedL));
    private final LongLongState visits = store.longLongState("visits");
    private final BytesState pages = store.bytesState("pages");
    private final ValueState<String, Long> sizes = store.valueState("sizes", Codecs.STRING, Codecs.LONG);

    @AfterEach
    void close() {
        store.close();
    }

    private static UnsafeBuffer buffer(final String text) {
        return new UnsafeBuffer(text.getBytes(StandardCharsets.UTF_8));
    }

    private void put(final String key, final String value) {
        final UnsafeBuffer keyBuffer = buffer(key);
        final UnsafeBuffer valueBuffer = buffer(value);
        pages.put(keyBuffer, 0, keyBuffer.capacity(), valueBuffer, 0, valueBuffer.capacity());
    }

    @Test
    void shouldReadOnAnotherThreadWhatTheWriterWrote() {
        visits.put(1, 10);
        put("a", "alpha");
        put("empty", "");
        sizes.put("a", 5L);
        CompletableFuture.runAsync(() -> {
                    try (StoreReader reader = store.reader()) {
                        readAll(reader);
                    }
                })
                .join();
        visits.put(2, 20); // still the writer
    }

    private static void readAll(final StoreReader reader) {
        final LongLongStateReader visits = reader.longLongState("visits");
        assertThat(visits.get(1, -1)).isEqualTo(10);
        assertThat(visits.get(2, -1)).isEqualTo(-1);
        assertThat(visits.containsKey(1)).isTrue();
        final BytesStateReader pages = reader.bytesState("pages");
        final ExpandableArrayBuffer value = new ExpandableArrayBuffer();
        assertThat(pages.get(buffer("a"), 0, 1, value, 3)).isEqualTo(5);
        assertThat(value.getStringWithoutLengthUtf8(3, 5)).isEqualTo("alpha");
        assertThat(pages.get(buffer("b"), 0, 1, value, 0)).isEqualTo(BytesStateReader.NOT_FOUND);
        assertThat(pages.valueLength(buffer("empty"), 0, 5)).isZero();
        assertThat(pages.containsKey(buffer("b"), 0, 1)).isFalse();
        final Map<String, String> seen = new HashMap<>();
        pages.forEach((key, bytes) -> seen.put(
                key.getStringWithoutLengthUtf8(0, key.capacity()),
                bytes.getStringWithoutLengthUtf8(0, bytes.capacity())));
        assertThat(seen).containsOnly(Map.entry("a", "alpha"), Map.entry("empty", ""));
        final ValueStateReader<String, Long> sizes = reader.valueState("sizes", Codecs.STRING, Codecs.LONG);
        assertThat(sizes.get("a")).isEqualTo(5L);
        assertThat(sizes.get("b")).isNull();
        assertThat(sizes.containsKey("a")).isTrue();
        sizes.forEach((key, bytes) -> assertThat(key + bytes).isEqualTo("a5"));
    }

    @Test
    void shouldReadStatesOfAllPrimitives() {
        final LongSetState set = store.longSetState("set");
        final LongDoubleState doubles = store.longDoubleState("doubles");
        final LongBytesState longBytes = store.longBytesState("long bytes");
        final FixedBytesState fixed = store.fixedBytesState("fixed", 3, 5);
        set.add(7);
        set.add(-1);
        doubles.put(7, -0.0);
        longBytes.put(7, buffer("seven"), 0, 5);
        longBytes.put(8, buffer(""), 0, 0);
        fixed.put(buffer("abc"), 0, buffer("fives"), 0);
        CompletableFuture.runAsync(() -> {
                    try (StoreReader reader = store.reader()) {
                        readPrimitives(reader);
                        readFixed(reader);
                    }
                })
                .join();
    }

    private static void readPrimitives(final StoreReader reader) {
        final LongSetStateReader set = reader.longSetState("set");
        assertThat(set.contains(7)).isTrue();
        assertThat(set.contains(8)).isFalse();
        final List<Long> keys = new ArrayList<>();
        set.forEach(keys::add);
        assertThat(keys).containsExactlyInAnyOrder(7L, -1L);
        final LongDoubleStateReader doubles = reader.longDoubleState("doubles");
        assertThat(Double.doubleToRawLongBits(doubles.get(7, 1))).isEqualTo(Double.doubleToRawLongBits(-0.0));
        assertThat(doubles.get(8, 1.5)).isEqualTo(1.5);
        assertThat(doubles.containsKey(8)).isFalse();
        doubles.forEach((key, value) -> assertThat(key + value).isEqualTo(7));
        final LongBytesStateReader longBytes = reader.longBytesState("long bytes");
        final ExpandableArrayBuffer value = new ExpandableArrayBuffer();
        assertThat(longBytes.get(7, value, 2)).isEqualTo(5);
        assertThat(value.getStringWithoutLengthUtf8(2, 5)).isEqualTo("seven");
        assertThat(longBytes.get(9, value, 2)).isEqualTo(LongBytesStateReader.NOT_FOUND);
        assertThat(longBytes.valueLength(8)).isZero();
        assertThat(longBytes.containsKey(8)).isTrue();
        assertThat(longBytes.containsKey(9)).isFalse();
        final Map<Long, Integer> lengths = new HashMap<>();
        longBytes.forEach((key, bytes) -> lengths.put(key, bytes.capacity()));
        assertThat(lengths).containsOnly(Map.entry(7L, 5), Map.entry(8L, 0));
    }

    private static void readFixed(final StoreReader reader) {
        final FixedBytesStateReader fixed = reader.fixedBytesState("fixed", 3, 5);
        assertThat(fixed.keyLength()).isEqualTo(3);
        assertThat(fixed.valueLength()).isEqualTo(5);
        final ExpandableArrayBuffer value = new ExpandableArrayBuffer(2);
        assertThat(fixed.get(buffer("xabc"), 1, value, 4)).isTrue();
        assertThat(value.getStringWithoutLengthUtf8(4, 5)).isEqualTo("fives");
        assertThat(fixed.get(buffer("abd"), 0, value, 0)).isFalse();
        assertThat(fixed.containsKey(buffer("abc"), 0)).isTrue();
        assertThatThrownBy(() -> fixed.containsKey(buffer("ab"), 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> fixed.get(buffer("abc"), 0, new UnsafeBuffer(new byte[4]), 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        fixed.forEach((key, bytes) -> assertThat(
                        key.getStringWithoutLengthUtf8(0, 3) + bytes.getStringWithoutLengthUtf8(0, 5))
                .isEqualTo("abcfives"));
        assertThatThrownBy(() -> reader.fixedBytesState("fixed", 3, 6)).isInstanceOf(StateMismatchException.class);
    }

    @Test
    void shouldReadSeveralKeysAtOnce() {
        final int count = 100;
        final LongDoubleState doubles = store.longDoubleState("doubles");
        final LongBytesState longBytes = store.longBytesState("long bytes");
        final FixedBytesState fixed = store.fixedBytesState("fixed", Long.BYTES, Integer.BYTES);
        final UnsafeBuffer allKeys = new UnsafeBuffer(new byte[1 + count * Long.BYTES]);
        final int[] offsets = new int[count + 1];
        final long[] keys = new long[count];
        final UnsafeBuffer value = new UnsafeBuffer(new byte[Integer.BYTES]);
        for (int i = 0; i < count; i++) {
            keys[i] = i * 7L;
            allKeys.putLong(1 + i * Long.BYTES, keys[i]);
            offsets[i + 1] = 1 + (i + 1) * Long.BYTES;
            value.putInt(0, i);
            if (i % 3 != 0) {
                visits.put(keys[i], i);
                doubles.put(keys[i], i);
                longBytes.put(keys[i], value, 0, Integer.BYTES);
                fixed.put(allKeys, 1 + i * Long.BYTES, value, 0);
                pages.put(allKeys, 1 + i * Long.BYTES, Long.BYTES, value, 0, Integer.BYTES);
            }
        }
        offsets[0] = 1;
        final Set<Integer> present = new TreeSet<>();
        for (int i = 5; i < count; i++) {
            if (i % 3 != 0) {
                present.add(i - 5);
            }
        }
        final int some = count - 5;
        final StoreReader reader = store.reader();
        final long[] longs = new long[count];
        reader.longLongState("visits").getAll(keys, 5, some, longs, -1);
        final double[] numbers = new double[count];
        reader.longDoubleState("doubles").getAll(keys, 5, some, numbers, -1);
        for (int i = 0; i < count; i++) {
            final long expected = i < 5 ? 0 : i % 3 != 0 ? i : -1;
            assertThat(longs[i]).isEqualTo(expected);
            assertThat(numbers[i]).isEqualTo(expected);
        }
        final int fixedFrom = 1 + 5 * Long.BYTES;
        assertBatch(present, to -> fixed.getAll(allKeys, fixedFrom, some, to));
        final FixedBytesStateReader fixedReader = reader.fixedBytesState("fixed", Long.BYTES, Integer.BYTES);
        assertBatch(present, to -> fixedReader.getAll(allKeys, fixedFrom, some, to));
        assertBatch(present, to -> reader.longBytesState("long bytes").getAll(keys, 5, some, to));
        assertBatch(present, to -> reader.bytesState("pages").getAll(allKeys, offsets, 5, some, to));
    }

    private static void assertBatch(final Set<Integer> present, final ToIntFunction<BatchConsumer> batch) {
        final Set<Integer> seen = new TreeSet<>();
        final int count = batch.applyAsInt((index, value) -> {
            assertThat(value.capacity()).isEqualTo(Integer.BYTES);
            assertThat(value.getInt(0)).isEqualTo(index + 5);
            assertThat(seen.add(index)).isTrue();
        });
        assertThat(seen).isEqualTo(present);
        assertThat(count).isEqualTo(present.size());
    }

    @Test
    void shouldRefuseBatchesThatCannotBe() {
        final FixedBytesState fixed = store.fixedBytesState("fixed", 2, 0);
        final UnsafeBuffer keys = buffer("aabbcc");
        fixed.add(keys, 0);
        store.longBytesState("long bytes").put(1, keys, 0, 2);
        put("a", "alpha");
        final StoreReader reader = store.reader();
        final FixedBytesStateReader fixedReader = reader.fixedBytesState("fixed", 2, 0);
        final LongBytesStateReader longBytes = reader.longBytesState("long bytes");
        final BytesStateReader bytes = reader.bytesState("pages");
        final BatchConsumer none = (index, value) -> {};
        assertThatThrownBy(() -> fixed.getAll(keys, 1, 3, none)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> fixed.getAll(keys, 0, Integer.MAX_VALUE, none))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> fixedReader.getAll(keys, 0, -1, none)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> longBytes.getAll(new long[3], 1, 3, none))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> fixed.getAll(keys, 0, 1, (index, value) -> fixed.getAll(keys, 0, 1, none)))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> fixedReader.getAll(keys, 0, 1, (index, value) -> fixedReader.getAll(keys, 0, 1, none)))
                .isInstanceOf(IllegalStateException.class);
        final long[] one = {1};
        assertThatThrownBy(() -> longBytes.getAll(one, 0, 1, (index, value) -> longBytes.getAll(one, 0, 1, none)))
                .isInstanceOf(IllegalStateException.class);
        final int[] offsets = {0, 1};
        assertThatThrownBy(() -> bytes.getAll(
                        buffer("a"), offsets, 0, 1, (index, value) -> bytes.getAll(buffer("a"), offsets, 0, 1, none)))
                .isInstanceOf(IllegalStateException.class);
        assertThat(fixed.getAll(keys, 0, 3, none)).isEqualTo(1); // and all go on
        assertThat(fixedReader.getAll(keys, 0, 3, none)).isEqualTo(1);
        assertThat(longBytes.getAll(one, 0, 1, none)).isEqualTo(1);
        assertThat(bytes.getAll(buffer("a"), offsets, 0, 1, none)).isEqualTo(1);
    }

    @Test
    void shouldSeeChangesAtOnceAlsoThoseOfAnOpenBatch() {
        try (StoreReader reader = store.reader()) {
            final LongLongStateReader visitsReader = reader.longLongState("visits");
            store.beginBatch();
            visits.put(1, 10);
            assertThat(visitsReader.get(1, -1)).isEqualTo(10);
            store.rollbackBatch();
            assertThat(visitsReader.get(1, -1)).isEqualTo(-1);
            visits.put(1, 11);
            visits.clear();
            assertThat(visitsReader.get(1, -1)).isEqualTo(-1);
        }
    }

    @Test
    void shouldReadWithoutBecomingTheWriter() {
        CompletableFuture.runAsync(() -> store.reader().longLongState("visits").get(1, 0))
                .join();
        CompletableFuture.runAsync(() -> {
                    visits.put(1, 1);
                    store.releaseOwnership();
                })
                .join();
    }

    @Test
    void shouldRefuseStatesThatAreNotThere() {
        final StoreReader reader = store.reader();
        assertThatThrownBy(() -> reader.longLongState("none"))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("none");
        assertThatThrownBy(() -> reader.longLongState("pages")).isInstanceOf(StateMismatchException.class);
        assertThatThrownBy(() -> reader.valueState("sizes", Codecs.STRING, Codecs.STRING))
                .isInstanceOf(StateMismatchException.class);
    }

    @Test
    void shouldThrowAfterTheReaderIsClosed() {
        final StoreReader reader = store.reader();
        final LongLongStateReader visitsReader = reader.longLongState("visits");
        reader.close();
        reader.close();
        assertThatThrownBy(() -> visitsReader.get(1, 0)).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(() -> reader.bytesState("pages")).isInstanceOf(StoreClosedException.class);
    }

    @Test
    void shouldThrowAfterTheStoreIsClosed() {
        put("a", "alpha");
        final StoreReader reader = store.reader();
        final LongLongStateReader visitsReader = reader.longLongState("visits");
        final BytesStateReader pagesReader = reader.bytesState("pages");
        store.close();
        assertThatThrownBy(() -> visitsReader.get(1, 0)).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(() -> pagesReader.forEach((key, value) -> {})).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(() -> pagesReader.containsKey(buffer("a"), 0, 1)).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(store::reader).isInstanceOf(StoreClosedException.class);
        reader.close();
    }

    @Test
    void shouldEndAScanWhoseConsumerClosesTheStore() {
        put("a", "alpha");
        put("b", "beta");
        final BytesStateReader pagesReader = store.reader().bytesState("pages");
        assertThatThrownBy(() -> pagesReader.forEach((key, value) -> store.close()))
                .isInstanceOf(StoreClosedException.class);
    }
}
