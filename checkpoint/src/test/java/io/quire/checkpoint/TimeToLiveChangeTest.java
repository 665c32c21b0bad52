/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.AggregateFunction;
import io.quire.store.AggregatingState;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.ReducingState;
import io.quire.store.TimeToLive;
import io.quire.store.TypedState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        return new States<>(codec, value, ttl);
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
