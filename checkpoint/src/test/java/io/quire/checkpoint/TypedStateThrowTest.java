/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.AggregateFunction;
import io.quire.store.AggregatingState;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.ReducingState;
import io.quire.store.TimeDomain;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every operation of the typed states, with every one of its calls to a codec or a function throwing in turn, half way:
 * memory and log are as they were, outside a batch and inside one.
 */
class TypedStateThrowTest {
    @TempDir
    Path temp;

    private final Trip trip = new Trip();
    private DurableStateStore store;
    private NamespacedState<String, String, ValueState<String, String>> values;
    private NamespacedState<String, String, ListState<String, String>> lists;
    private NamespacedState<String, String, MapState<String, String, String>> maps;
    private NamespacedState<String, String, ReducingState<String, String>> reduced;
    private NamespacedState<String, String, AggregatingState<String, String, String, String>> aggregated;
    private NamespacedState<String, String, TimerState<String>> timers;

    /** Throws at a call of a number. */
    private static final class Trip {
        private int callCount;
        private int failAt = Integer.MAX_VALUE;

        void set(final int at) {
            callCount = 0;
            failAt = at;
        }

        void call() {
            if (++callCount == failAt) {
                throw new Planted();
            }
        }
    }

    private static final class Planted extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class TrippingCodec implements Codec<String> {
        private final Trip trip;

        TrippingCodec(final Trip trip) {
            this.trip = trip;
        }

        @Override
        public String id() {
            return "test.tripping";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public int encode(final String value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putByte(offset, (byte) value.length()); // half of it
            trip.call();
            return 1 + Codecs.STRING.encode(value, buffer, offset + 1);
        }

        @Override
        public String decode(final DirectBuffer buffer, final int offset, final int length) {
            final String value = Codecs.STRING.decode(buffer, offset + 1, length - 1);
            trip.call();
            return value;
        }
    }

    private final class Concatenation implements AggregateFunction<String, String, String> {
        @Override
        public String createAccumulator() {
            trip.call();
            return "";
        }

        @Override
        public String add(final String value, final String accumulator) {
            trip.call();
            return accumulator + value;
        }

        @Override
        public String getResult(final String accumulator) {
            return accumulator;
        }

        @Override
        public String merge(final String first, final String second) {
            trip.call();
            return first + second;
        }
    }

    private String concatenated(final String first, final String second) {
        trip.call();
        return first + second;
    }

