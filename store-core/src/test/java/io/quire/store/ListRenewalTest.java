/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.codec.FlyweightCodec;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Elements of lists that live longer when they are read. */
class ListRenewalTest {
    private static final TimeToLive TEN = TimeToLive.ofMillis(10).updatedBy(UpdateType.ON_READ_AND_WRITE);
    private static final int COUNT = 3_000; // elements, in several chunks

    record Text(String text) {}

    private final AtomicLong clock = new AtomicLong(1_000);
    private final PagedMemory memory = PagedMemory.anonymous(7);
    private final StateStore store = new StateStore(memory, clock::get, SystemNanoClock.INSTANCE);

    @BeforeEach
    void removeNothing() {
        store.expiryBudgetNs(0);
    }

    @AfterEach
    void close() {
        store.states().forEach(KeyedState::checkInvariants);
        store.close();
    }

    private static <E> TypedStateDescriptor<Long, ListState<Long, E>> lists(final Codec<E> codec) {
        return TypedStateDescriptor.list("lists", Codecs.LONG, codec);
    }

    private static <E> List<E> read(final ListState<Long, E> state, final long key) {
        final List<E> elements = new ArrayList<>();
        state.get(key).forEach(elements::add);
        return elements;
    }

    private static <E> List<E> walked(final ListState<Long, E> state) {
        final List<E> elements = new ArrayList<>();
        state.forEach((key, element) -> elements.add(element));
        return elements;
    }

    @Test
    void shouldRenewWhatLivesWhenAnIteratorIsMadeAndNothingElse() {
        final ListState<Long, Long> state = store.state(lists(Codecs.LONG).withTimeToLive(TEN));
        state.add(1L, 1L);
        clock.set(1_005);
        state.add(1L, 2L);
        state.add(2L, 20L);
        clock.set(1_010);
        final Iterable<Long> elements = state.get(1L);
        clock.set(1_012); // an iterable that nobody iterates over reads nothing
        assertThat(elements.iterator().next()).isEqualTo(2L);
        clock.set(1_015);
        assertThat(walked(state)).as("of another key").containsExactly(2L);
        clock.set(1_021);
        assertThat(walked(state)).as("a walk is no read by key").containsExactly(2L);
        clock.set(1_022);
        assertThat(walked(state)).isEmpty();
        assertThat(read(state, 1L)).as("what has expired is not renewed").isEmpty();
        assertThat(state.size(1L)).isEqualTo(2);
        store.state(lists(Codecs.LONG).withTimeToLive(TimeToLive.OFF));
        assertThat(read(state, 1L)).containsExactly(1L, 2L);
    }

    @Test
    void shouldRenewThroughTheCurrentKeyAndInNamespaces() {
        final NamespacedState<Long, Long, ListState<Long, Long>> windows =
                store.state(lists(Codecs.LONG).withTimeToLive(TEN), Codecs.LONG);
        windows.in(1L).add(1L, 11L);
        windows.in(2L).add(1L, 12L);
        clock.set(1_009);
        store.setCurrentKey(1L);
        assertThat(windows.in(1L).current().get()).containsExactly(11L);
        clock.set(1_018);
        assertThat(walked(windows.in(1L))).containsExactly(11L);
        assertThat(walked(windows.in(2L))).isEmpty();
        clock.set(1_019);
        assertThat(walked(windows.in(1L))).isEmpty();
    }

    private <E> void checkAllAges(final Codec<E> codec, final IntFunction<E> elementOf) {
        clock.addAndGet(1_000_000);
        final String name = codec.id() + codec.schema().hashCode();
        final TypedStateDescriptor<Long, ListState<Long, E>> descriptor =
                TypedStateDescriptor.list(name, Codecs.LONG, codec);
        store.state(descriptor).add(1L, elementOf.apply(0)); // counts as written with the first time to live
        store.state(descriptor).add(2L, elementOf.apply(9));
        final ListState<Long, E> state = store.state(descriptor.withTimeToLive(TEN));
        clock.addAndGet(4);
        for (int i = 1; i <= COUNT; i++) {
            state.add(1L, elementOf.apply(i));
        }
        for (int round = 0; round < 3; round++) {
            clock.addAndGet(9);
            final List<E> found = read(state, 1L);
            assertThat(found).hasSize(COUNT); // the first has expired
            for (int i = 0; i < COUNT; i += 97) {
                assertThat(found.get(i)).isEqualTo(elementOf.apply(i + 1));
            }
        }
        clock.addAndGet(9);
        assertThat(read(state, 2L)).as("without a timestamp, expired").isEmpty();
        store.state(descriptor.withTimeToLive(TimeToLive.OFF));
        assertThat(state.get(1L).iterator().next()).isEqualTo(elementOf.apply(0));
        assertThat(read(state, 2L)).containsExactly(elementOf.apply(9));
    }

