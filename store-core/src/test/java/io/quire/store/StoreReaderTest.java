/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.codec.Codecs;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.memory.PagedMemory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
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
