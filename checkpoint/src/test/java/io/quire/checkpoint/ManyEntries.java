/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.TimeDomain;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * Typed states that are filled by numbered operations, each an element of one list and one thing more, and whose every
 * entry can be told from the number of operations: after {@code n} of them the list has {@code n} elements.
 */
final class ManyEntries {
    static final String LIST = "list";
    static final String ONE = "one"; // a map under one key
    static final String MANY = "many"; // a map of one entry under each key
    static final String EVENT = "event";
    static final String PROCESSING = "processing";
    static final String VALUES = "values";
    static final List<String> NAMES = List.of(LIST, ONE, MANY, EVENT, PROCESSING, VALUES);

    /** Of ten operations, which thing more one does; the rest does none. */
    private static final Map<Integer, String> KINDS = Map.of(
            0, ONE, 1, MANY, 2, EVENT, 3, PROCESSING, 4, EVENT, 6, PROCESSING, 7, EVENT, 8, PROCESSING, 9, VALUES);

    private static final int TEN = 10;

    final DurableStateStore store;
    final ListState<String, Long> list;
    final MapState<String, Long, Long> one;
    final MapState<Long, Long, Long> many;
    final TimerState<Long> event;
    final TimerState<Long> processing;
    final ValueState<String, Long> values;

    ManyEntries(final DurableStateStore store) {
        this.store = store;
        list = store.state(TypedStateDescriptor.list(LIST, Codecs.STRING, Codecs.LONG));
        one = store.state(TypedStateDescriptor.map(ONE, Codecs.STRING, Codecs.LONG, Codecs.LONG));
        many = store.state(TypedStateDescriptor.map(MANY, Codecs.LONG, Codecs.LONG, Codecs.LONG));
        event = store.state(TypedStateDescriptor.timers(EVENT, Codecs.LONG, TimeDomain.EVENT_TIME));
        processing = store.state(TypedStateDescriptor.timers(PROCESSING, Codecs.LONG, TimeDomain.PROCESSING_TIME));
        values = store.state(TypedStateDescriptor.value(VALUES, Codecs.STRING, Codecs.LONG));
    }

    static long mixed(final long number) {
        final long bits = number * 0x9E3779B97F4A7C15L;
        return bits ^ bits >>> 29;
    }

    /** When the timer of an operation is due, milliseconds; in no order, and several are due at the same time. */
    static long dueMs(final long number) {
        return (mixed(number) >>> 1) % 1_000_003;
    }

    static String user(final long number) {
        return "user-" + number;
    }

    static String kindOf(final long number) {
        return KINDS.getOrDefault((int) (number % TEN), LIST);
    }

    /** Operations done, the last one perhaps in part. */
    long count() {
        return list.size("key");
    }

    /** Does an operation; two changes, which a kill may part. */
    void write(final long number) {
        list.add("key", mixed(number));
        writeMore(number);
    }

    /** The second change of an operation, which does no harm when it is done again. */
    void writeMore(final long number) {
        switch (kindOf(number)) {
            case ONE -> one.put("key", number, mixed(number));
            case MANY -> many.put(number, ~number, mixed(number));
            case EVENT -> event.registerTimer(number, dueMs(number));
            case PROCESSING -> processing.registerTimer(number, dueMs(number));
            case VALUES -> values.put(user(number), mixed(number));
            default -> {}
        }
    }

    /** Looks at everything that so many operations have left, in the order that each state promises. */
    void check(final long count) {
        long at = 0;
        for (final long element : list.get("key")) {
            equal(LIST, at, element, mixed(at));
            at++;
        }
        equal("length of the list", 0, at, count);
        equal("size of the list", 0, list.size("key"), count);
        long previous = -1;
        long entryCount = 0;
        for (final Map.Entry<Long, Long> entry : one.entries("key")) {
            equal(ONE, entry.getKey(), entry.getValue(), mixed(entry.getKey()));
            isTrue(entry.getKey() > previous, "order of the map at " + entry.getKey());
            previous = entry.getKey();
            entryCount++;
        }
        equal("entries under one key", 0, entryCount, expected(ONE, count));
        equal("size of the map", 0, one.size("key"), entryCount);
        checkEach(count);
        checkTimers(EVENT, event, count);
        checkTimers(PROCESSING, processing, count);
    }

    private void checkEach(final long count) {
        for (long number = 0; number < count; number++) {
            switch (kindOf(number)) {
                case ONE -> equal(ONE, number, one.get("key", number), mixed(number));
                case MANY -> equal(MANY, number, many.get(number, ~number), mixed(number));
                case VALUES -> equal(VALUES, number, values.get(user(number)), mixed(number));
                default -> {}
            }
        }
        equal("keys of maps", 0, many.keyCount(), expected(MANY, count));
        equal("entries of maps", 0, many.size(), many.keyCount());
        equal("values", 0, values.size(), expected(VALUES, count));
        final BitSet seen = new BitSet();
        many.forEach((key, inside, value) -> {
            equal(MANY, key, inside, ~key);
            equal(MANY, key, value, mixed(key));
            seen.set(Math.toIntExact(key));
        });
        equal("maps walked over", 0, (long) seen.cardinality(), expected(MANY, count));
    }

    private void checkTimers(final String kind, final TimerState<Long> timers, final long count) {
        final BitSet seen = new BitSet();
        final long[] previous = {-1};
        timers.forEachTimer((key, timestamp) -> {
            equal(kind, key, timestamp, dueMs(key));
            isTrue(kindOf(key).equals(kind) && timestamp >= previous[0], "order of timers at " + key);
            previous[0] = timestamp;
            seen.set(Math.toIntExact(key));
        });
        equal(kind + " seen", 0, (long) seen.cardinality(), expected(kind, count));
        equal(kind, 0, timers.size(), expected(kind, count));
    }

    /** Operations of a kind among the first ones. */
    static long expected(final String kind, final long count) {
        long found = count / TEN * KINDS.values().stream().filter(kind::equals).count();
        for (long number = count / TEN * TEN; number < count; number++) {
            found += kindOf(number).equals(kind) ? 1 : 0;
        }
        return found;
    }

    void checkInvariants() {
        store.stateStore().states().forEach(KeyedState::checkInvariants);
    }

    static void equal(final String what, final long number, final Long found, final long expected) {
        if (found == null || found != expected) {
            throw new AssertionError(what + ": number=" + number + " found=" + found + " expected=" + expected);
        }
    }

    static void isTrue(final boolean condition, final String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