    @Test
    void shouldRenewElementsOfEachKindOfCodec() {
        checkAllAges(Codecs.LONG, i -> (long) i);
        checkAllAges(Codecs.STRING, i -> "x".repeat(i % 200));
        checkAllAges(Codecs.record(Text.class), i -> new Text("t" + i));
        checkAllAges(Codecs.BYTES, i -> new byte[] {(byte) i, 1, 2});
    }

    @Test
    void shouldRenewElementsFromBeforeTheFirstTimeToLive() {
        store.state(lists(Codecs.STRING)).addAll(1L, List.of("one", "", "three"));
        final ListState<Long, String> state = store.state(lists(Codecs.STRING).withTimeToLive(TEN));
        state.add(1L, "four");
        for (int round = 0; round < 3; round++) {
            clock.addAndGet(9);
            assertThat(read(state, 1L)).containsExactly("one", "", "three", "four");
        }
        clock.addAndGet(10);
        assertThat(read(state, 1L)).isEmpty();
    }

    @Test
    void shouldRenewFlyweights() {
        final Codec<UnsafeBuffer> codec = new FlyweightCodec<>(
                "test.view",
                1,
                new UnsafeBuffer(0, 0),
                (view, bytes, offset, length, acting) -> view.wrap(bytes, offset, length),
                (view, bytes, offset) -> {
                    bytes.putBytes(offset, view, 0, view.capacity());
                    return view.capacity();
                });
        final UnsafeBuffer before = new UnsafeBuffer("before the time to live".getBytes(StandardCharsets.UTF_8));
        final UnsafeBuffer after = new UnsafeBuffer("after".getBytes(StandardCharsets.UTF_8));
        store.state(lists(codec)).add(1L, before);
        final ListState<Long, UnsafeBuffer> state = store.state(lists(codec).withTimeToLive(TEN));
        state.add(1L, after);
        for (int round = 0; round < 3; round++) {
            clock.addAndGet(9);
            final Iterator<UnsafeBuffer> elements = state.get(1L).iterator();
            assertThat(elements.next()).isEqualTo(before);
            assertThat(elements.next()).isEqualTo(after);
            assertThat(elements.hasNext()).isFalse();
        }
    }

    @Test
    void shouldTakeRenewalsBackWithTheirBatch() {
        final ListState<Long, Long> state = store.state(lists(Codecs.LONG).withTimeToLive(TEN));
        for (long i = 0; i < COUNT; i++) {
            state.add(1L, i);
            clock.set(1_000 + i * 8 / COUNT);
        }
        final List<Long> ages = new ArrayList<>();
        clock.set(1_008);
        store.beginBatch();
        assertThat(read(state, 1L)).hasSize(COUNT);
        state.add(1L, -1L);
        clock.set(1_009);
        assertThat(read(state, 1L)).hasSize(COUNT + 1);
        store.rollbackBatch();
        for (long timeMs = 1_009; timeMs <= 1_018; timeMs++) {
            clock.set(timeMs);
            ages.add((long) walked(state).size());
        }
        assertThat(ages).startsWith((long) COUNT).endsWith(0L).isSortedAccordingTo((a, b) -> Long.compare(b, a));
        assertThat(ages.stream().distinct().count()).as("each has its own age").isGreaterThan(7);
    }

    @Test
    void shouldTakeARewritingBackWithItsBatch() {
        store.state(lists(Codecs.LONG)).addAll(1L, List.of(1L, 2L));
        final ListState<Long, Long> state = store.state(lists(Codecs.LONG).withTimeToLive(TEN));
        clock.set(1_009);
        store.beginBatch();
        assertThat(read(state, 1L)).containsExactly(1L, 2L);
        store.rollbackBatch();
        assertThat(walked(state)).containsExactly(1L, 2L);
        clock.set(1_010);
        assertThat(walked(state)).isEmpty();
    }

    @Test
    void shouldRenewAListThatIsAddedToAnotherAsItIsRead() {
        store.state(lists(Codecs.STRING)).addAll(1L, List.of("one", "two"));
        final ListState<Long, String> state = store.state(lists(Codecs.STRING).withTimeToLive(TEN));
        clock.set(1_009);
        state.addAll(2L, state.get(1L)); // whose elements had no timestamp
        clock.set(1_018);
        state.addAll(3L, state.get(1L));
        state.update(1L, state.get(1L));
        assertThat(read(state, 1L)).containsExactly("one", "two");
        assertThat(read(state, 2L)).containsExactly("one", "two");
        clock.set(1_027);
        assertThat(read(state, 3L)).containsExactly("one", "two");
    }

