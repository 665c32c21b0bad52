/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.codec.FlyweightCodec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.memory.PagedMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How typed states use codecs and functions: how often, and that they believe nothing. */
class TypedStateCodecTest {
    private final StateStore store = new StateStore(PagedMemory.anonymous(7));

    @AfterEach
    void close() {
        store.close();
    }

    /** Counts, and can say another length than it has written. */
    private static final class Watched implements Codec<Long> {
        private int encodeCount;
        private int decodeCount;
        private int lie;
        private final boolean marked;

        Watched() {
            this(false);
        }

        Watched(final boolean marked) {
            this.marked = marked;
        }

        @Override
        public String id() {
            return "test.watched";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public boolean marked() {
            return marked;
        }

        @Override
        public int encode(final Long value, final MutableDirectBuffer buffer, final int offset) {
            encodeCount++;
            buffer.putLong(offset, value);
            return Long.BYTES + lie;
        }

        @Override
        public Long decode(final DirectBuffer buffer, final int offset, final int length) {
            decodeCount++;
            return buffer.getLong(offset);
        }
    }

    private static final class Sum implements AggregateFunction<Long, Long, Long> {
        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(final Long value, final Long accumulator) {
            return accumulator + value;
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
    void shouldEncodeAKeyOnceForEachAdd() {
        final Watched keys = new Watched();
        final Watched values = new Watched();
        final ReducingState<Long, Long> sums =
                store.state(TypedStateDescriptor.reducing("sums", keys, values, Long::sum));
        sums.add(1L, 5L);
        sums.add(1L, 6L);
        store.setCurrentKey(1L);
        sums.current().add(7L);
        assertThat(keys.encodeCount).isEqualTo(3);
        assertThat(values.encodeCount).isEqualTo(3);
        assertThat(values.decodeCount).isEqualTo(2);
        assertThat(sums.get(1L)).isEqualTo(18);
        final Watched otherKeys = new Watched();
        final NamespacedState<Long, Long, AggregatingState<Long, Long, Long, Long>> windows = store.state(
                TypedStateDescriptor.aggregating("windows", otherKeys, Codecs.LONG, new Sum()), Codecs.LONG);
        final AggregatingState<Long, Long, Long, Long> window = windows.in(3L);
        window.add(1L, 5L);
        window.add(1L, 6L);
        assertThat(otherKeys.encodeCount).isEqualTo(2);
        assertThat(window.get(1L)).isEqualTo(11);
    }

    @Test
    void shouldOverwriteAccumulatorsOfOneLengthInPlace() {
        final AggregatingState<Long, Long, Long, Long> sums =
                store.state(TypedStateDescriptor.aggregating("sums", Codecs.LONG, Codecs.LONG, new Sum()));
        for (long key = 0; key < 100; key++) {
            sums.add(key, key);
        }
        final List<Long> records = new ArrayList<>();
        sums.keys().forEach(records::add);
        for (long key = 0; key < 100; key++) {
            sums.add(key, 1L);
        }
        final List<Long> after = new ArrayList<>();
        sums.keys().forEach(after::add);
        assertThat(after).as("addresses of records").isEqualTo(records);
        assertThat(sums.get(42L)).isEqualTo(43);
    }

    @Test
    void shouldAddToTheKeyItWasGivenWhateverTheFunctionLooksAt() {
        final List<ReducingState<String, Long>> self = new ArrayList<>();
        final ReducingState<String, Long> sums =
                store.state(TypedStateDescriptor.reducing("sums", Codecs.STRING, Codecs.LONG, (first, second) -> {
                    store.setCurrentKey("another");
                    return first + second + self.get(0).get("offset");
                }));
        self.add(sums);
        sums.add("offset", 100L);
        sums.add("a", 1L);
        sums.add("a", 2L);
        assertThat(sums.get("a")).isEqualTo(103);
        store.setCurrentKey("a");
        sums.current().add(3L);
        assertThat(sums.get("a")).isEqualTo(206);
        assertThat(sums.get("another")).isNull();
        assertThat(sums.get("offset")).isEqualTo(100);
    }

    @Test
    void shouldRefuseAFunctionThatSelectsAnotherNamespace() {
        final List<NamespacedState<String, Long, ReducingState<String, Long>>> self = new ArrayList<>();
        final NamespacedState<String, Long, ReducingState<String, Long>> sums = store.state(
                TypedStateDescriptor.reducing("sums", Codecs.STRING, Codecs.LONG, (first, second) -> {
                    self.get(0).in(second);
                    return first + second;
                }),
                Codecs.LONG);
        self.add(sums);
        sums.in(1L).add("a", 1L);
        final ReducingState<String, Long> window = sums.in(1L);
        assertThatThrownBy(() -> window.add("a", 2L)).isInstanceOf(IllegalStateException.class);
        assertThat(sums.in(1L).get("a")).isEqualTo(1);
        assertThat(sums.in(2L).get("a")).isNull();
    }

    @Test
    void shouldRefuseToMergeFlyweightsWhichAreOneObject() {
        final Codec<UnsafeBuffer> view = new FlyweightCodec<>(
                "test.view",
                1,
                new UnsafeBuffer(0, 0),
                (flyweight, bytes, offset, length, acting) -> flyweight.wrap(bytes, offset, length),
                (flyweight, bytes, offset) -> {
                    bytes.putLong(offset, flyweight.getLong(0));
                    return Long.BYTES;
                });
        final NamespacedState<Long, Long, ReducingState<Long, UnsafeBuffer>> sums = store.state(
                TypedStateDescriptor.reducing("sums", Codecs.LONG, view, (first, second) -> {
                    first.putLong(0, first.getLong(0) + second.getLong(0));
                    return first;
                }),
                Codecs.LONG);
        final UnsafeBuffer five = new UnsafeBuffer(new byte[Long.BYTES]);
        five.putLong(0, 5);
        final UnsafeBuffer seven = new UnsafeBuffer(new byte[Long.BYTES]);
        seven.putLong(0, 7);
        sums.in(1L).add(1L, five);
        sums.in(2L).add(1L, seven);
        assertThatThrownBy(() -> sums.merge(1L, 1L, List.of(2L)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("state=sums codec=test.view");
        assertThatThrownBy(() -> sums.merge(1L, 3L, List.of(1L, 2L))).isInstanceOf(ConfigurationException.class);
        assertThat(sums.in(1L).get(1L).getLong(0)).isEqualTo(5);
        assertThat(sums.in(2L).get(1L).getLong(0)).isEqualTo(7);
        assertThat(sums.in(3L).get(1L)).isNull();
        sums.merge(1L, 3L, List.of(2L, 4L));
        assertThat(sums.in(3L).get(1L).getLong(0)).as("moved alone").isEqualTo(7);
        assertThat(sums.in(2L).get(1L)).isNull();
    }

    @Test
    void shouldAddEmptyElementsWhereverTheBufferEnds() {
        final ListState<Long, String> list = store.state(TypedStateDescriptor.list("list", Codecs.LONG, Codecs.STRING));
        for (int length = 0; length < 70; length++) {
            final List<String> elements = List.of("x".repeat(length), "", "");
            list.update(1L, elements);
            assertThat(list.get(1L)).containsExactlyElementsOf(elements);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNotBelieveLengthsInsideAnotherCodec(final boolean marked) {
        final Watched inside = new Watched(marked);
        final ValueState<Long, List<Long>> lists =
                store.valueState("lists", Codecs.LONG, Codecs.list((Codec<Long>) inside));
        lists.put(1L, List.of(1L, 2L));
        for (final int lie : new int[] {-9, -1_000_000, 1_000_000}) {
            inside.lie = lie;
            assertThatThrownBy(() -> lists.put(1L, List.of(3L, 4L))).isInstanceOf(RuntimeException.class);
            assertThat(lists.get(1L)).containsExactly(1L, 2L);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNotBelieveLengthsThatWereNotWritten(final boolean marked) {
        final Watched honest = new Watched(marked);
        final Watched keys = new Watched(marked);
        final Watched insides = new Watched(marked);
        final Watched values = new Watched(marked);
        final ValueState<Long, Long> value = store.valueState("value", keys, values);
        final ListState<Long, Long> list = store.state(TypedStateDescriptor.list("list", keys, values));
        final MapState<Long, Long, Long> map = store.state(TypedStateDescriptor.map("map", keys, insides, values));
        final ReducingState<Long, Long> sums =
                store.state(TypedStateDescriptor.reducing("sums", keys, values, Long::sum));
        final NamespacedState<Long, Long, ValueState<Long, Long>> windows =
                store.state(TypedStateDescriptor.value("windows", keys, values), honest);
        value.put(1L, 1L);
        list.add(1L, 1L);
        map.put(1L, 1L, 1L);
        sums.add(1L, 1L);
        windows.in(1L).put(1L, 1L);
        for (final Watched liar : List.of(keys, insides, values)) {
            for (final int lie : new int[] {-9, 1_000_000}) {
                liar.lie = lie;
                if (liar == keys) {
                    assertThatThrownBy(() -> value.get(1L)).isInstanceOf(RuntimeException.class);
                    assertThatThrownBy(() -> list.size(1L)).isInstanceOf(RuntimeException.class);
                    assertThatThrownBy(() -> list.remove(1L)).isInstanceOf(RuntimeException.class);
                    assertThatThrownBy(() -> map.size(1L)).isInstanceOf(RuntimeException.class);
                }
                if (liar != insides) {
                    assertThatThrownBy(() -> value.put(1L, 2L)).isInstanceOf(RuntimeException.class);
                    assertThatThrownBy(() -> list.add(1L, 2L)).isInstanceOf(RuntimeException.class);
                    assertThatThrownBy(() -> list.addAll(1L, List.of(2L, 3L))).isInstanceOf(RuntimeException.class);
                    assertThatThrownBy(() -> sums.add(1L, 2L)).isInstanceOf(RuntimeException.class);
                    assertThatThrownBy(() -> windows.in(1L).put(1L, 2L)).isInstanceOf(RuntimeException.class);
                }
                assertThatThrownBy(() -> map.put(1L, 1L, 2L)).isInstanceOf(RuntimeException.class);
                assertThatThrownBy(() -> map.putAll(1L, Map.of(2L, 2L))).isInstanceOf(RuntimeException.class);
                liar.lie = 0;
                assertThat(value.get(1L)).isEqualTo(1);
                assertThat(list.get(1L)).containsExactly(1L);
                assertThat(map.entries(1L)).containsExactly(Map.entry(1L, 1L));
                assertThat(sums.get(1L)).isEqualTo(1);
                assertThat(windows.in(1L).get(1L)).isEqualTo(1);
            }
        }
        honest.lie = 1_000_000;
        assertThatThrownBy(() -> windows.in(1L)).isInstanceOf(RuntimeException.class);
        store.states().forEach(KeyedState::checkInvariants);
    }
}
