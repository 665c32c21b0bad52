/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.NotWriterException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PagedMemory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StateStoreTest {
    private final StateStore store = new StateStore(PagedMemory.anonymous(7));

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void shouldTellWhatAnIdIsFromAnyThreadWhileStatesComeAndGo() throws InterruptedException {
        final int count = 100;
        final AtomicReference<String> wrong = new AtomicReference<>();
        final AtomicInteger created = new AtomicInteger();
        final Thread other = new Thread(() -> {
            while (created.get() < count && wrong.get() == null) {
                final int known = created.get();
                for (int id = 1; id <= known; id++) {
                    final StateDescriptor found = store.descriptor(id);
                    if (found == null || found.id() != id) {
                        wrong.set("id=" + id + " found=" + found);
                    }
                }
            }
        });
        other.start();
        for (int i = 1; i <= count; i++) {
            store.longLongState("state " + i);
            if (i % 3 == 0) {
                store.dropState("state " + i);
                assertThat(store.descriptor(i).name()).isEqualTo("state " + i); // for who reads its changes later
            }
            created.set(i);
        }
        other.join();
        assertThat(wrong.get()).isNull();
        assertThat(store.descriptor(0)).isNull();
        assertThat(store.descriptor(count + 1)).isNull();
        assertThat(store.descriptor(Integer.MAX_VALUE)).isNull();
        assertThat(store.states()).hasSize(67);
    }

    @Test
    void shouldKeepLongsUnderEveryKey() {
        final LongLongState state = store.longLongState("visits");
        for (final long key : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThat(state.containsKey(key)).isFalse();
            assertThat(state.get(key, 42)).isEqualTo(42);
            state.put(key, key ^ 5);
            assertThat(state.get(key, 42)).isEqualTo(key ^ 5);
            assertThat(state.addAndGet(key, 3)).isEqualTo((key ^ 5) + 3);
            assertThat(state.getAndAdd(key, 1)).isEqualTo((key ^ 5) + 3);
            assertThat(state.compareAndSet(key, 0, 1)).isFalse();
            assertThat(state.compareAndSet(key, (key ^ 5) + 4, 9)).isTrue();
            assertThat(state.putIfAbsent(key, 1, -7)).isEqualTo(9);
            assertThat(state.remove(key)).isTrue();
            assertThat(state.remove(key)).isFalse();
            assertThat(state.compareAndSet(key, 0, 1)).isFalse();
            assertThat(state.putIfAbsent(key, 1, -7)).isEqualTo(-7);
        }
        assertThat(state.size()).isEqualTo(5);
        final Map<Long, Long> seen = new HashMap<>();
        state.forEach(seen::put);
        assertThat(seen).hasSize(5).allSatisfy((key, value) -> assertThat(value).isEqualTo(1));
        state.clear();
        assertThat(state.size()).isZero();
        state.checkInvariants();
    }

    @Test
    void shouldKeepBytesFromAnyKindOfBuffer() {
        final BytesState state = store.bytesState("bytes");
        final UnsafeBuffer heap = new UnsafeBuffer("xkeyx".getBytes(StandardCharsets.US_ASCII));
        final UnsafeBuffer direct = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(100));
        direct.putBytes(10, "value".getBytes(StandardCharsets.US_ASCII));
        state.put(heap, 1, 3, direct, 10, 5);
        direct.putBytes(50, "key".getBytes(StandardCharsets.US_ASCII));
        final UnsafeBuffer target = new UnsafeBuffer(new byte[8]);
        assertThat(state.get(direct, 50, 3, target, 3)).isEqualTo(5);
        assertThat(target.getStringWithoutLengthAscii(3, 5)).isEqualTo("value");
        assertThatThrownBy(() -> state.get(direct, 50, 3, target, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("valueLength=5");
        final ExpandableArrayBuffer growing = new ExpandableArrayBuffer(2);
        assertThat(state.get(direct, 50, 3, growing, 100)).isEqualTo(5);
        final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        assertThat(state.wrap(heap, 1, 3, view)).isTrue();
        assertThat(view.capacity()).isEqualTo(5);
        assertThat(state.valueLength(heap, 1, 3)).isEqualTo(5);
        assertThat(state.get(heap, 0, 3, target, 0)).isEqualTo(BytesState.NOT_FOUND);
        assertThat(state.wrap(heap, 0, 3, view)).isFalse();
        assertThatThrownBy(() -> state.put(heap, 4, 3, direct, 0, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> state.get(heap, 0, -1, target, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(state.remove(heap, 1, 3)).isTrue();
        assertThat(state.containsKey(heap, 1, 3)).isFalse();
        state.put(heap, 0, 0, heap, 0, 0);
        assertThat(state.get(heap, 0, 0, target, 0)).isZero();
        assertThat(state.size()).isEqualTo(1);
    }

    @Test
    void shouldCountInPlaceAndRefuseToCountInOtherValues() {
        final BytesState state = store.bytesState("counts");
        final UnsafeBuffer key = new UnsafeBuffer("word".getBytes(StandardCharsets.US_ASCII));
        assertThat(state.addAndGet(key, 0, 4, 2)).isEqualTo(2);
        assertThat(state.addAndGet(key, 0, 4, -5)).isEqualTo(-3);
        state.put(key, 0, 4, key, 0, 3);
        assertThatThrownBy(() -> state.addAndGet(key, 0, 4, 1)).isInstanceOf(StateMismatchException.class);
        assertThat(state.valueLength(key, 0, 4)).isEqualTo(3);
    }

    @Test
    void shouldRefuseKeysAndValuesOverTheLimitWithoutEffect() {
        final BytesState state = store.bytesState("large");
        final UnsafeBuffer large = new UnsafeBuffer(new byte[BytesState.VALUE_LENGTH_MAX + 1]);
        assertThatThrownBy(() -> state.put(large, 0, 8, large, 0, large.capacity()))
                .isInstanceOf(StoreFullException.class);
        assertThatThrownBy(() -> state.put(large, 0, BytesState.KEY_LENGTH_MAX + 1, large, 0, 8))
                .isInstanceOf(StoreFullException.class);
        assertThat(state.size()).isZero();
    }

    @Test
    void shouldKeepTypedValues() {
        final ValueState<String, Long> state = store.valueState("typed", Codecs.STRING, Codecs.LONG);
        assertThat(state.get("a")).isNull();
        state.put("a", 1L);
        state.put("ä€", 2L);
        assertThat(state.get("ä€")).isEqualTo(2);
        assertThat(state.containsKey("a")).isTrue();
        final Map<String, Long> seen = new HashMap<>();
        state.forEach(seen::put);
        assertThat(seen).containsOnly(Map.entry("a", 1L), Map.entry("ä€", 2L));
        assertThat(state.remove("a")).isTrue();
        assertThat(state.size()).isEqualTo(1);
        final ValueState<Integer, byte[]> others = store.valueState("others", Codecs.INT, Codecs.BYTES);
        others.put(5, new byte[] {1, 2});
        assertThat(others.get(5)).containsExactly(1, 2);
    }

    @Test
    void shouldHaveNoEffectWhenACodecThrows() {
        final Codec<String> broken = new Codec<>() {
            @Override
            public String id() {
                return "test.broken";
            }

            @Override
            public int version() {
                return 1;
            }

            @Override
            public int encode(final String value, final MutableDirectBuffer buffer, final int offset) {
                throw new IllegalStateException("planted");
            }

            @Override
            public String decode(final DirectBuffer buffer, final int offset, final int length) {
                throw new IllegalStateException("planted");
            }
        };
        final ValueState<Long, String> state = store.valueState("broken", Codecs.LONG, broken);
        assertThatThrownBy(() -> state.put(1L, "x")).hasMessage("planted");
        assertThat(state.size()).isZero();
        store.longLongState("fine").put(1, 1);
    }

    @Test
    void shouldNameBothSidesWhenAStateIsOpenedAsAnother() {
        store.valueState("s", Codecs.STRING, Codecs.LONG);
        assertThatThrownBy(() -> store.longLongState("s"))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("VALUE")
                .hasMessageContaining("LONG_LONG");
        assertThatThrownBy(() -> store.valueState("s", Codecs.STRING, Codecs.INT))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("quire.long v1")
                .hasMessageContaining("quire.int v1");
        assertThatThrownBy(() -> store.bytesState("")).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> store.bytesState("x".repeat(256))).isInstanceOf(ConfigurationException.class);
        assertThat(store.longLongState("l")).isSameAs(store.longLongState("l"));
        assertThat(store.states()).hasSize(2);
    }

    @Test
    void shouldRollBackEverythingABatchDid() {
        final LongLongState longs = store.longLongState("longs");
        final BytesState bytes = store.bytesState("bytes");
        final UnsafeBuffer data = new UnsafeBuffer("abcdefgh".getBytes(StandardCharsets.US_ASCII));
        longs.put(1, 10);
        bytes.put(data, 0, 2, data, 0, 5);
        store.beginBatch();
        longs.put(1, 11);
        longs.addAndGet(1, 1);
        longs.put(2, 2);
        longs.remove(1);
        longs.compareAndSet(2, 2, 3);
        longs.putIfAbsent(3, 3, 0);
        bytes.put(data, 0, 2, data, 3, 1);
        bytes.addAndGet(data, 4, 2, 5);
        bytes.remove(data, 0, 2);
        store.rollbackBatch();
        assertThat(longs.size()).isEqualTo(1);
        assertThat(longs.get(1, 0)).isEqualTo(10);
        assertThat(bytes.size()).isEqualTo(1);
        assertThat(bytes.valueLength(data, 0, 2)).isEqualTo(5);
        store.beginBatch();
        longs.put(1, 12);
        store.commitBatch();
        assertThat(longs.get(1, 0)).isEqualTo(12);
    }

    @Test
    void shouldRefuseWhatABatchCannotTakeBack() {
        final LongLongState longs = store.longLongState("longs");
        assertThatThrownBy(store::commitBatch).isInstanceOf(ConfigurationException.class);
        store.beginBatch();
        assertThatThrownBy(store::beginBatch).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(longs::clear).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> store.bytesState("new")).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(store::releaseOwnership).isInstanceOf(ConfigurationException.class);
        store.rollbackBatch();
        store.bytesState("new");
    }

    @Test
    void shouldDetectTheWrongThreadUntilOwnershipIsHandedOver() throws Exception {
        final LongLongState state = store.longLongState("s");
        state.put(1, 1);
        assertThat(fromAnotherThread(() -> state.put(1, 2))).isInstanceOf(NotWriterException.class);
        assertThat(fromAnotherThread(store::releaseOwnership)).isInstanceOf(NotWriterException.class);
        assertThat(state.get(1, 0)).isEqualTo(1);
        store.releaseOwnership();
        assertThat(fromAnotherThread(() -> {
                    state.put(1, 3);
                    store.releaseOwnership();
                }))
                .isNull();
        assertThat(state.addAndGet(1, 1)).isEqualTo(4);
    }

    @Test
    void shouldNotGiveOwnershipUpInsideAWalk() throws Exception {
        final LongLongState state = store.longLongState("s");
        final BytesState bytes = store.bytesState("bytes");
        final UnsafeBuffer key = new UnsafeBuffer(new byte[8]);
        state.put(1, 1);
        bytes.put(key, 0, 8, key, 0, 8);
        state.forEach((found, value) -> {
            assertThatThrownBy(store::releaseOwnership)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("walk");
            state.get(1, 0);
            assertThatThrownBy(store::close).isInstanceOf(ConfigurationException.class);
        });
        bytes.update(key, 0, 8, value -> {
            assertThatThrownBy(store::releaseOwnership).isInstanceOf(ConfigurationException.class);
            assertThatThrownBy(() -> store.dropState("bytes")).isInstanceOf(ConfigurationException.class);
        });
        state.forEach((found, value) -> assertThatThrownBy(store::close).isInstanceOf(ConfigurationException.class));
        store.releaseOwnership();
        assertThat(fromAnotherThread(() -> state.put(1, 3))).isNull();
    }

    static Throwable fromAnotherThread(final Runnable task) throws InterruptedException {
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (final Throwable t) {
                thrown.set(t);
            }
        });
        thread.start();
        thread.join();
        return thrown.get();
    }

    @Test
    void shouldRunARequestedDutyBetweenTwoOperationsAndNotInABatch() {
        final LongLongState state = store.longLongState("s");
        final AtomicInteger runs = new AtomicInteger();
        store.attach(null, null, false, 0, runs::incrementAndGet);
        store.beginBatch();
        store.requestDuty();
        state.put(1, 1);
        assertThat(runs).hasValue(0);
        store.commitBatch();
        assertThat(runs).hasValue(0);
        state.put(1, 2);
        assertThat(runs).hasValue(1);
        store.poll();
        assertThat(runs).hasValue(1);
        store.requestDuty();
        store.poll();
        assertThat(runs).hasValue(2);
    }

    @Test
    void shouldRefuseWritesForGoodOnceFailedAndGoOnReading() {
        final LongLongState state = store.longLongState("s");
        state.put(1, 1);
        store.fail(new IllegalStateException("planted"));
        assertThatThrownBy(() -> state.put(1, 2))
                .isInstanceOf(StoreFailedException.class)
                .hasMessageContaining("planted");
        assertThatThrownBy(() -> state.remove(1)).isInstanceOf(StoreFailedException.class);
        assertThat(state.get(1, 0)).isEqualTo(1);
    }

    @Test
    void shouldRefuseEveryCallAfterClose() {
        final LongLongState state = store.longLongState("s");
        final BytesState bytes = store.bytesState("b");
        store.close();
        store.close();
        final UnsafeBuffer key = new UnsafeBuffer(new byte[4]);
        assertThatThrownBy(() -> state.get(1, 0)).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(() -> state.put(1, 0)).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(() -> bytes.containsKey(key, 0, 4)).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(() -> bytes.forEach((k, v) -> {})).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(state::size).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(() -> store.longLongState("s")).isInstanceOf(StoreClosedException.class);
    }

    @Test
    void shouldStayUsableWhenMemoryIsFull() {
        try (StateStore small = new StateStore(
                PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(20)).lengthMax(1 << 20)))) {
            final LongLongState state = small.longLongState("s");
            long count = 0;
            try {
                while (true) {
                    state.put(count, count);
                    count++;
                }
            } catch (final StoreFullException e) {
                assertThat(e).hasMessageContaining("limit");
            }
            assertThat(state.size()).isEqualTo(count);
            state.checkInvariants();
            state.put(0, 5);
            assertThat(state.get(0, 0)).isEqualTo(5);
            assertThat(state.remove(1)).isTrue();
            assertThat(state.size()).isEqualTo(count - 1);
        }
    }
}