    @Test
    void shouldLeaveIteratorsThatWereBegunBeforeAlone() {
        final ListState<Long, Long> state = store.state(lists(Codecs.LONG).withTimeToLive(TEN));
        for (long i = 0; i < COUNT; i++) {
            state.add(1L, i);
        }
        final Iterator<Long> elements = state.get(1L).iterator();
        for (long i = 0; i < COUNT; i++) {
            assertThat(elements.next()).isEqualTo(i);
            if (i % 500 == 0) {
                clock.addAndGet(9);
                assertThat(state.get(1L)).hasSize(COUNT);
            }
        }
        assertThat(elements.hasNext()).isFalse();
    }

    @Test
    void shouldChangeNothingWhenAllWasWrittenNow() {
        final ListState<Long, Long> state = store.state(lists(Codecs.LONG).withTimeToLive(TEN));
        state.add(1L, 1L);
        final PageCapture capture = memory.seal();
        while (!capture.complete()) {
            capture.capture(1000, (page, mask, lines) -> {});
        }
        capture.end();
        assertThat(read(state, 1L)).containsExactly(1L);
        assertThat(memory.changed()).isFalse();
        clock.set(1_001);
        assertThat(read(state, 1L)).containsExactly(1L);
        assertThat(memory.changed()).isTrue();
    }

    @Test
    void shouldRenewUnderAnyClock() {
        for (final long timeMs :
                new long[] {Long.MIN_VALUE, Long.MIN_VALUE + 5, -3, Long.MAX_VALUE - 12, Long.MAX_VALUE}) {
            clock.set(timeMs);
            store.expiryClock().reset();
            final ListState<Long, Long> state = store.state(lists(Codecs.LONG).withTimeToLive(TEN));
            state.update(1L, List.of(1L, 2L));
            for (int round = 0; round < 3; round++) {
                clock.set(clock.get() > Long.MAX_VALUE - 4 ? Long.MAX_VALUE : clock.get() + 4);
                assertThat(read(state, 1L)).as("timeMs=%s", timeMs).containsExactly(1L, 2L);
            }
        }
    }

    @Test
    void shouldHaveNoEffectWhenACodecThrowsHalfWay() {
        final boolean[] throwing = new boolean[1];
        final Codec<Long> codec = new Codec<>() {
            @Override
            public String id() {
                return "test.throwing";
            }

            @Override
            public int version() {
                return 1;
            }

            @Override
            public int fixedLength() {
                return Long.BYTES;
            }

            @Override
            public int encode(final Long value, final org.agrona.MutableDirectBuffer buffer, final int offset) {
                buffer.putLong(offset, value);
                if (throwing[0] && value == 2) {
                    throw new IllegalStateException("half way");
                }
                return Long.BYTES;
            }

            @Override
            public Long decode(final org.agrona.DirectBuffer buffer, final int offset, final int length) {
                return buffer.getLong(offset);
            }
        };
        store.state(lists(codec)).addAll(1L, List.of(1L, 2L, 3L));
        final ListState<Long, Long> state = store.state(lists(codec).withTimeToLive(TEN));
        clock.set(1_009);
        throwing[0] = true;
        assertThatThrownBy(() -> state.get(1L).iterator()).hasMessage("half way");
        throwing[0] = false;
        assertThat(walked(state)).containsExactly(1L, 2L, 3L);
        clock.set(1_010);
        assertThat(walked(state)).isEmpty();
        state.add(1L, 4L);
        assertThat(read(state, 1L)).containsExactly(4L);
    }

    @Test
    void shouldRefuseRecordsThatDoNotFitTheList() {
        final ListState<Long, Long> state = store.state(lists(Codecs.LONG).withTimeToLive(TEN));
        state.add(1L, 7L);
        final StateReplay replay = new StateReplay(store);
        final UnsafeBuffer bytes = new UnsafeBuffer(new byte[64]);
        bytes.putLong(0, 1L); // key
        bytes.putLong(8, 5_000L);
        for (final int[] lengths :
                new int[][] {{20, 7}, {20, 17}, {20, -1}, {20, Integer.MAX_VALUE}, {19, 8}, {21, 8}, {0, 8}}) {
            bytes.putInt(24, lengths[1]);
            assertThatThrownBy(() -> replay(replay, bytes, lengths[0])).isInstanceOf(CorruptStoreException.class);
        }
        bytes.putInt(24, 8);
        replay(replay, bytes, 20);
        clock.set(5_009);
        assertThat(walked(state)).containsExactly(7L);
        bytes.putLong(0, 2L); // there is no such list
        assertThatThrownBy(() -> replay(replay, bytes, 20)).isInstanceOf(CorruptStoreException.class);
    }

    private static void replay(final StateReplay replay, final UnsafeBuffer bytes, final int length) {
        final long pointer = RawMemory.allocate(bytes.capacity());
        try {
            RawMemory.copy(bytes.byteArray(), RawMemory.ARRAY_OFFSET, null, pointer, bytes.capacity());
            replay.onRecord(ChangeRecordDescriptor.TYPE_LIST_RENEW, 1, pointer, 8, pointer + 8, length);
        } finally {
            RawMemory.free(pointer);
        }
    }
}
