/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.codec.FlyweightCodec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.KeyGroupRange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When entries expire, and what is done about them. */
class TimeToLiveTest {
    private static final TimeToLive TEN = TimeToLive.ofMillis(10);

    private final AtomicLong clock = new AtomicLong(1_000);
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicReference<Runnable> whenTimeIsRead = new AtomicReference<>();
    private final StateStore store = new StateStore(PagedMemory.anonymous(7), clock::get, this::nanoTime);

    private long nanoTime() {
        final Runnable task = whenTimeIsRead.getAndSet(null);
        if (task != null) {
            task.run();
        }
        return nanos.addAndGet(1_000);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static TypedStateDescriptor<Long, ValueState<Long, String>> texts() {
        return TypedStateDescriptor.value("texts", Codecs.LONG, Codecs.STRING);
    }

    private static <T> List<T> listOf(final Iterable<T> elements) {
        final List<T> list = new ArrayList<>();
        elements.forEach(list::add);
        return list;
    }

    private static <K, V> Map<K, V> mapOf(final ValueState<K, V> state) {
        final Map<K, V> map = new HashMap<>();
        state.forEach(map::put);
        return map;
    }

    @Test
    void shouldExpireValuesExactlyAndShowThemNowhere() {
        final ValueState<Long, String> texts = store.state(texts().withTimeToLive(TEN));
        texts.put(1L, "one");
        clock.set(1_005);
        texts.put(2L, "two");
        clock.set(1_009);
        assertThat(texts.get(1L)).isEqualTo("one");
        clock.set(1_010);
        assertThat(texts.get(1L)).isNull();
        assertThat(texts.containsKey(1L)).isFalse();
        assertThat(mapOf(texts)).isEqualTo(Map.of(2L, "two"));
        final List<Long> keys = new ArrayList<>();
        texts.forEachKey(keys::add);
        assertThat(keys).containsExactly(2L);
        store.setCurrentKey(1L);
        assertThat(texts.current().value()).isNull();
        assertThat(texts.size()).as("not removed yet").isEqualTo(2);
        assertThat(texts.remove(1L)).as("it was not there").isFalse();
        assertThat(texts.size()).isEqualTo(1);
        assertThat(texts.remove(2L)).isTrue();
    }

    @Test
    void shouldPassOverWhatHasExpiredInWalksOverParts() {
        store.expiryBudgetNs(0);
        final ValueState<Long, String> texts = store.state(texts().withTimeToLive(TEN));
        final ListState<Long, Integer> lists = store.state(
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.INT).withTimeToLive(TEN));
        final MapState<Long, Integer, String> maps =
                store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.INT, Codecs.STRING)
                        .withTimeToLive(TEN));
        final ReducingState<Long, Long> sums =
                store.state(TypedStateDescriptor.reducing("sums", Codecs.LONG, Codecs.LONG, Long::sum)
                        .withTimeToLive(TEN));
        for (int i = 0; i < 20; i++) {
            clock.set(1_000 + i);
            texts.put((long) i, "text");
            lists.add(i % 2L, i);
            maps.put(i % 2L, i, "v");
            sums.add((long) i, 1L);
        }
        maps.putAll(5L, Map.of(7, "all"));
        final List<Long> found = new ArrayList<>();
        final List<Integer> elements = new ArrayList<>();
        final List<Integer> insides = new ArrayList<>();
        final List<Long> summed = new ArrayList<>();
        for (int part = 0; part < 3; part++) {
            final KeyGroupRange range = KeyGroupRange.part(part, 3);
            texts.forEach(range, (key, text) -> found.add(key));
            lists.forEach(range, (key, element) -> elements.add(element));
            maps.forEach(range, (key, inside, value) -> insides.add(inside));
            sums.forEach(range, (key, sum) -> summed.add(key));
        }
        assertThat(found).containsExactlyInAnyOrder(10L, 11L, 12L, 13L, 14L, 15L, 16L, 17L, 18L, 19L);
        assertThat(summed).containsExactlyInAnyOrderElementsOf(found);
        assertThat(elements).containsExactlyInAnyOrder(10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
        assertThat(insides).containsExactlyInAnyOrder(10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 7);
    }

    @Test
    void shouldExpireElementsAndEntriesByThemselves() {
        store.expiryBudgetNs(0);
        final ListState<Long, Integer> lists = store.state(
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.INT).withTimeToLive(TEN));
        final MapState<Long, Integer, String> maps =
                store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.INT, Codecs.STRING)
                        .withTimeToLive(TEN));
        for (int i = 0; i < 20; i++) {
            clock.set(1_000 + i);
            lists.add(1L, i);
            maps.put(1L, i, "v" + i);
        }
        assertThat(listOf(lists.get(1L))).containsExactly(10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
        assertThat(listOf(maps.keys(1L))).containsExactly(10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
        assertThat(maps.get(1L, 9)).isNull();
        assertThat(maps.get(1L, 10)).isEqualTo("v10");
        assertThat(maps.containsKey(1L, 9)).isFalse();
        assertThat(maps.remove(1L, 8)).isFalse();
        assertThat(lists.size(1L)).isEqualTo(20);
        assertThat(maps.size(1L)).isEqualTo(19);
        maps.put(1L, 3, "again");
        assertThat(maps.get(1L, 3)).isEqualTo("again");
        clock.set(1_028);
        assertThat(listOf(lists.get(1L))).containsExactly(19);
        assertThat(maps.isEmpty(1L)).isFalse();
        clock.set(1_029);
        assertThat(listOf(lists.get(1L))).isEmpty();
        assertThat(maps.isEmpty(1L)).isTrue();
        final List<Long> keys = new ArrayList<>();
        lists.forEachKey(keys::add);
        maps.forEachKey(keys::add);
        assertThat(keys).isEmpty();
        assertThat(maps.remove(1L)).isFalse();
        assertThat(lists.remove(1L)).isFalse();
        assertThat(maps.size()).isZero();
    }

    @Test
    void shouldBeginAnewWhenWhatWasReducedHasExpired() {
        final ReducingState<Long, Long> sums =
                store.state(TypedStateDescriptor.reducing("sums", Codecs.LONG, Codecs.LONG, Long::sum)
                        .withTimeToLive(TEN.updatedBy(UpdateType.ON_CREATE)));
        sums.add(1L, 5L);
        clock.set(1_009);
        sums.add(1L, 6L);
        assertThat(sums.get(1L)).isEqualTo(11);
        clock.set(1_010);
        assertThat(sums.get(1L)).as("adding did not make it live longer").isNull();
        sums.add(1L, 7L);
        assertThat(sums.get(1L)).isEqualTo(7);
        clock.set(1_019);
        assertThat(sums.get(1L)).isEqualTo(7);
    }

    @Test
    void shouldLetASumExpireAsOldAsItWasWhenItExpiresWhileItIsAddedTo() {
        final TimeToLive onCreate = TEN.updatedBy(UpdateType.ON_CREATE);
        final ReducingState<Long, Long> sums =
                store.state(TypedStateDescriptor.reducing("sums", Codecs.LONG, Codecs.LONG, this::slowSum)
                        .withTimeToLive(onCreate));
        final AggregatingState<Long, Long, Long, Long> totals =
                store.state(TypedStateDescriptor.aggregating("totals", Codecs.LONG, Codecs.LONG, new SlowTotal())
                        .withTimeToLive(onCreate));
        sums.add(1L, 1L);
        totals.add(1L, 1L);
        clock.set(1_009);
        sums.add(1L, 2L);
        assertThat(sums.get(1L)).as("was created more than ten ago").isNull();
        clock.set(1_009);
        assertThat(totals.get(1L)).as("the clock does not go back").isNull();
        totals.add(2L, 1L); // at 1014, and done 5 later
        totals.add(2L, 2L);
        assertThat(totals.get(2L)).isEqualTo(3);
        clock.set(1_023);
        totals.add(2L, 4L);
        assertThat(totals.get(2L)).isNull();
    }

    private long slowSum(final long first, final long second) {
        clock.addAndGet(5);
        return first + second;
    }

    private final class SlowTotal implements AggregateFunction<Long, Long, Long> {
        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(final Long value, final Long accumulator) {
            return accumulator == 0 ? value : (Long) slowSum(accumulator, value);
        }

        @Override
        public Long getResult(final Long accumulator) {
            return accumulator;
        }

        @Override
        public Long merge(final Long first, final Long second) {
            return first + second;
        }
    }

    @Test
    void shouldNotWriteOnWhenTheStoreIsClosedWhileItRemoves() throws Exception {
        final ValueState<Long, String> texts = store.state(texts().withTimeToLive(TEN));
        for (long i = 0; i < 100; i++) {
            texts.put(i, "t");
        }
        clock.set(1_010);
        final Thread closer = new Thread(store::close);
        whenTimeIsRead.set(() -> {
            closer.start();
            while (!store.closed()) {
                Thread.onSpinWait();
            }
        });
        final AtomicLong written = new AtomicLong();
        assertThatThrownBy(() -> {
                    for (long i = 1_000; closer.getState() == Thread.State.NEW; i++) {
                        texts.put(i, "t");
                        written.set(i);
                    }
                })
                .as("of the put before which it was closed")
                .isInstanceOf(StoreClosedException.class);
        assertThat(written.get()).isGreaterThan(1_000);
        closer.join();
    }

    @Test
    void shouldStartTheTimeAnewWhenTheUpdateTypeSaysSo() {
        for (final UpdateType type :
                List.of(UpdateType.ON_CREATE, UpdateType.ON_CREATE_AND_WRITE, UpdateType.ON_READ_AND_WRITE)) {
            final boolean onWrite = type != UpdateType.ON_CREATE;
            final boolean onRead = type == UpdateType.ON_READ_AND_WRITE;
            final long start = clock.get();
            final ValueState<Long, Long> values =
                    store.state(TypedStateDescriptor.value("v" + type, Codecs.LONG, Codecs.LONG)
                            .withTimeToLive(TEN.updatedBy(type)));
            final MapState<Long, Long, Long> maps =
                    store.state(TypedStateDescriptor.map("m" + type, Codecs.LONG, Codecs.LONG, Codecs.LONG)
                            .withTimeToLive(TEN.updatedBy(type)));
            for (long key = 1; key <= 3; key++) {
                values.put(key, key);
                maps.put(1L, key, key);
            }
            clock.set(start + 5);
            values.put(1L, 10L);
            maps.put(1L, 1L, 10L);
            assertThat(values.get(2L)).isEqualTo(2);
            assertThat(maps.get(1L, 2L)).isEqualTo(2);
            assertThat(values.containsKey(3L)).isTrue();
            assertThat(mapOf(values)).as("a walk is no read by key").hasSize(3);
            assertThat(listOf(maps.values(1L))).containsExactly(10L, 2L, 3L);
            clock.set(start + 10);
            assertThat(values.containsKey(1L)).as("written, %s", type).isEqualTo(onWrite);
            assertThat(maps.containsKey(1L, 1L)).as("written, %s", type).isEqualTo(onWrite);
            assertThat(values.containsKey(2L)).as("read, %s", type).isEqualTo(onRead);
            assertThat(maps.containsKey(1L, 2L)).as("read, %s", type).isEqualTo(onRead);
            assertThat(values.containsKey(3L)).isFalse();
            assertThat(maps.containsKey(1L, 3L)).isFalse();
            clock.set(start + 15);
            assertThat(mapOf(values)).isEmpty();
            assertThat(maps.isEmpty(1L)).isTrue();
        }
    }

    @Test
    void shouldKeepWhatAFlyweightShowsWhenReadingMakesItLiveLonger() {
        final Codec<UnsafeBuffer> codec = new FlyweightCodec<>(
                "test.view",
                1,
                new UnsafeBuffer(0, 0),
                (view, bytes, offset, length, acting) -> view.wrap(bytes, offset, length),
                (view, bytes, offset) -> {
                    bytes.putBytes(offset, view, 0, view.capacity());
                    return view.capacity();
                });
        final TypedStateDescriptor<Long, ValueState<Long, UnsafeBuffer>> values =
                TypedStateDescriptor.value("values", Codecs.LONG, codec);
        final TypedStateDescriptor<Long, MapState<Long, Long, UnsafeBuffer>> maps =
                TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, codec);
        final UnsafeBuffer before = new UnsafeBuffer("before the time to live".getBytes(StandardCharsets.UTF_8));
        final UnsafeBuffer after = new UnsafeBuffer("after".getBytes(StandardCharsets.UTF_8));
        store.state(values).put(1L, before);
        store.state(maps).put(1L, 1L, before);
        final TimeToLive onRead = TEN.updatedBy(UpdateType.ON_READ_AND_WRITE);
        final ValueState<Long, UnsafeBuffer> value = store.state(values.withTimeToLive(onRead));
        final MapState<Long, Long, UnsafeBuffer> map = store.state(maps.withTimeToLive(onRead));
        value.put(2L, after);
        map.put(1L, 2L, after);
        for (int round = 0; round < 5; round++) {
            clock.addAndGet(9);
            assertThat(value.get(1L)).isEqualTo(before);
            assertThat(value.get(2L)).isEqualTo(after);
            assertThat(map.get(1L, 1L)).isEqualTo(before);
            assertThat(map.get(1L, 2L)).isEqualTo(after);
        }
        clock.addAndGet(10);
        assertThat(value.get(1L)).isNull();
        assertThat(map.get(1L, 2L)).isNull();
    }

    @Test
    void shouldTakeTheTimeOfAReadBackWithItsBatch() {
        final ValueState<Long, String> texts =
                store.state(texts().withTimeToLive(TEN.updatedBy(UpdateType.ON_READ_AND_WRITE)));
        texts.put(1L, "one");
        clock.set(1_008);
        store.beginBatch();
        assertThat(texts.get(1L)).isEqualTo("one");
        store.rollbackBatch();
        clock.set(1_010);
        assertThat(texts.get(1L)).isNull();
    }

    @Test
    void shouldNotLetReappearWhatHasExpiredWhenTheClockGoesBack() {
        final ValueState<Long, String> texts = store.state(texts().withTimeToLive(TEN));
        texts.put(1L, "one");
        clock.set(1_010);
        assertThat(texts.get(1L)).isNull();
        clock.set(1_000);
        assertThat(texts.get(1L)).isNull();
        texts.put(2L, "two");
        clock.set(1_019);
        assertThat(texts.get(2L)).isEqualTo("two");
        clock.set(1_020);
        assertThat(texts.get(2L)).isNull();
    }

    @Test
    void shouldHideWhatHasExpiredFromReadersOnOtherThreads() {
        final ValueState<Long, String> texts = store.state(texts());
        texts.put(1L, "before");
        final List<Object> read = new ArrayList<>();
        final Runnable look = () -> CompletableFuture.runAsync(() -> {
                    try (StoreReader reader = store.reader()) {
                        final ValueStateReader<Long, String> state =
                                reader.valueState("texts", Codecs.LONG, Codecs.STRING);
                        read.clear();
                        read.add(state.get(1L));
                        read.add(state.containsKey(1L));
                        state.forEach((key, text) -> read.add(text));
                    }
                })
                .join();
        look.run();
        assertThat(read).containsExactly("before", true, "before");
        store.state(texts().withTimeToLive(TEN)).put(2L, "after");
        look.run();
        assertThat(read).contains("before", true, "after");
        clock.set(1_010);
        look.run();
        assertThat(read).containsExactly(null, false);
        assertThat(texts.get(1L)).isNull();
    }

    private <V> void switchOnAndOff(final String name, final Codec<V> codec, final V first, final V second) {
        final TypedStateDescriptor<Long, ValueState<Long, V>> descriptor =
                TypedStateDescriptor.value(name, Codecs.LONG, codec);
        final long start = clock.get();
        final ValueState<Long, V> older = store.state(descriptor);
        older.put(1L, first);
        older.put(2L, second);
        clock.set(start + 100);
        final ValueState<Long, V> values = store.state(descriptor.withTimeToLive(TEN));
        assertThat(values.get(1L)).as("counts as written now").isEqualTo(first);
        values.put(3L, second);
        clock.set(start + 105);
        older.put(4L, first); // through the handle that was opened before
        values.put(2L, first);
        clock.set(start + 110);
        assertThat(mapOf(values)).isEqualTo(Map.of(2L, first, 4L, first));
        assertThat(mapOf(older)).isEqualTo(Map.of(2L, first, 4L, first));
        store.state(descriptor.withTimeToLive(TimeToLive.ofMillis(50)));
        assertThat(mapOf(values)).as("lives longer").containsOnlyKeys(1L, 2L, 3L, 4L);
        clock.set(start + 150);
        assertThat(mapOf(values)).containsOnlyKeys(2L, 4L);
        assertThat(store.state(descriptor).containsKey(1L))
                .as("a descriptor without a time to live changes nothing")
                .isFalse();
        store.state(descriptor.withTimeToLive(TimeToLive.OFF));
        assertThat(mapOf(values)).containsOnlyKeys(1L, 2L, 3L, 4L);
        clock.set(start + 200);
        values.put(5L, second);
        clock.set(start + 1_000);
        assertThat(values.get(5L)).isEqualTo(second);
        values.put(6L, first);
        store.state(descriptor.withTimeToLive(TimeToLive.ofMillis(801)));
        assertThat(mapOf(values)).as("the time while it was off counts").isEqualTo(Map.of(5L, second, 6L, first));
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isEqualTo(4);
        assertThat(values.size()).isEqualTo(2);
        values.clear();
        store.dropState(name);
    }

    record Text(String text) {}

    @Test
    void shouldSwitchOnChangeAndSwitchOffOnExistingStates() {
        switchOnAndOff("fixed", Codecs.LONG, 1L, 2L);
        switchOnAndOff("tagged", Codecs.STRING, "", "zweites \u00fc");
        switchOnAndOff("marked", Codecs.record(Text.class), new Text(null), new Text("t"));
        switchOnAndOff("list", Codecs.list(Codecs.STRING), List.of(), List.of("a"));
        switchOnAndOff("uuid", Codecs.UUID, new java.util.UUID(0, 0), new java.util.UUID(-1, -1));
    }

    @Test
    void shouldSwitchOffAndOnWhereValuesCannotBeToldApart() {
        final TypedStateDescriptor<Long, ValueState<Long, byte[]>> descriptor =
                TypedStateDescriptor.value("bytes", Codecs.LONG, Codecs.BYTES);
        final ValueState<Long, byte[]> created = store.state(descriptor.withTimeToLive(TEN));
        created.put(1L, new byte[0]);
        assertThat(created.get(1L)).isEmpty();
        store.state(descriptor.withTimeToLive(TimeToLive.OFF));
        store.state(descriptor.withTimeToLive(TimeToLive.ofMillis(20)));
        clock.set(1_019);
        assertThat(created.get(1L)).isEmpty();
        clock.set(1_020);
        assertThat(created.get(1L)).isNull();
    }

    record V1(int count) {}

    record V2(long count, String name) {}

    @Test
    void shouldLetCodecsEvolveBeforeAndAfter() {
        final ValueState<Long, Integer> ints = store.state(TypedStateDescriptor.value("n", Codecs.LONG, Codecs.INT));
        ints.put(1L, 1);
        store.state(TypedStateDescriptor.value("n", Codecs.LONG, Codecs.INT).withTimeToLive(TEN))
                .put(2L, 2);
        final ValueState<Long, Long> longs = store.state(TypedStateDescriptor.value("n", Codecs.LONG, Codecs.LONG));
        longs.put(3L, 3L);
        assertThat(mapOf(longs)).isEqualTo(Map.of(1L, 1L, 2L, 2L, 3L, 3L));
        assertThatThrownBy(() -> ints.get(3L)).isInstanceOf(StateMismatchException.class);
        ints.put(4L, 4);
        assertThat(longs.get(4L)).as("through a handle opened before").isEqualTo(4);
        final ValueState<Long, V1> first =
                store.state(TypedStateDescriptor.value("r", Codecs.LONG, Codecs.record(V1.class)));
        first.put(1L, new V1(1));
        final TypedStateDescriptor<Long, ValueState<Long, V2>> later =
                TypedStateDescriptor.value("r", Codecs.LONG, Codecs.record(V2.class));
        final ValueState<Long, V2> second = store.state(later.withTimeToLive(TEN));
        second.put(2L, new V2(2, "two"));
        assertThat(mapOf(second)).isEqualTo(Map.of(1L, new V2(1, null), 2L, new V2(2, "two")));
        assertThatThrownBy(() -> first.put(3L, new V1(3))).isInstanceOf(StateMismatchException.class);
        clock.set(1_010);
        assertThat(mapOf(longs)).isEmpty();
        assertThat(mapOf(second)).isEmpty();
        assertThat(second.timeToLive()).isEqualTo(TEN);
    }

    @Test
    void shouldNotTakeAValueOfALaterCodecForAnOldOne() {
        final ValueState<Long, Integer> ints = store.state(TypedStateDescriptor.value("n", Codecs.LONG, Codecs.INT));
        ints.put(1L, 1);
        final ValueState<Long, Long> longs = store.state(
                TypedStateDescriptor.value("n", Codecs.LONG, Codecs.LONG).withTimeToLive(TEN));
        clock.set(1_010);
        longs.put(2L, 2L);
        assertThat(longs.get(2L)).isEqualTo(2);
        assertThat(ints.get(1L)).isNull();
        assertThatThrownBy(() -> ints.get(2L)).as("lives").isInstanceOf(StateMismatchException.class);
        assertThatThrownBy(() -> ints.containsKey(2L)).isInstanceOf(StateMismatchException.class);
    }

    @Test
    void shouldMergeOnlyWhatLives() {
        final NamespacedState<Long, Long, ReducingState<Long, Long>> sums = store.state(
                TypedStateDescriptor.reducing("sums", Codecs.LONG, Codecs.LONG, Long::sum)
                        .withTimeToLive(TEN.updatedBy(UpdateType.ON_CREATE)),
                Codecs.LONG);
        sums.in(1L).add(7L, 1L);
        clock.set(1_004);
        sums.in(2L).add(7L, 10L);
        clock.set(1_008);
        sums.in(3L).add(7L, 100L);
        clock.set(1_010);
        sums.merge(7L, 3L, List.of(1L, 2L));
        assertThat(sums.in(3L).get(7L)).isEqualTo(110);
        assertThat(sums.in(2L).get(7L)).isNull();
        clock.set(1_013);
        assertThat(sums.in(3L).get(7L)).isEqualTo(110);
        clock.set(1_014);
        assertThat(sums.in(3L).get(7L)).as("as old as its oldest part").isNull();
    }

    @Test
    void shouldCleanWithinTheBudgetAndGoOnWhereItStopped() {
        final ValueState<Long, String> texts = store.state(texts().withTimeToLive(TEN));
        final ListState<Long, Long> lists = store.state(
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG).withTimeToLive(TEN));
        final MapState<Long, Long, Long> maps =
                store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG)
                        .withTimeToLive(TEN));
        store.expiryBudgetNs(0);
        for (long i = 0; i < 5_000; i++) {
            texts.put(i, "t" + i);
            lists.add(i % 3, i);
            maps.put(i % 100, i, i);
        }
        clock.set(1_010);
        texts.put(-1L, "young");
        lists.add(1L, -1L);
        maps.put(1L, -1L, -1L);
        long removed = 0;
        long calls = 0;
        for (long cleaned = 1; cleaned > 0; calls++) {
            final long start = nanos.get();
            cleaned = store.cleanExpired(20_000);
            assertThat(nanos.get() - start)
                    .as("the clock is looked at after each removal")
                    .isLessThan(25_000);
            removed += cleaned;
        }
        assertThat(removed).isEqualTo(15_000);
        assertThat(calls).isGreaterThan(10_000 / 25);
        assertThat(mapOf(texts)).isEqualTo(Map.of(-1L, "young"));
        assertThat(texts.size() + lists.size() + maps.size()).isEqualTo(3);
        assertThat(listOf(lists.get(1L))).containsExactly(-1L);
        assertThat(store.expiryCounters().removed()).isEqualTo(15_000);
        assertThat(store.expiryCounters().visited()).isGreaterThan(10_000);
        assertThat(store.expiryCounters().passes()).isGreaterThan(3);
        assertThat(store.expiryCounters().sliceNsMax()).isLessThan(25_000);
        store.states().forEach(KeyedState::checkInvariants);
        assertThatThrownBy(() -> store.cleanExpired(-1)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldCleanByItselfWhileItWritesAndWhenItPolls() {
        final ValueState<Long, String> texts = store.state(texts().withTimeToLive(TEN));
        for (long i = 0; i < 200_000; i++) {
            clock.set(1_000 + i / 100);
            texts.put(i, "t");
        }
        assertThat(texts.size()).as("about a thousand live").isBetween(1_000L, 3_000L);
        assertThat(store.expiryCounters().sliceNsMax()).isLessThan(60_000);
        clock.addAndGet(20);
        for (int i = 0; i < 200; i++) {
            store.poll();
        }
        assertThat(texts.size()).isZero();
        store.expiryBudgetNs(0);
        for (long i = 0; i < 5_000; i++) {
            clock.addAndGet(1);
            texts.put(i, "t");
            store.poll();
        }
        assertThat(texts.size()).isEqualTo(5_000);
        assertThatThrownBy(() -> store.expiryBudgetNs(-1)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldCleanByItselfThoughAllWritesAreInBatches() {
        final ValueState<Long, String> texts = store.state(texts().withTimeToLive(TEN));
        for (long i = 0; i < 100; i++) {
            clock.addAndGet(ExpiryClock.RECORD_INTERVAL_MS);
            store.beginBatch();
            texts.put(4 * i, "t");
            texts.put(4 * i + 1, "t");
            texts.put(4 * i + 2, "t");
            texts.put(4 * i + 3, "t");
            store.commitBatch();
        }
        assertThat(store.expiryCounters().removed()).isPositive();
        assertThat(texts.size()).as("four live").isBetween(4L, 100L);
    }

    @Test
    void shouldNotCleanInsideBatchesAndWalks() {
        final ValueState<Long, String> texts = store.state(texts().withTimeToLive(TEN));
        final ValueState<Long, Long> others = store.valueState("others", Codecs.LONG, Codecs.LONG);
        for (long i = 0; i < 500; i++) {
            texts.put(i, "t");
        }
        others.put(1L, 1L);
        clock.set(1_010);
        store.beginBatch();
        for (long i = 1_000; i < 1_200; i++) {
            texts.put(i, "t");
        }
        assertThatThrownBy(() -> store.cleanExpired(1)).isInstanceOf(ConfigurationException.class);
        assertThat(texts.size()).isEqualTo(700);
        store.rollbackBatch();
        assertThat(texts.size()).isEqualTo(500);
        others.forEach((key, value) -> {
            for (long i = 1_000; i < 1_200; i++) {
                texts.put(i, "t");
            }
            assertThatThrownBy(() -> store.cleanExpired(1)).isInstanceOf(ConfigurationException.class);
            assertThat(texts.size()).isEqualTo(700);
        });
        store.cleanExpired(Long.MAX_VALUE);
        assertThat(texts.size()).isEqualTo(200);
        store.beginBatch();
        assertThatThrownBy(() -> store.state(texts().withTimeToLive(TimeToLive.ofMillis(11))))
                .isInstanceOf(ConfigurationException.class);
        store.rollbackBatch();
    }

    @Test
    void shouldNotCleanUnderAWalkOverAListOrAMap() {
        final ListState<Long, Long> lists = store.state(
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG).withTimeToLive(TEN));
        final MapState<Long, Long, Long> maps =
                store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG)
                        .withTimeToLive(TEN));
        for (long i = 0; i < 10; i++) {
            clock.set(1_000 + i);
            for (long key = 0; key < 2; key++) {
                lists.add(key, i);
                maps.put(key, i, i);
            }
        }
        final Iterator<Long> elements = lists.get(0L).iterator();
        final Iterator<Long> values = maps.values(0L).iterator();
        assertThat(elements.next()).isZero();
        assertThat(values.next()).isZero();
        clock.set(1_015);
        assertThat(store.cleanExpired(Long.MAX_VALUE))
                .as("those of the other key")
                .isEqualTo(12);
        assertThat(elements.next()).isEqualTo(6);
        assertThat(values.next()).isEqualTo(6);
        assertThat(elements.hasNext()).isTrue();
        lists.remove(0L);
        assertThatThrownBy(elements::next).isInstanceOf(ConcurrentModificationException.class);
        assertThat(listOf(() -> values)).containsExactly(7L, 8L, 9L);
        assertThat(store.cleanExpired(Long.MAX_VALUE)).as("the walk has ended").isEqualTo(6);
        assertThat(maps.size(0L)).isEqualTo(4);
    }

    @Test
    void shouldJudgeInWalksThatWereBegunBeforeTheTimeToLive() {
        final TypedStateDescriptor<Long, ListState<Long, Long>> list =
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG);
        final TypedStateDescriptor<Long, MapState<Long, Long, Long>> map =
                TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG);
        final ListState<Long, Long> lists = store.state(list);
        final MapState<Long, Long, Long> maps = store.state(map);
        for (long i = 0; i < 3; i++) {
            lists.add(0L, i);
            maps.put(0L, i, i);
        }
        final List<Iterator<?>> walks = List.of(
                lists.get(0L).iterator(),
                maps.keys(0L).iterator(),
                maps.values(0L).iterator(),
                maps.entries(0L).iterator());
        walks.forEach(walk -> assertThat(walk.next()).isNotNull());
        final List<Object> visited = new ArrayList<>();
        clock.set(2_000);
        lists.forEach((key, element) -> {
            visited.add(element);
            store.state(list.withTimeToLive(TEN));
            clock.set(2_010);
        });
        store.state(map.withTimeToLive(TEN));
        clock.set(2_019);
        assertThat(visited).containsExactly(0L);
        assertThat(walks.get(0).hasNext()).isFalse();
        assertThat(walks.get(2).hasNext()).isTrue();
        assertThat(walks.get(2).next()).isEqualTo(1L);
        clock.set(2_020);
        assertThat(walks).allSatisfy(walk -> {
            assertThat(walk.hasNext()).isFalse();
            assertThatThrownBy(walk::next).isInstanceOf(NoSuchElementException.class);
        });
    }

    @Test
    void shouldReturnWhatHasNextHasFoundThoughItExpiresInBetween() {
        final ListState<Long, Long> lists = store.state(
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG).withTimeToLive(TEN));
        final MapState<Long, Long, Long> maps =
                store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG)
                        .withTimeToLive(TEN));
        for (long i = 0; i < 3; i++) {
            lists.add(0L, i);
            maps.put(0L, i, i);
        }
        final List<Iterator<Long>> walks = List.of(
                lists.get(0L).iterator(),
                maps.keys(0L).iterator(),
                maps.values(0L).iterator());
        walks.forEach(walk -> assertThat(walk.hasNext()).isTrue());
        clock.addAndGet(10);
        assertThat(store.cleanExpired(Long.MAX_VALUE))
                .as("not from under walks")
                .isZero();
        assertThat(walks).allSatisfy(walk -> {
            assertThat(walk.hasNext()).isTrue();
            assertThat(walk.next()).isZero();
            assertThat(walk.hasNext()).isFalse();
            assertThatThrownBy(walk::next).isInstanceOf(NoSuchElementException.class);
        });
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isEqualTo(6);
    }

    @Test
    void shouldReturnWhatAWalkHasPromisedBeforeTheTimeToLive() {
        final TypedStateDescriptor<Long, ListState<Long, Long>> list =
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG);
        final TypedStateDescriptor<Long, MapState<Long, Long, Long>> map =
                TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG);
        final ListState<Long, Long> lists = store.state(list);
        final MapState<Long, Long, Long> maps = store.state(map);
        for (long i = 0; i < 3; i++) {
            lists.add(0L, i);
            maps.put(0L, i, i);
        }
        final List<Iterator<Long>> walks = List.of(
                lists.get(0L).iterator(),
                maps.keys(0L).iterator(),
                maps.values(0L).iterator());
        assertThat(walks).allSatisfy(walk -> assertThat(walk.hasNext()).isTrue());
        store.state(list.withTimeToLive(TEN));
        store.state(map.withTimeToLive(TEN));
        clock.set(2_000);
        assertThat(walks).allSatisfy(walk -> {
            assertThat(walk.hasNext()).as("still").isTrue();
            assertThat(walk.next()).isZero();
            assertThat(walk.hasNext()).as("promised nothing more").isFalse();
            assertThatThrownBy(walk::next).isInstanceOf(NoSuchElementException.class);
        });
        store.state(list.withTimeToLive(TimeToLive.OFF));
        final Iterator<Long> removed = lists.get(0L).iterator();
        assertThat(removed.hasNext()).isTrue();
        store.state(list.withTimeToLive(TEN));
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isPositive();
        assertThatThrownBy(removed::next).isInstanceOf(ConcurrentModificationException.class);
    }

    @Test
    void shouldNotCleanUnderAWalkThatHasGoneOnSinceTheTimeToLiveWasSwitchedOn() {
        final TypedStateDescriptor<Long, ListState<Long, Long>> list =
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG);
        final TypedStateDescriptor<Long, MapState<Long, Long, Long>> map =
                TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG);
        final ListState<Long, Long> lists = store.state(list.withTimeToLive(TEN));
        final MapState<Long, Long, Long> maps = store.state(map.withTimeToLive(TEN));
        for (long i = 0; i < 10; i++) {
            clock.set(1_000 + i);
            for (long key = 0; key < 2; key++) {
                lists.add(key, i);
                maps.put(key, i, i);
            }
        }
        store.state(list.withTimeToLive(TimeToLive.OFF));
        store.state(map.withTimeToLive(TimeToLive.OFF));
        final List<Iterator<Long>> walks =
                List.of(lists.get(0L).iterator(), maps.values(0L).iterator());
        final List<Iterator<Long>> resting =
                List.of(lists.get(1L).iterator(), maps.values(1L).iterator());
        clock.set(1_015);
        assertThat(walks).allSatisfy(walk -> assertThat(walk.next()).isZero());
        assertThat(resting).allSatisfy(walk -> assertThat(walk.next()).isZero());
        store.state(list.withTimeToLive(TEN));
        store.state(map.withTimeToLive(TEN));
        assertThat(walks).allSatisfy(walk -> assertThat(walk.next()).isEqualTo(6L));
        assertThat(store.cleanExpired(Long.MAX_VALUE))
                .as("under those that have not gone on")
                .isEqualTo(12);
        assertThat(walks).allSatisfy(walk -> assertThat(listOf(() -> walk)).containsExactly(7L, 8L, 9L));
        assertThat(resting)
                .allSatisfy(walk -> assertThatThrownBy(walk::next).isInstanceOf(ConcurrentModificationException.class));
        assertThat(store.cleanExpired(Long.MAX_VALUE))
                .as("the walks have ended")
                .isEqualTo(12);
    }

    @Test
    void shouldCleanUnderWalksThatWereGivenUp() {
        final ListState<Long, Long> lists = store.state(
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG).withTimeToLive(TEN));
        lists.add(0L, 1L);
        lists.add(1L, 1L);
        final List<Iterator<Long>> walks = new ArrayList<>();
        walks.add(lists.get(0L).iterator());
        for (int i = 0; i < OpenWalks.COUNT; i++) {
            walks.add(lists.get(1L).iterator());
        }
        clock.set(1_010);
        assertThat(store.cleanExpired(Long.MAX_VALUE))
                .as("too many were begun since")
                .isEqualTo(1);
        assertThat(lists.size(0L)).isZero();
        assertThat(lists.size(1L)).isEqualTo(1);
        walks.remove(0);
        walks.forEach(walk -> assertThat(walk.hasNext()).isFalse());
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isEqualTo(1);
    }

    @Test
    void shouldGoOnAfterAStateWasClearedOrDroppedInTheMiddleOfAPass() {
        final ValueState<Long, String> texts = store.state(texts().withTimeToLive(TEN));
        final ValueState<Long, Long> others = store.state(
                TypedStateDescriptor.value("others", Codecs.LONG, Codecs.LONG).withTimeToLive(TEN));
        for (int round = 0; round < 3; round++) {
            final ValueState<Long, String> now = store.state(texts().withTimeToLive(TEN));
            for (long i = 0; i < 100; i++) {
                now.put(i, "t");
                others.put(i, i);
            }
            clock.addAndGet(10);
            assertThat(store.cleanExpired(5_000)).isBetween(1L, 20L);
            if (round == 0) {
                now.clear();
            } else if (round == 1) {
                store.dropState("texts");
            } else {
                store.state(texts().withTimeToLive(TimeToLive.OFF));
            }
            store.cleanExpired(Long.MAX_VALUE);
            assertThat(others.size()).isZero();
        }
        assertThat(store.state(texts()).size()).isGreaterThan(50);
        assertThatThrownBy(() -> texts.get(1L)).as("was dropped").isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldRefuseWhatIsNoTimeToLive() {
        assertThat(TimeToLive.of(Duration.ofHours(1))).isEqualTo(TimeToLive.ofMillis(3_600_000));
        assertThatThrownBy(() -> TimeToLive.ofMillis(0)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> TimeToLive.of(Duration.ofNanos(999_999))).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> TimeToLive.of(Duration.ofSeconds(Long.MAX_VALUE)))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> TEN.updatedBy(UpdateType.DISABLED)).isInstanceOf(ConfigurationException.class);
        for (final UpdateType type : UpdateType.values()) {
            assertThat(type.code()).isEqualTo(type.ordinal());
        }
    }
}