    private void open() {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(21)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false));
        final Codec<String> text = new TrippingCodec(trip);
        values = store.state(TypedStateDescriptor.value("values", text, text), text);
        lists = store.state(TypedStateDescriptor.list("lists", text, text), text);
        maps = store.state(TypedStateDescriptor.map("maps", text, text, text), text);
        reduced = store.state(TypedStateDescriptor.reducing("reduced", text, text, this::concatenated), text);
        aggregated = store.state(TypedStateDescriptor.aggregating("aggregated", text, text, new Concatenation()), text);
        timers = store.state(TypedStateDescriptor.timers("timers", text, TimeDomain.EVENT_TIME), text);
    }

    private void fill() {
        for (final String window : List.of("w", "x")) {
            for (final String key : List.of("a", "b")) {
                values.in(window).put(key, "value");
                lists.in(window).addAll(key, List.of("one", "two"));
                maps.in(window).putAll(key, Map.of("i", "1", "j", "2"));
                reduced.in(window).add(key, "r");
                aggregated.in(window).add(key, "t");
                timers.in(window).registerTimer(key, 5);
                timers.in(window).registerTimer(key, 7);
            }
        }
    }

    private Map<String, Object> contents() {
        trip.set(Integer.MAX_VALUE);
        final Map<String, Object> contents = new TreeMap<>();
        values.forEachKey((key, window) ->
                contents.put("value " + window + key, values.in(window).get(key)));
        lists.forEachKey((key, window) -> {
            final List<String> elements = new ArrayList<>();
            lists.in(window).get(key).forEach(elements::add);
            contents.put("list " + window + key, elements);
        });
        maps.forEachKey((key, window) -> {
            final Map<String, String> entries = new LinkedHashMap<>();
            maps.in(window).entries(key).forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
            contents.put("map " + window + key, List.copyOf(entries.entrySet()));
        });
        reduced.forEachKey((key, window) ->
                contents.put("reduced " + window + key, reduced.in(window).get(key)));
        aggregated.forEachKey((key, window) ->
                contents.put("aggregated " + window + key, aggregated.in(window).get(key)));
        timers.forEachKey((key, window) -> {
            final List<Long> timestamps = new ArrayList<>();
            timers.in(window).forEachTimer(key, timestamps::add);
            contents.put("timers " + window + key, timestamps);
        });
        contents.put(
                "sizes",
                List.of(values.size(), lists.size(), maps.size(), reduced.size(), aggregated.size(), timers.size()));
        return contents;
    }

    /** Everything that encodes, decodes or calls a function and writes. */
    private Map<String, Runnable> writes() {
        final Map<String, Runnable> writes = new LinkedHashMap<>();
        writes.put("value put", () -> values.in("w").put("a", "another value"));
        writes.put("value put new", () -> values.in("w").put("new", "value"));
        writes.put("value remove", () -> values.in("w").remove("b"));
        writes.put("list add", () -> lists.in("w").add("a", "three"));
        writes.put("list add new", () -> lists.in("new").add("a", "three"));
        writes.put("list addAll", () -> lists.in("w").addAll("a", List.of("four", "five")));
        writes.put("list update", () -> lists.in("w").update("a", List.of("six", "seven", "eight")));
        writes.put("list update null", () -> lists.in("new").update("a", null));
        writes.put("list remove", () -> lists.in("w").remove("b"));
        writes.put("list merge", () -> lists.merge("a", "w", List.of("x", "new")));
        writes.put("map put", () -> maps.in("w").put("a", "i", "3"));
        writes.put("map put new", () -> maps.in("w").put("a", "k", "4"));
        writes.put("map putAll", () -> maps.in("x").putAll("a", Map.of("l", "5", "m", "6")));
        writes.put("map remove entry", () -> maps.in("w").remove("a", "j"));
        writes.put("map remove", () -> maps.in("w").remove("b"));
        writes.put(
                "map set in a walk",
                () -> maps.in("x").entries("b").iterator().next().setValue("changed"));
        writes.put("reducing add", () -> reduced.in("w").add("a", "s"));
        writes.put("reducing add new", () -> reduced.in("new").add("a", "s"));
        writes.put("reducing merge", () -> reduced.merge("a", "w", List.of("x", "new")));
        writes.put("aggregating add", () -> aggregated.in("w").add("a", "u"));
        writes.put("aggregating add new", () -> aggregated.in("new").add("a", "u"));
        writes.put("aggregating merge", () -> aggregated.merge("a", "w", List.of("x", "new")));
        writes.put("timer register", () -> timers.in("w").registerTimer("a", 6));
        writes.put("timer register new", () -> timers.in("new").registerTimer("a", 6));
        writes.put("timer delete", () -> timers.in("w").deleteTimer("a", 7));
        writes.put("timer remove", () -> timers.in("w").remove("b"));
        return writes;
    }

    @Test
    void shouldTakeBackTheDeliveryOfATimerWhoseConsumerOrCodecThrows() {
        open();
        fill();
        for (int failAt = 1; ; failAt++) {
            final Map<String, Object> before = contents();
            trip.set(failAt);
            try {
                assertThat(timers.pollDue(5, 1, (key, window, timestamp) -> {
                            lists.in(window).add(key, "fired");
                            maps.in(window).putAll(key, Map.of("l", "5", "m", "6"));
                            timers.in(window).registerTimer(key, timestamp + 5);
                            reduced.in(window).add(key, "fired");
                        }))
                        .isEqualTo(1);
                trip.set(Integer.MAX_VALUE);
                assertThat(failAt).as("calls of a codec or a function").isGreaterThan(12);
                assertThat(contents()).isNotEqualTo(before);
                break;
            } catch (final Planted e) {
                assertThat(contents()).as("call %d", failAt).isEqualTo(before);
            }
        }
        final Map<String, Object> all = contents();
        store.stateStore().states().forEach(KeyedState::checkInvariants);
        store.close();
        open();
        assertThat(contents()).as("what was logged").isEqualTo(all);
        store.close();
    }

    /** Lets each call of an operation throw in turn until none is left; returns how many did. */
    private int tripEach(final String name, final Runnable operation) {
        for (int failAt = 1; ; failAt++) {
            final Map<String, Object> before = contents();
            final long position = store.appliedPosition();
            trip.set(failAt);
            try {
                operation.run();
                trip.set(Integer.MAX_VALUE);
                return failAt - 1;
            } catch (final Planted e) {
                assertThat(contents()).as("%s, call %d", name, failAt).isEqualTo(before);
                assertThat(store.appliedPosition())
                        .as("%s, call %d: log position", name, failAt)
                        .isEqualTo(position);
            }
        }
    }

    @Test
    void shouldHaveNoEffectWhenACodecOrAFunctionThrows() {
        open();
        fill();
        writes().forEach((name, operation) -> {
            final Map<String, Object> before = contents();
            assertThat(tripEach(name, operation)).as(name).isGreaterThanOrEqualTo(2); // namespace and key at least
            if (!name.equals("list update null")) {
                assertThat(contents()).as(name).isNotEqualTo(before);
            }
        });
        final Map<String, Object> all = contents();
        store.stateStore().states().forEach(KeyedState::checkInvariants);
        store.close();
        open();
        assertThat(contents()).as("what was logged").isEqualTo(all);
        store.close();
    }

    @Test
    void shouldHaveNoEffectInABatchThatGoesOn() {
        open();
        fill();
        boolean commit = false;
        for (final Map.Entry<String, Runnable> write : writes().entrySet()) {
            final Map<String, Object> before = contents();
            store.beginBatch();
            values.in("batch").put("key", write.getKey());
            tripEach(write.getKey(), write.getValue());
            final Map<String, Object> changed = contents();
            if (commit) {
                store.commitBatch();
                assertThat(contents()).as(write.getKey()).isEqualTo(changed);
            } else {
                store.rollbackBatch();
                assertThat(contents()).as(write.getKey()).isEqualTo(before);
                write.getValue().run(); // what the next ones look for
            }
            commit = !commit;
        }
        final Map<String, Object> all = contents();
        store.stateStore().states().forEach(KeyedState::checkInvariants);
        store.close();
        open();
        assertThat(contents()).as("what was logged").isEqualTo(all);
        store.close();
    }

    @Test
    void shouldReadOnAfterACodecHasThrown() {
        open();
        fill();
        final Map<String, Object> before = contents();
        final Map<String, Runnable> reads = new LinkedHashMap<>();
        reads.put("value get", () -> values.in("w").get("a"));
        reads.put("value containsKey", () -> values.in("w").containsKey("a"));
        reads.put("value forEachKey", () -> values.forEachKey((key, window) -> {}));
        reads.put("list get", () -> lists.in("w").get("a").forEach(element -> {}));
        reads.put("list forEach", () -> lists.in("w").forEach((key, element) -> {}));
        reads.put("list size", () -> lists.in("w").size("a"));
        reads.put("map get", () -> maps.in("w").get("a", "i"));
        reads.put("map containsKey", () -> maps.in("w").containsKey("a", "i"));
        reads.put("map entries", () -> maps.in("w").entries("a").forEach(entry -> {}));
        reads.put("map forEach", () -> maps.in("w").forEach((key, inside, value) -> {}));
        reads.put("reducing get", () -> reduced.in("w").get("a"));
        reads.put("reducing forEach", () -> reduced.in("w").forEach((key, value) -> {}));
        reads.put("timer contains", () -> timers.in("w").containsTimer("a", 5));
        reads.put("timer forEachTimer", () -> timers.in("w").forEachTimer("a", timestamp -> {}));
        reads.put("aggregating get", () -> aggregated.in("w").get("a"));
        reads.forEach((name, read) -> assertThat(tripEach(name, read)).as(name).isGreaterThanOrEqualTo(2));
        assertThat(contents()).isEqualTo(before);
        store.stateStore().states().forEach(KeyedState::checkInvariants);
        assertThat(store.dropState("lists")).as("no walk is left open").isTrue();
        store.close();
    }
}
