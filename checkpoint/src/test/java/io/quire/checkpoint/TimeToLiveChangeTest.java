/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.AggregateFunction;
import io.quire.store.AggregatingState;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.ReducingState;
import io.quire.store.StoreReader;
import io.quire.store.TimeToLive;
import io.quire.store.TypedState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.StateMismatchException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A time to live that is given to states which exist, made shorter and longer, switched off and on, with a restart
 * between each step and the next, from a checkpoint or from the log, under clocks that were set forth and back.
 */
class TimeToLiveChangeTest {
    /** Values with a mark, and without: those are told by their length or by a last byte. */
    record Text(String text) {}

    private static final Set<String> STATES = Set.of("values", "lists", "maps", "sums", "newest");

    @TempDir
    Path temp;

    private final AtomicLong clock = new AtomicLong();
    private DurableStateStore store;

    private static final class Newest<V> implements AggregateFunction<V, V, V> {
        private final V first;

        Newest(final V first) {
            this.first = first;
        }

        @Override
        public V createAccumulator() {
            return first;
        }

        @Override
        public V add(final V value, final V accumulator) {
            return value;
        }

        @Override
        public V getResult(final V accumulator) {
            return accumulator;
        }

        @Override
        public V merge(final V one, final V other) {
            return other;
        }
    }

    private static <K, S extends TypedState<K>> TypedStateDescriptor<K, S> living(
            final TypedStateDescriptor<K, S> descriptor, final TimeToLive timeToLive) {
        return timeToLive == null ? descriptor : descriptor.withTimeToLive(timeToLive);
    }

    /** States of each kind, with keys that say when they were written first. */
    private final class States<V> {
        private final V value;
        private final ValueState<Long, V> values;
        private final ListState<Long, Long> lists;
        private final MapState<Long, Long, V> maps;
        private final ReducingState<Long, V> sums;
        private final AggregatingState<Long, V, V, V> newest;

