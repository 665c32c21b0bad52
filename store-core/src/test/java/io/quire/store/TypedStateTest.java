/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.NotWriterException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.memory.PagedMemory;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TypedStateTest {
    private final StateStore store = new StateStore(PagedMemory.anonymous(7));

    @AfterEach
    void close() {
        store.close();
    }

    private ListState<String, Long> longs() {
        return store.state(TypedStateDescriptor.list("longs", Codecs.STRING, Codecs.LONG));
    }

    private MapState<String, Long, String> map() {
        return store.state(TypedStateDescriptor.map("map", Codecs.STRING, Codecs.LONG, Codecs.STRING));
    }

    @Test
    void shouldRefuseNullWithoutEffect() {
        final ListState<String, Long> list = longs();
        list.add("a", 1L);
        assertThatThrownBy(() -> list.add("a", null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> list.add(null, 1L)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> list.addAll("a", Arrays.asList(2L, null))).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> list.update("a", Arrays.asList(2L, null))).isInstanceOf(NullPointerException.class);
        assertThat(list.get("a")).containsExactly(1L);
        list.update("a", null);
        assertThat(list.get("a")).isEmpty();
        assertThat(list.keyCount()).isZero();
        final MapState<String, Long, String> map = map();
        final Map<Long, String> some = new LinkedHashMap<>();
        some.put(1L, "x");
        some.put(2L, null);
        assertThatThrownBy(() -> map.putAll("a", some)).isInstanceOf(NullPointerException.class);
        assertThat(map.isEmpty("a")).isTrue();
    }

    @Test
    void shouldNameWhatIsNullWhenAStateIsOpenedOrDropped() {
        assertThatThrownBy(() -> store.longLongState(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("state name");
        assertThatThrownBy(() -> store.valueState(null, Codecs.STRING, Codecs.LONG))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("state name");
        assertThatThrownBy(() -> store.state((TypedStateDescriptor<String, ValueState<String, Long>>) null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("descriptor");
        assertThatThrownBy(() -> TypedStateDescriptor.timers("timers", Codecs.STRING, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("time domain");
        assertThatThrownBy(() -> store.longTimerState("timers", null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("time domain");
        assertThatThrownBy(() -> store.dropState(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("state name");
        assertThat(store.states()).isEmpty();
    }

    @Test
    void shouldNotBeClosedNorCommittedByWhatAChangeOfSeveralCalls() {
        final MapState<String, Long, String> map = map();
        store.inOneBatch(() -> {
            map.put("a", 1L, "x");
            assertThatThrownBy(store::close).isInstanceOf(ConfigurationException.class);
            assertThatThrownBy(store::commitBatch).isInstanceOf(ConfigurationException.class);
            map.put("a", 2L, "y");
        });
        assertThat(map.size("a")).isEqualTo(2);
        assertThat(store.inBatch()).isFalse();
    }

    @Test
    void shouldNotTouchMemoryThatWasClosedInTheMiddleOfAChangeOfSeveral() throws Exception {
        final MapState<String, Long, String> map = map();
        final Thread closer = new Thread(store::close);
        assertThatThrownBy(() -> store.inOneBatch(() -> {
                    map.put("a", 1L, "x");
                    closer.start();
                    assertThatThrownBy(() -> {
                                while (true) {
                                    map.put("b", 1L, "z");
                                }
                            })
                            .isInstanceOf(StoreClosedException.class);
                    joinWithoutInterrupt(closer); // the writer has departed
                    throw new IllegalArgumentException("made to fail");
                }))
                .hasMessage("made to fail");
    }

    private static void joinWithoutInterrupt(final Thread thread) {
        while (thread.isAlive()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldNeedACurrentKeyOfTheRightType() {
        final ListState<String, Long> list = longs();
        assertThatThrownBy(() -> list.current().add(1L)).isInstanceOf(IllegalStateException.class);
        store.setCurrentKey(5L);
        assertThatThrownBy(() -> list.current().add(1L)).isInstanceOf(ClassCastException.class);
        store.setCurrentKey("five");
        list.current().add(1L);
        assertThat(list.size("five")).isEqualTo(1);
        list.current().clear();
        assertThat(list.size()).isZero();
    }

    @Test
    void shouldKeepNamespacesApart() {
        final NamespacedState<String, String, ValueState<String, Long>> values =
                store.state(TypedStateDescriptor.value("values", Codecs.STRING, Codecs.LONG), Codecs.STRING);
        values.in("bc").put("a", 1L); // the same bytes in another split
        values.in("c").put("ab", 2L);
        assertThat(values.in("bc").get("a")).isEqualTo(1);
        assertThat(values.in("c").get("ab")).isEqualTo(2);
        assertThat(values.in("c").get("a")).isNull();
        final List<String> seen = new ArrayList<>();
        values.in("bc").forEachKey(seen::add);
        assertThat(seen).containsExactly("a");
        assertThatThrownBy(() -> values.merge("a", "c", List.of("bc")))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> store.valueState("values", Codecs.STRING, Codecs.LONG))
                .isInstanceOf(StateMismatchException.class);
    }

    @Test
    void shouldLetNoOtherThreadLookAhead() throws InterruptedException {
        final ListState<String, Long> list = longs();
        list.add("a", 1L);
        final MapState<String, Long, String> map = map();
        map.put("a", 1L, "x");
        final ListState<String, Long> expiring =
                store.state(TypedStateDescriptor.list("expiring", Codecs.STRING, Codecs.LONG)
                        .withTimeToLive(TimeToLive.ofMillis(Long.MAX_VALUE)));
        expiring.add("a", 1L);
        for (final Iterator<?> walk : List.of(
                list.get("a").iterator(),
                map.keys("a").iterator(),
                expiring.get("a").iterator())) {
            final Runnable look = () -> assertThat(walk.hasNext()).isTrue();
            assertThat(StateStoreTest.fromAnotherThread(look)).isInstanceOf(NotWriterException.class);
            look.run();
            assertThat(StateStoreTest.fromAnotherThread(look)).isInstanceOf(NotWriterException.class);
            assertThat(walk.next()).isIn(1L);
        }
    }

    @Test
    void shouldTellAWalkThatItsListIsGone() {
        final ListState<String, Long> list = longs();
        list.addAll("a", List.of(1L, 2L, 3L));
        final Iterator<Long> walk = list.get("a").iterator();
        assertThat(walk.next()).isEqualTo(1);
        list.add("b", 9L);
        list.remove("b");
        list.add("a", 4L);
        assertThat(walk.next()).isEqualTo(2);
        list.update("a", List.of(7L, 8L, 9L));
        assertThatThrownBy(walk::next).isInstanceOf(ConcurrentModificationException.class);
    }

    @Test
    void shouldWalkOverAMapThatChanges() {
        final MapState<String, Long, String> map = map();
        for (long i = 0; i < 10; i++) {
            map.put("a", i, "value " + i);
        }
        final Iterator<Map.Entry<Long, String>> walk = map.entries("a").iterator();
        final Map.Entry<Long, String> first = walk.next();
        walk.next();
        assertThatThrownBy(() -> first.setValue("late")).isInstanceOf(IllegalStateException.class);
        map.put(
                "a",
                2L,
                "a value that is much longer than before, so that its record moves"); // the one that comes next
        map.remove("a", 0L);
        final Map.Entry<Long, String> third = walk.next();
        assertThat(third.getKey()).isEqualTo(2);
        third.setValue("short");
        walk.remove();
        assertThatThrownBy(walk::remove).isInstanceOf(IllegalStateException.class);
        map.remove("a", 3L);
        assertThatThrownBy(walk::next).isInstanceOf(ConcurrentModificationException.class);
        assertThat(map.keys("a")).containsExactly(1L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(map.values("a")).hasSize(7);
    }

    @Test
    void shouldDropAStateAndGiveItsSpaceBack() {
        final long before = store.memory().extentsByKind()[0];
        final ListState<String, Long> list = longs();
        for (long i = 0; i < 100_000; i++) {
            list.add("a", i);
        }
        store.beginBatch();
        assertThatThrownBy(() -> store.dropState("longs")).isInstanceOf(ConfigurationException.class);
        store.rollbackBatch();
        assertThatThrownBy(() -> list.forEachKey(key -> store.dropState("longs")))
                .isInstanceOf(ConfigurationException.class);
        assertThat(store.dropState("longs")).isTrue();
        assertThat(store.dropState("longs")).isFalse();
        assertThat(store.states()).isEmpty();
        assertThatThrownBy(() -> list.add("a", 1L)).isInstanceOf(IllegalStateException.class);
        assertThat(store.memory().extentsByKind()[0]).isGreaterThan(before + 10); // free ones
        assertThat(store.longLongState("longs").size()).isZero();
    }

    @Test
    void shouldVisitEachKeyOnceWhileItIsWrittenTo() {
        final ListState<String, Long> list = longs();
        for (int i = 0; i < 20_000; i++) {
            list.add("key" + i, (long) i);
        }
        final Set<String> seen = new HashSet<>();
        list.forEachKey(key -> {
            assertThat(seen.add(key)).isTrue();
            list.add(key, 0L);
            list.remove("key" + (seen.size() + 20_000));
            list.add("new" + seen.size() % 100, 1L);
        });
        assertThat(seen.stream().filter(key -> key.startsWith("key"))).hasSize(20_000);
    }

    /** Tells how long the buffer is that it is given. */
    private static final class WatchingCodec implements Codec<byte[]> {
        private int capacity;

        @Override
        public String id() {
            return "test.watching";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public int encode(final byte[] value, final MutableDirectBuffer buffer, final int offset) {
            capacity = buffer.capacity();
            return Codecs.BYTES.encode(value, buffer, offset);
        }

        @Override
        public byte[] decode(final DirectBuffer buffer, final int offset, final int length) {
            return Codecs.BYTES.decode(buffer, offset, length);
        }
    }

    @Test
    void shouldKeepNoBufferOfTheLongestElementsAlsoWhenTheyWereRefused() {
        final byte[] some = new byte[3_000_000];
        final byte[] few = {1};
        final List<byte[]> withNull = Arrays.asList(some, null);
        final WatchingCodec codec = new WatchingCodec();
        final ListState<String, byte[]> list = store.state(TypedStateDescriptor.list("list", Codecs.STRING, codec));
        final List<Runnable> writes = List.of(
                () -> list.add("a", some),
                () -> list.addAll("a", List.of(some, some)),
                () -> list.update("a", List.of(some, some)),
                () -> assertThatThrownBy(() -> list.addAll("a", withNull)).isInstanceOf(NullPointerException.class),
                () -> assertThatThrownBy(() -> list.update("a", withNull)).isInstanceOf(NullPointerException.class));
        for (final Runnable write : writes) {
            write.run();
            list.add("b", few);
            assertThat(codec.capacity).isLessThanOrEqualTo(TypedState.KEEP_LENGTH_MAX);
        }
        assertThat(list.size("a")).isEqualTo(2);
    }

    /** What is put together is laid ready in a buffer that no codec sees, so this looks at the heap. */
    @Test
    void shouldKeepNoBufferOfTheLongestEntriesPutTogetherAlsoWhenTheyWereRefused() {
        final byte[] some = new byte[8_000_000];
        final String longKey = "k".repeat(1_000_000); // as long as a key can be, but for its number
        final Map<String, byte[]> refused = new LinkedHashMap<>();
        refused.put("some", some);
        refused.put("none", null);
        final Map<String, byte[]> withLongKeys = new LinkedHashMap<>();
        for (int i = 0; i < 8; i++) {
            withLongKeys.put(longKey + i, new byte[1]);
        }
        final List<MapState<String, String, byte[]>> maps = new ArrayList<>();
        final long before = usedHeap();
        for (int i = 0; i < 40; i++) {
            final MapState<String, String, byte[]> map =
                    store.state(TypedStateDescriptor.map("map" + i, Codecs.STRING, Codecs.STRING, Codecs.BYTES));
            if (i % 2 == 0) {
                assertThatThrownBy(() -> map.putAll("a", refused)).isInstanceOf(NullPointerException.class);
                assertThat(map.isEmpty("a")).isTrue();
            } else {
                map.putAll("a", withLongKeys);
                assertThat(map.size("a")).isEqualTo(8);
                map.remove("a");
            }
            maps.add(map);
        }
        assertThat(usedHeap() - before)
                .as("20 times 8 MB and more, if they were kept")
                .isLessThan(100_000_000);
        assertThat(maps).allSatisfy(map -> assertThat(map.size()).isZero()); // they are all still there
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Test
    void shouldRefuseToAddWhileElementsToAddAreRead() {
        final ListState<String, Long> list = longs();
        list.addAll("a", List.of(1L, 2L));
        final Iterable<Long> writing = () ->
                List.of(3L, 4L).stream().peek(element -> list.add("b", 99L)).iterator();
        assertThatThrownBy(() -> list.addAll("a", writing))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("state=longs");
        assertThatThrownBy(() -> list.update("a", writing)).isInstanceOf(IllegalStateException.class);
        assertThat(list.get("a")).containsExactly(1L, 2L);
        assertThat(list.keyCount()).isEqualTo(1);
        list.add("a", 3L);
        assertThat(list.get("a")).containsExactly(1L, 2L, 3L);
    }

    @Test
    void shouldHoldManyElementsUnderOneKey() {
        fillOneKey(300_000);
    }

    @Test
    @Tag("slow")
    void shouldHoldTenMillionElementsUnderOneKey() {
        fillOneKey(10_000_000);
    }

    private void fillOneKey(final int count) {
        final ListState<String, Long> list = longs();
        for (long i = 0; i < count; i++) {
            list.add("one", i);
        }
        assertThat(list.size("one")).isEqualTo(count);
        long expected = 0;
        for (final long element : list.get("one")) {
            if (element != expected++) {
                throw new AssertionError("found=" + element + " expected=" + (expected - 1));
            }
        }
        assertThat(expected).isEqualTo(count);
        store.beginBatch();
        list.remove("one");
        store.rollbackBatch();
        assertThat(list.size("one")).isEqualTo(count);
        list.remove("one");
        assertThat(list.size()).isZero();
    }

    @Test
    void shouldHoldManyEntriesUnderOneKeyAndManyKeys() {
        fillMaps(50_000);
    }

    @Test
    @Tag("slow")
    void shouldHoldAMillionEntriesUnderOneKeyAndAMillionKeys() {
        fillMaps(1_000_000);
    }

    private void fillMaps(final int count) {
        final MapState<String, Long, String> map = map();
        for (long i = 0; i < count; i++) {
            map.put("one", i, "v");
            map.put("key" + i, i, "v");
        }
        assertThat(map.size("one")).isEqualTo(count);
        assertThat(map.size()).isEqualTo(2L * count);
        assertThat(map.keyCount()).isEqualTo(count + 1L);
        long expected = 0;
        for (final long inside : map.keys("one")) {
            if (inside != expected++) {
                throw new AssertionError("found=" + inside + " expected=" + (expected - 1));
            }
        }
        assertThat(map.get("key7", 7L)).isEqualTo("v");
        assertThat(map.remove("one")).isTrue();
        assertThat(map.size()).isEqualTo(count);
    }
}
