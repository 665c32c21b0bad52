/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.AggregateFunction;
import io.quire.store.KeyedState;
import io.quire.store.StoreReader;
import io.quire.store.TimeDomain;
import io.quire.store.TimeToLive;
import io.quire.store.TypedState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.StateMismatchException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * States of every kind that are opened again, after a restart, with a codec that does not fit: each codec in its turn.
 * The error says which state and which of its codecs, what was found and what was asked for; nothing has changed.
 */
class CodecMismatchTest {
    record Key(int id, String part) {}

    /** The same under another name: its bytes are the same. */
    record RenamedKey(int id, String part) {}

    record KeyWithMore(int id, String part, boolean more) {}

    record KeyWithLess(int id) {}

    record KeyInAnotherOrder(String part, int id) {}

    record KeyWidened(long id, String part) {}

    record KeyWithAnotherName(int number, String part) {}

    record KeyInside(Key key, List<Integer> path) {}

    record KeyInsideWithMore(KeyWithMore key, List<Integer> path) {}

    enum Side {
        LEFT,
        RIGHT
    }

    enum MoreSides {
        LEFT,
        RIGHT,
        BOTH
    }

    record Total(long amount, String text) {}

    record TotalOfText(String amount, String text) {}

    /** An accumulator that is the sum. */
    private static final class Sum<A> implements AggregateFunction<A, A, A> {
        private final A zero;

        Sum(final A zero) {
            this.zero = zero;
        }

        @Override
        public A createAccumulator() {
            return zero;
        }

        @Override
        public A add(final A value, final A accumulator) {
            return value;
        }

        @Override
        public A getResult(final A accumulator) {
            return accumulator;
        }

        @Override
        public A merge(final A first, final A second) {
            return second;
        }
    }

    /** Longs, in a format of which there are several versions. */
    private record Versioned(int version) implements Codec<Long> {
        @Override
        public String id() {
            return "test.versioned";
        }

        @Override
        public int encode(final Long value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putLong(offset, value);
            return Long.BYTES;
        }

        @Override
        public Long decode(final DirectBuffer buffer, final int offset, final int length) {
            return buffer.getLong(offset);
        }
    }

    private static final Codec<Key> KEY = Codecs.record(Key.class);
    private static final Codec<Total> TOTAL = Codecs.record(Total.class);
    private static final Codec<TotalOfText> TOTAL_OF_TEXT = Codecs.record(TotalOfText.class);
    private static final String KEY_SCHEMA = "quire.record v1 record(id:int,part:string?)";
    private static final String TOTAL_SCHEMA = "quire.record v1 record(amount:long,text:string?)";
    private static final String TOTAL_OF_TEXT_SCHEMA = "quire.record v1 record(amount:string?,text:string?)";

    @TempDir
    Path temp;

    private DurableStateStore store;