        States(final Codec<V> codec, final V value, final TimeToLive ttl) {
            this.value = value;
            values = store.state(living(TypedStateDescriptor.value("values", Codecs.LONG, codec), ttl));
            lists = store.state(living(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG), ttl));
            maps = store.state(living(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, codec), ttl));
            sums = store.state(
                    living(TypedStateDescriptor.reducing("sums", Codecs.LONG, codec, (one, other) -> other), ttl));
            newest = store.state(
                    living(TypedStateDescriptor.aggregating("newest", Codecs.LONG, codec, new Newest<>(value)), ttl));
        }

        void write(final long key) {
            values.put(key, value);
            lists.add(1L, key);
            maps.put(1L, key, value);
            sums.add(key, value);
            newest.add(key, value);
        }

        /** The keys that each state has. */
        Map<String, Set<Long>> keys() {
            final Map<String, Set<Long>> keys = new TreeMap<>();
            STATES.forEach(name -> keys.put(name, new TreeSet<>()));
            values.forEachKey(keys.get("values")::add);
            lists.forEach((key, element) -> keys.get("lists").add(element));
            maps.forEach((key, inside, kept) -> keys.get("maps").add(inside));
            sums.forEachKey(keys.get("sums")::add);
            newest.forEachKey(keys.get("newest")::add);
            return keys;
        }
    }

    private <V> States<V> reopen(
            final long nowMs, final boolean checkpoint, final Codec<V> codec, final V value, final TimeToLive ttl) {
        reopen(nowMs, checkpoint);
        return new States<>(codec, value, ttl);
    }

    private void reopen(final long nowMs, final boolean checkpoint) {
        if (store != null) {
            store.stateStore().states().forEach(KeyedState::checkInvariants);
            if (checkpoint) {
                store.checkpoint().join();
            }
            store.close();
        }
        clock.set(nowMs);
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(22)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .expiryBudgetNs(0) // nothing is removed but when it is said
                .expiryClock(clock::get));
        store.expiryClock().reset(); // it is believed, whatever it was before
    }

    private <V> void run(final boolean checkpoint, final Codec<V> codec, final V value) {
        States<V> states = reopen(1_000, checkpoint, codec, value, null);
        states.write(0); // never had a time to live
        states = reopen(1_100, checkpoint, codec, value, TimeToLive.ofMillis(300));
        states.write(1);
        expect(states, 0, 1); // at 1,100
        states = reopen(1_399, checkpoint, codec, value, null); // which leaves it what it has
        states.write(2);
        expect(states, 0, 1, 2);
        clock.set(1_400); // 300 after it was given, and after the second was written
        expect(states, 2);
        states = reopen(1_399, checkpoint, codec, value, null);
        expect(states, 0, 1, 2); // nothing was removed, and the clock was set back
        states = reopen(1_399, checkpoint, codec, value, TimeToLive.ofMillis(100));
        expect(states, 2); // shorter
        states = reopen(1_450, checkpoint, codec, value, TimeToLive.OFF);
        states.write(3);
        expect(states, 0, 1, 2, 3);
        states = reopen(1_000_000, checkpoint, codec, value, null);
        expect(states, 0, 1, 2, 3); // still off
        states = reopen(1_749, checkpoint, codec, value, TimeToLive.ofMillis(350));
        expect(states, 3); // written while it was off: 1,450 + 350 is not over, 1,399 + 350 is
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isEqualTo(3L * STATES.size());
        states = reopen(1_000, checkpoint, codec, value, TimeToLive.OFF);
        expect(states, 3); // what was removed does not come back, neither by the clock nor by the rule
        states.write(4);
        states = reopen(1_349, checkpoint, codec, value, TimeToLive.ofMillis(350));
        expect(states, 3, 4);
        states = reopen(1_350, checkpoint, codec, value, null);
        expect(states, 3);
        states = reopen(1_800, checkpoint, codec, value, null);
        expect(states);
        store.close();
    }

    private List<ExpiringPrimitive> reopenPrimitives(final long nowMs, final boolean checkpoint, final TimeToLive ttl) {
        reopen(nowMs, checkpoint);
        return ExpiringPrimitive.all(store, ttl);
    }

    private static void write(final List<ExpiringPrimitive> primitives, final long key) {
        primitives.forEach(each -> each.put(key, 2 * key));
    }

    private void expect(final List<ExpiringPrimitive> primitives, final long... keys) {
        try (StoreReader reader = store.reader()) {
            for (final ExpiringPrimitive primitive : primitives) {
                final Map<Long, Long> expected = new HashMap<>();
                for (final long key : keys) {
                    expected.put(key, primitive.isSet() ? 0 : 2 * key);
                }
                assertThat(primitive.entries(true)).as(primitive.state.name()).isEqualTo(expected);
                assertThat(primitive.read(reader, 5)).as(primitive.state.name()).isEqualTo(expected);
            }
        }
    }

    /** As typed states do. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldJudgePrimitivesByTheTimeToLiveThatTheStateHasNow(final boolean checkpoint) {
        List<ExpiringPrimitive> primitives = reopenPrimitives(1_000, checkpoint, null);
        write(primitives, 0); // never had a time to live
        primitives = reopenPrimitives(1_100, checkpoint, TimeToLive.ofMillis(300));
        write(primitives, 1);
        expect(primitives, 0, 1); // at 1,100
        primitives = reopenPrimitives(1_399, checkpoint, null); // which leaves it what it has
        write(primitives, 2);
        expect(primitives, 0, 1, 2);
        clock.set(1_400); // 300 after it was given, and after the second was written
        expect(primitives, 2);
        primitives = reopenPrimitives(1_399, checkpoint, null);
        expect(primitives, 0, 1, 2); // nothing was removed, and the clock was set back
        primitives = reopenPrimitives(1_399, checkpoint, TimeToLive.ofMillis(100));
        expect(primitives, 2); // shorter
        primitives = reopenPrimitives(1_450, checkpoint, TimeToLive.OFF);
        write(primitives, 3);
        expect(primitives, 0, 1, 2, 3);
        primitives = reopenPrimitives(1_000_000, checkpoint, null);
        expect(primitives, 0, 1, 2, 3); // still off
        primitives = reopenPrimitives(1_749, checkpoint, TimeToLive.ofMillis(350));
        expect(primitives, 3); // written while it was off: 1,450 + 350 is not over, 1,399 + 350 is
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isEqualTo(3L * primitives.size());
        primitives = reopenPrimitives(1_000, checkpoint, TimeToLive.OFF);
        expect(primitives, 3); // what was removed does not come back, neither by the clock nor by the rule
        primitives = reopenPrimitives(1_799, checkpoint, TimeToLive.ofMillis(350));
        expect(primitives, 3);
        primitives = reopenPrimitives(1_800, checkpoint, null);
        expect(primitives);
        store.close();
    }

    /** Whatever was there under a name before, with timestamps or without, and by whatever way back. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTakeAStateForWhatItIsNowAfterItsNameWasUsedAgain(final boolean checkpoint) {
        reopen(1_000, checkpoint);
        store.longLongState("plain").put(1, 10);
        reopen(1_000, checkpoint);
        assertThatThrownBy(() -> store.longSetState("plain", TimeToLive.ofMillis(10)))
                .as("of another kind")
                .isInstanceOf(StateMismatchException.class);
        assertThat(store.longLongState("plain", TimeToLive.OFF).get(1, -1)).isEqualTo(10);
        store.dropState("plain");
        store.longLongState("plain", TimeToLive.ofMillis(10)).put(2, 20);
        reopen(1_009, checkpoint);
        assertThat(store.longLongState("plain").get(2, -1)).isEqualTo(20);
        assertThat(store.longLongState("plain").timeToLive()).isEqualTo(TimeToLive.ofMillis(10));
        clock.set(1_010);
        assertThat(store.longLongState("plain").get(2, -1)).isEqualTo(-1);
        store.dropState("plain");
        store.longLongState("plain").put(3, 30);
        reopen(1_000_000, checkpoint);
        assertThat(store.longLongState("plain").get(3, -1)).isEqualTo(30);
        store.longLongState("plain", TimeToLive.ofMillis(10));
        store.dropState("plain");
        store.longLongState("plain").put(4, 40);
        reopen(2_000_000, checkpoint);
        assertThat(store.longLongState("plain").get(4, -1)).isEqualTo(40);
        assertThat(store.longLongState("plain", TimeToLive.ofMillis(10)).get(4, -1))
                .isEqualTo(40);
        store.close();
    }

    private static void expect(final States<?> states, final long... keys) {
        final Set<Long> expected = new TreeSet<>();
        for (final long key : keys) {
            expected.add(key);
        }
        final List<String> different = new ArrayList<>();
        states.keys().forEach((name, found) -> {
            if (!found.equals(expected)) {
                different.add(name + " has " + found);
            }
        });
        assertThat(different).as("not " + expected).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"false, RECORD", "true, RECORD", "false, STRING", "true, STRING", "false, LONG", "true, LONG"})
    void shouldJudgeByTheTimeToLiveThatTheStateHasNow(final boolean checkpoint, final String values) {
        switch (values) {
            case "RECORD" -> run(checkpoint, Codecs.record(Text.class), new Text("text"));
            case "STRING" -> run(checkpoint, Codecs.STRING, "text");
            default -> run(checkpoint, Codecs.LONG, 42L);
        }
    }
}
