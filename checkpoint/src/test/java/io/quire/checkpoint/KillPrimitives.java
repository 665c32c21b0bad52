/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.FixedBytesState;
import io.quire.store.ListState;
import io.quire.store.LongBytesState;
import io.quire.store.LongDoubleState;
import io.quire.store.LongLongState;
import io.quire.store.LongSetState;
import io.quire.store.LongTimerState;
import io.quire.store.MapState;
import io.quire.store.TimeDomain;
import io.quire.store.TimeToLive;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The part of a {@link TypedKillWriter} that is about primitives, bytes, timers and what expires. Operation i sets or
 * removes one entry of each state, so the operation that was the last on a key tells what must be there; entries expire
 * {@link #TTL} operations after they were written.
 */
final class KillPrimitives {
    private static final int DOUBLE_KEYS = 101;
    private static final int SET_KEYS = 89;
    private static final int BYTES_KEYS = 61;
    private static final int FIXED_KEYS = 73;
    private static final int KEY_LENGTH = 12;
    private static final int VALUE_LENGTH = 20;
    private static final int TIMER_KEYS = 13;
    private static final long TOTAL_KEY = -1;
    private static final int TTL = 150; // operations
    private static final int EXPIRING_KEYS = 400; // so that some expire before they are written again

    private final AtomicLong clock;
    private final LongDoubleState doubles;
    private final LongSetState set;
    private final LongBytesState bytes;
    private final FixedBytesState fixed;
    private final TimerState<Long> timers;
    private final LongTimerState longTimers;
    private final LongLongState fired; // by key of the timer
    private final LongLongState expiringLongs;
    private final LongSetState expiringSet;
    private final FixedBytesState expiringFixed;
    private final ValueState<Long, Long> expiringValues;
    private final ListState<Long, Long> expiringList;
    private final MapState<Long, Long, Long> expiringMap;
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[KEY_LENGTH]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[KillWriter.VALUE_LENGTH_MAX]);
    private final UnsafeBuffer found = new UnsafeBuffer(new byte[KillWriter.VALUE_LENGTH_MAX]);

    /**
     * Opens the states.
     *
     * @param store where they are
     * @param clock the clock of the store, set to the number of the operation that is next
     */
    KillPrimitives(final DurableStateStore store, final AtomicLong clock) {
        this.clock = clock;
        final TimeToLive timeToLive = TimeToLive.ofMillis(TTL);
        doubles = store.longDoubleState("doubles");
        set = store.longSetState("set");
        bytes = store.longBytesState("bytes");
        fixed = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
        timers = store.state(TypedStateDescriptor.timers("timers", Codecs.LONG, TimeDomain.EVENT_TIME));
        longTimers = store.longTimerState("long timers", TimeDomain.PROCESSING_TIME);
        fired = store.longLongState("fired");
        expiringLongs = store.longLongState("expiring longs", timeToLive);
        expiringSet = store.longSetState("expiring set", timeToLive);
        expiringFixed = store.fixedBytesState("expiring fixed", KEY_LENGTH, VALUE_LENGTH, timeToLive);
        expiringValues = store.state(TypedStateDescriptor.value("expiring values", Codecs.LONG, Codecs.LONG)
                .withTimeToLive(timeToLive));
        expiringList = store.state(TypedStateDescriptor.list("expiring list", Codecs.LONG, Codecs.LONG)
                .withTimeToLive(timeToLive));
        expiringMap = store.state(TypedStateDescriptor.map("expiring map", Codecs.LONG, Codecs.LONG, Codecs.LONG)
                .withTimeToLive(timeToLive));
    }

    /** Before the batch of an operation: what expires then may be removed already. */
    void before(final long i) {
        clock.set(i);
    }

    /** What a batch does here. */
    void apply(final long i) {
        doubles.addAndGet(TOTAL_KEY, i);
        if (i % KillWriter.REMOVE_EVERY == 0) {
            doubles.remove(i % DOUBLE_KEYS);
            set.remove(i % SET_KEYS);
            bytes.remove(i % BYTES_KEYS);
            fixed.remove(fixedKey(i % FIXED_KEYS), 0);
        } else {
            doubles.put(i % DOUBLE_KEYS, i / 2.0);
            set.add(i % SET_KEYS);
            bytes.put(i % BYTES_KEYS, value, 0, KillWriter.fill(value, i));
            fixed.put(fixedKey(i % FIXED_KEYS), 0, fixedValue(i), 0);
        }
        timers.registerTimer(i % TIMER_KEYS, due(i));
        longTimers.registerTimer(i % TIMER_KEYS, due(i));
        timers.pollDue(i, (at, timestamp) -> fired.addAndGet(at, 1));
        longTimers.pollDue(i, (at, timestamp) -> fired.addAndGet(TIMER_KEYS + at, timestamp));
        final long expiringKey = i % EXPIRING_KEYS;
        expiringLongs.put(expiringKey, i);
        expiringSet.add(expiringKey);
        expiringFixed.put(fixedKey(expiringKey), 0, fixedValue(i), 0);
        expiringValues.put(expiringKey, i);
        expiringList.add(i % TIMER_KEYS, i);
        expiringMap.put(i % TIMER_KEYS, expiringKey, i);
    }

    private static long due(final long i) {
        return i + 1 + i % 7;
    }

    private UnsafeBuffer fixedKey(final long k) {
        key.putLong(0, k);
        key.putInt(Long.BYTES, (int) ~k);
        return key;
    }

    private UnsafeBuffer fixedValue(final long i) {
        value.putLong(0, i);
        value.putLong(Long.BYTES, i * 0x9E37_79B9_7F4A_7C15L);
        value.putInt(2 * Long.BYTES, (int) -i);
        return value;
    }

    /** Checks everything against the operations up to a count, the clock at the one that may have been begun. */
    void check(final long count) {
        clock.set(count + 1);
        checkPrimitives(count);
        checkTimers(count);
        checkExpiring(count);
    }

    private void checkPrimitives(final long count) {
        final Map<Long, Double> expectedDoubles = new HashMap<>();
        if (count > 0) {
            expectedDoubles.put(TOTAL_KEY, count * (count + 1) / 2.0);
        }
        put(expectedDoubles, DOUBLE_KEYS, count, i -> i / 2.0);
        final Map<Long, Double> foundDoubles = new HashMap<>();
        doubles.forEach(foundDoubles::put);
        TypedKillWriter.expect("doubles", expectedDoubles, foundDoubles);
        final Map<Long, Boolean> expectedSet = new HashMap<>();
        put(expectedSet, SET_KEYS, count, i -> true);
        final Map<Long, Boolean> foundSet = new HashMap<>();
        set.forEach(k -> foundSet.put(k, true));
        TypedKillWriter.expect("set", expectedSet, foundSet);
        final Map<Long, Long> fixedNumbers = new HashMap<>();
        put(fixedNumbers, FIXED_KEYS, count, i -> i);
        checkFixed("fixed", fixed, fixedNumbers, FIXED_KEYS);
        KillProgram.expect("entries of fixed", fixedNumbers.size(), fixed.size());
        long bytesCount = 0;
        for (long k = 0; k < BYTES_KEYS; k++) {
            bytesCount += checkBytes(k, KillWriter.lastOn(k, BYTES_KEYS, count));
        }
        KillProgram.expect("entries of bytes", bytesCount, bytes.size());
    }

    private static <V> void put(
            final Map<Long, V> entries, final int keys, final long count, final LongFunction<V> of) {
        for (long k = 0; k < keys; k++) {
            final long last = KillWriter.lastOn(k, keys, count);
            if (last != 0) {
                entries.put(k, of.apply(last));
            }
        }
    }

    private int checkBytes(final long k, final long last) {
        final int length = bytes.get(k, found, 0);
        if (last == 0) {
            KillProgram.expect("bytes key " + k, LongBytesState.NOT_FOUND, length);
            return 0;
        }
        KillProgram.expect("length of bytes key " + k, KillWriter.fill(value, last), length);
        for (int at = 0; at < length; at++) {
            KillProgram.expect("byte " + at + " of bytes key " + k, value.getByte(at), found.getByte(at));
        }
        return 1;
    }

    private void checkFixed(
            final String what, final FixedBytesState state, final Map<Long, Long> numbers, final int keys) {
        for (long k = 0; k < keys; k++) {
            final Long number = numbers.get(k);
            final boolean isFound = state.get(fixedKey(k), 0, found, 0);
            KillProgram.expect(what + " has key " + k, number == null ? 0 : 1, isFound ? 1 : 0);
            if (number != null) {
                fixedValue(number);
                for (int at = 0; at < VALUE_LENGTH; at++) {
                    KillProgram.expect(what + " key " + k + " byte " + at, value.getByte(at), found.getByte(at));
                }
            }
        }
    }

    private void checkTimers(final long count) {
        final Map<Long, Long> expectedFired = new HashMap<>();
        final Map<Long, List<Long>> waiting = new HashMap<>();
        for (long i = 1; i <= count; i++) {
            if (due(i) <= count) {
                expectedFired.merge(i % TIMER_KEYS, 1L, Long::sum);
                expectedFired.merge(TIMER_KEYS + i % TIMER_KEYS, due(i), Long::sum);
            } else {
                waiting.computeIfAbsent(due(i), any -> new ArrayList<>()).add(i % TIMER_KEYS);
            }
        }
        final Map<Long, Long> foundFired = new HashMap<>();
        fired.forEach(foundFired::put);
        TypedKillWriter.expect("timers fired", expectedFired, foundFired);
        final Map<Long, List<Long>> foundWaiting = new HashMap<>();
        timers.forEachTimer((k, timestamp) -> foundWaiting
                .computeIfAbsent(timestamp, any -> new ArrayList<>())
                .add(k));
        TypedKillWriter.expect("timers waiting, in order", waiting, foundWaiting);
        KillProgram.expect("long timers waiting", timers.size(), longTimers.size());
    }

    private void checkExpiring(final long count) {
        final Map<Long, Long> living = new HashMap<>();
        final Map<Long, List<Long>> lists = new HashMap<>();
        for (long i = Math.max(1, count + 2 - TTL); i <= count; i++) {
            living.put(i % EXPIRING_KEYS, i);
            lists.computeIfAbsent(i % TIMER_KEYS, any -> new ArrayList<>()).add(i);
        }
        final Map<Long, Long> longs = new HashMap<>();
        expiringLongs.forEach(longs::put);
        TypedKillWriter.expect("expiring longs", living, longs);
        final Map<Long, Long> inSet = new HashMap<>();
        expiringSet.forEach(k -> inSet.put(k, living.get(k)));
        TypedKillWriter.expect("expiring set", living, inSet);
        checkFixed("expiring fixed", expiringFixed, living, EXPIRING_KEYS);
        final Map<Long, Long> values = new HashMap<>();
        expiringValues.forEach(values::put);
        TypedKillWriter.expect("expiring values", living, values);
        final Map<Long, List<Long>> foundLists = new HashMap<>();
        expiringList.forEach((k, element) ->
                foundLists.computeIfAbsent(k, any -> new ArrayList<>()).add(element));
        TypedKillWriter.expect("expiring lists", lists, foundLists);
        final Map<Long, Long> entries = new HashMap<>();
        expiringMap.forEach((k, inside, number) -> entries.put(inside, number));
        TypedKillWriter.expect("expiring maps", living, entries);
    }
}