    private void reopen() {
        if (store != null) {
            store.close();
        }
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(22)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false));
    }

    /** One descriptor for each kind of typed state, with the same codecs wherever it has one. */
    private static <K, I, V> List<TypedStateDescriptor<K, ? extends TypedState<K>>> descriptors(
            final Codec<K> keys, final Codec<I> insides, final Codec<V> values, final V value) {
        final List<TypedStateDescriptor<K, ? extends TypedState<K>>> descriptors = new ArrayList<>();
        descriptors.add(TypedStateDescriptor.value("value", keys, values));
        descriptors.add(TypedStateDescriptor.list("list", keys, values));
        descriptors.add(TypedStateDescriptor.map("map", keys, insides, values));
        descriptors.add(TypedStateDescriptor.reducing("reducing", keys, values, (first, second) -> second));
        descriptors.add(TypedStateDescriptor.aggregating("aggregating", keys, values, new Sum<>(value)));
        descriptors.add(TypedStateDescriptor.timers("timers", keys, TimeDomain.EVENT_TIME));
        return descriptors;
    }

    private static List<TypedStateDescriptor<Key, ? extends TypedState<Key>>> fitting() {
        return descriptors(KEY, KEY, TOTAL, new Total(0, "zero"));
    }

    private <K> void refused(
            final TypedStateDescriptor<K, ? extends TypedState<K>> descriptor,
            final Codec<?> namespaces,
            final String state,
            final CodecRole role,
            final String found,
            final String asked) {
        final List<StateDescriptor> before = catalog();
        assertThatThrownBy(() -> {
                    if (namespaces == null) {
                        store.state(descriptor);
                    } else {
                        store.state(descriptor, namespaces);
                    }
                })
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContainingAll(
                        "state=" + state + " ",
                        " role=" + role + " ",
                        " found=" + found + " ",
                        " asked for=" + asked + ":",
                        "nothing was changed");
        assertThat(catalog()).isEqualTo(before);
    }

    private List<StateDescriptor> catalog() {
        return store.stateStore().states().stream().map(KeyedState::descriptor).toList();
    }

    private static final List<String> STATES = List.of("value", "list", "map", "reducing", "aggregating", "timers");

    @Test
    void shouldNotLetKeysOfAnyStateEvolve() {
        reopen();
        fitting().forEach(store::state);
        reopen();
        final Map<Codec<?>, String> others = Map.of(
                Codecs.record(KeyWithMore.class).withDefault("more", true),
                "quire.record v1 record(id:int,part:string?,more:boolean)",
                Codecs.record(KeyWithLess.class),
                "quire.record v1 record(id:int)",
                Codecs.record(KeyInAnotherOrder.class),
                "quire.record v1 record(part:string?,id:int)",
                Codecs.record(KeyWidened.class),
                "quire.record v1 record(id:long,part:string?)",
                Codecs.record(KeyWithAnotherName.class).withFormerName("number", "id"),
                "quire.record v1 record(number:int,part:string?)",
                Codecs.STRING,
                "quire.string v1");
        others.forEach((codec, schema) -> {
            final var asked = descriptors(codec, KEY, TOTAL, new Total(0, "zero"));
            for (int i = 0; i < STATES.size(); i++) {
                refused(asked.get(i), null, STATES.get(i), CodecRole.KEY, KEY_SCHEMA, schema);
            }
            final var askedInside = TypedStateDescriptor.map("map", KEY, codec, TOTAL);
            refused(askedInside, null, "map", CodecRole.MAP_KEY, KEY_SCHEMA, schema);
        });
        descriptors(Codecs.record(RenamedKey.class), Codecs.record(RenamedKey.class), TOTAL, new Total(0, "zero"))
                .forEach(store::state);
        store.close();
    }

    @Test
    void shouldNotLetKeysEvolveInsideOneAnother() {
        reopen();
        store.valueState("inside", Codecs.record(KeyInside.class), Codecs.LONG)
                .put(new KeyInside(new Key(1, "a"), List.of(1)), 1L);
        store.valueState("sides", Codecs.enumOf(Side.class), Codecs.LONG).put(Side.LEFT, 1L);
        store.valueState("versioned", new Versioned(1), Codecs.LONG).put(1L, 1L);
        store.state(TypedStateDescriptor.list("windows", Codecs.LONG, Codecs.LONG), KEY)
                .in(new Key(1, "w"))
                .add(1L, 1L);
        reopen();
        refused(
                TypedStateDescriptor.value("inside", Codecs.record(KeyInsideWithMore.class), Codecs.LONG),
                null,
                "inside",
                CodecRole.KEY,
                "quire.record v1 record(key:record(id:int,part:string?)?,path:list(int)?)",
                "quire.record v1 record(key:record(id:int,part:string?,more:boolean)?,path:list(int)?)");
        refused(
                TypedStateDescriptor.value("sides", Codecs.enumOf(MoreSides.class), Codecs.LONG),
                null,
                "sides",
                CodecRole.KEY,
                "quire.enum v1 enum(LEFT,RIGHT)",
                "quire.enum v1 enum(LEFT,RIGHT,BOTH)");
        refused(
                TypedStateDescriptor.value("versioned", new Versioned(2), Codecs.LONG),
                null,
                "versioned",
                CodecRole.KEY,
                "test.versioned v1",
                "test.versioned v2");
        final var windows = TypedStateDescriptor.list("windows", Codecs.LONG, Codecs.LONG);
        final String schema = "quire.record v1 record(id:int,part:string?,more:boolean)";
        refused(windows, Codecs.record(KeyWithMore.class), "windows", CodecRole.NAMESPACE, KEY_SCHEMA, schema);
        refused(windows, Codecs.STRING, "windows", CodecRole.NAMESPACE, KEY_SCHEMA, "quire.string v1");
        refused(windows, null, "windows", CodecRole.NAMESPACE, KEY_SCHEMA, "-");
        final var sides = TypedStateDescriptor.value("sides", Codecs.enumOf(Side.class), Codecs.LONG);
        refused(sides, KEY, "sides", CodecRole.NAMESPACE, "-", KEY_SCHEMA);
        assertThat(store.state(windows, KEY).in(new Key(1, "w")).get(1L)).containsExactly(1L);
        assertThat(store.state(sides).get(Side.LEFT)).isEqualTo(1);
        store.close();
    }

    @Test
    void shouldRefuseValuesElementsAndAccumulatorsThatCannotBeRead() {
        reopen();
        fitting().forEach(store::state);
        store.state(TypedStateDescriptor.value("value", KEY, TOTAL)).put(new Key(1, "k"), new Total(1, "t"));
        store.state(TypedStateDescriptor.list("list", KEY, TOTAL)).add(new Key(1, "k"), new Total(1, "t"));
        reopen();
        final var asked = descriptors(KEY, KEY, TOTAL_OF_TEXT, new TotalOfText("0", "zero"));
        final var custom = descriptors(KEY, KEY, new Versioned(1), 0L);
        for (int i = 0; i < STATES.size() - 1; i++) { // timers have no values
            final String state = STATES.get(i);
            refused(asked.get(i), null, state, CodecRole.VALUE, TOTAL_SCHEMA, TOTAL_OF_TEXT_SCHEMA);
            refused(
                    asked.get(i).withTimeToLive(TimeToLive.of(Duration.ofHours(1))),
                    null,
                    state,
                    CodecRole.VALUE,
                    TOTAL_SCHEMA,
                    TOTAL_OF_TEXT_SCHEMA);
            refused(custom.get(i), null, state, CodecRole.VALUE, TOTAL_SCHEMA, "test.versioned v1");
        }
        try (StoreReader reader = store.reader()) {
            assertThatThrownBy(() -> reader.valueState("value", KEY, TOTAL_OF_TEXT))
                    .isInstanceOf(StateMismatchException.class)
                    .hasMessageContainingAll("state=value", TOTAL_SCHEMA, TOTAL_OF_TEXT_SCHEMA);
            assertThatThrownBy(() -> reader.valueState("value", Codecs.LONG, TOTAL))
                    .isInstanceOf(StateMismatchException.class)
                    .hasMessageContainingAll("state=value", "role=KEY", KEY_SCHEMA, "quire.long v1");
        }
        assertThat(store.state(TypedStateDescriptor.value("value", KEY, TOTAL)).get(new Key(1, "k")))
                .isEqualTo(new Total(1, "t"));
        assertThat(store.state(TypedStateDescriptor.list("list", KEY, TOTAL)).get(new Key(1, "k")))
                .containsExactly(new Total(1, "t"));
        store.close();
    }

    @Test
    void shouldNameBothKindsWhenAStateIsOpenedAsAnother() {
        reopen();
        fitting().forEach(store::state);
        store.longDoubleState("doubles");
        reopen();
        for (final String name : STATES) {
            assertThatThrownBy(() -> store.longDoubleState(name))
                    .isInstanceOf(StateMismatchException.class)
                    .hasMessageContainingAll("state=" + name, "found=", "asked for=LONG_DOUBLE");
        }
        assertThatThrownBy(() -> store.state(TypedStateDescriptor.timers("timers", KEY, TimeDomain.PROCESSING_TIME)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContainingAll("found=EVENT_TIME_TIMERS", "asked for=PROCESSING_TIME_TIMERS");
        assertThatThrownBy(() -> store.longTimerState("timers", TimeDomain.EVENT_TIME))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContainingAll("state=timers", "role=KEY", KEY_SCHEMA, "quire.long v1");
        assertThatThrownBy(() -> store.valueState("doubles", Codecs.LONG, Codecs.DOUBLE))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContainingAll("state=doubles", "found=LONG_DOUBLE", "asked for=VALUE");
        store.close();
    }
}
