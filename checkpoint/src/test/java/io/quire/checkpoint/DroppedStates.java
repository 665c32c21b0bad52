/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.AggregateFunction;
import io.quire.store.BytesState;
import io.quire.store.FixedBytesState;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.LongBytesState;
import io.quire.store.LongDoubleState;
import io.quire.store.LongLongState;
import io.quire.store.MapState;
import io.quire.store.TimeDomain;
import io.quire.store.TimeToLive;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateKind;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A state of every kind, which is filled, gets another codec, is dropped, and created again under the same name as the
 * same or as another kind with codecs that would not have fitted: a step at a time, so that anything may happen
 * between two of them.
 */
final class DroppedStates {
    static final int STEPS = 7;

    private static final int ENTRIES = 700;
    private static final int VALUE_LENGTH = 64;
    private static final List<StateKind> KINDS = List.of(
            StateKind.LONG_LONG,
            StateKind.LONG_DOUBLE,
            StateKind.LONG_SET,
            StateKind.LONG_BYTES,
            StateKind.FIXED_BYTES,
            StateKind.BYTES,
            StateKind.VALUE,
            StateKind.LIST,
            StateKind.MAP,
            StateKind.REDUCING,
            StateKind.AGGREGATING,
            StateKind.EVENT_TIME_TIMERS);
    private static final TimeToLive LONG = TimeToLive.of(Duration.ofDays(1));

    private final DurableStateStore store;
    private final int shift;

    /**
     * Creates it.
     *
     * @param store where the states are
     * @param shift how many kinds further the one is that a state is created as again; 0 = the same
     */
    DroppedStates(final DurableStateStore store, final int shift) {
        this.store = store;
        this.shift = shift;
    }

    /** Does a step, 0 to {@link #STEPS} - 1, after all before it. */
    void apply(final int step) {
        for (int i = 0; i < KINDS.size(); i++) {
            final StateKind kind = KINDS.get(i);
            final StateKind other = KINDS.get((i + shift) % KINDS.size());
            switch (step) {
                case 0 -> fill(kind, name(i), 0, 0, ENTRIES);
                case 1 -> fill(kind, name(i), 1, ENTRIES, 2 * ENTRIES); // by another codec
                case 2 -> drop(name(i));
                case 3 -> fill(other, name(i), 2, 0, 0); // created only
                case 4 -> fill(other, name(i), 2, 0, ENTRIES / 2);
                case 5 -> {
                    drop(name(i));
                    fill(kind, name(i), 0, 0, ENTRIES / 4);
                }
                default -> drop(name(i));
            }
        }
    }

    /** Compares what there is with what there must be after a step, -1 before all. */
    void check(final int step) {
        store.stateStore().states().forEach(KeyedState::checkInvariants);
        final boolean isNone = step < 0 || step == 2 || step == 6;
        expect("states", isNone ? 0 : KINDS.size(), store.stateStore().states().size());
        for (int i = 0; i < KINDS.size() && !isNone; i++) {
            final boolean isOther = step == 3 || step == 4;
            final StateKind kind = KINDS.get((i + (isOther ? shift : 0)) % KINDS.size());
            final KeyedState state = state(name(i));
            expect("kind of " + name(i), kind, state.descriptor().kind());
            final CodecHistory history = state.descriptor().codecs().get(CodecRole.VALUE);
            if (history != null && kind != StateKind.FIXED_BYTES) {
                expect(
                        "codecs of " + name(i),
                        step == 1 ? 2 : 1,
                        history.identities().size());
                final boolean expiring = step == 5 && kind == StateKind.VALUE;
                expect(
                        "time to live of " + name(i),
                        !expiring,
                        state.descriptor().expiry().isNone());
            }
            final Map<Long, Long> expected = new HashMap<>();
            final int count = switch (step) {
                case 0 -> ENTRIES;
                case 1 -> 2 * ENTRIES;
                case 3 -> 0;
                case 4 -> ENTRIES / 2;
                default -> ENTRIES / 4;
            };
            for (long key = 0; key < count; key++) {
                expected.put(key, kind == StateKind.LONG_SET || kind == StateKind.EVENT_TIME_TIMERS ? 1 : value(key));
            }
            expect("size of " + name(i), (long) count, state.size());
            expect("contents of " + name(i), expected, contents(kind, name(i), isOther ? 2 : step == 1 ? 1 : 0));
        }
    }

    private static void expect(final String what, final Object expected, final Object found) {
        if (!expected.equals(found)) {
            throw new AssertionError(what + ": expected=" + expected + " found=" + found);
        }
    }

    private static String name(final int i) {
        return "state " + i;
    }

    private KeyedState state(final String name) {
        return store.stateStore().states().stream()
                .filter(state -> state.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void drop(final String name) {
        expect("drop of " + name, true, store.dropState(name));
        expect("second drop of " + name, false, store.dropState(name));
    }

    private static long value(final long key) {
        return key * 1_000_003;
    }

    /** Records in two releases, and what cannot be read as either. */
    private static Codec<Object> codec(final int release) {
        return release < 2 ? RecordReleases.codec(release) : new TextCodec();
    }

    /** Numbers as text; another codec than that of the records. */
    private record TextCodec() implements Codec<Object> {
        @Override
        public String id() {
            return "test.text";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public int encode(final Object value, final MutableDirectBuffer buffer, final int offset) {
            return buffer.putStringWithoutLengthAscii(offset, (String) value);
        }

        @Override
        public Object decode(final DirectBuffer buffer, final int offset, final int length) {
            return buffer.getStringWithoutLengthAscii(offset, length);
        }
    }

    private static Object object(final int release, final long number) {
        return release < 2
                ? RecordReleases.of(release, number, "some text so that it takes space", 0, List.of())
                : Long.toString(number);
    }

    private static long number(final Object object) {
        if (object instanceof RecordReleases.First first) {
            return first.amount();
        }
        return object instanceof RecordReleases.Second second ? second.amount() : Long.parseLong((String) object);
    }

    private static TypedStateDescriptor<Long, MapState<Long, Long, Object>> map(final String name, final int release) {
        return TypedStateDescriptor.map(name, Codecs.LONG, Codecs.LONG, codec(release));
    }

    /** Opens a state by a release, creating it if it is not there, and adds entries for some keys. */
    private void fill(final StateKind kind, final String name, final int release, final long from, final long to) {
        switch (kind) {
            case VALUE, LIST, MAP, REDUCING, AGGREGATING, EVENT_TIME_TIMERS -> fillTyped(kind, name, release, from, to);
            default -> fillPlain(kind, name, from, to);
        }
    }

    private void fillPlain(final StateKind kind, final String name, final long from, final long to) {
        final UnsafeBuffer bytes = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer view = new UnsafeBuffer(new byte[VALUE_LENGTH]);
        final LongConsumer put = putter(kind, name, bytes, view);
        for (long key = from; key < to; key++) {
            bytes.putLong(0, key);
            view.putLong(0, value(key));
            put.accept(key);
        }
    }

    private LongConsumer putter(
            final StateKind kind, final String name, final UnsafeBuffer bytes, final UnsafeBuffer view) {
        switch (kind) {
            case LONG_LONG -> {
                final LongLongState state = store.longLongState(name);
                return key -> state.put(key, value(key));
            }
            case LONG_DOUBLE -> {
                final LongDoubleState state = store.longDoubleState(name);
                return key -> state.put(key, value(key));
            }
            case LONG_SET -> {
                return store.longSetState(name)::add;
            }
            case LONG_BYTES -> {
                final LongBytesState state = store.longBytesState(name);
                return key -> state.put(key, view, 0, VALUE_LENGTH);
            }
            case FIXED_BYTES -> {
                final FixedBytesState state = store.fixedBytesState(name, Long.BYTES, VALUE_LENGTH);
                return key -> state.put(bytes, 0, view, 0);
            }
            default -> {
                final BytesState state = store.bytesState(name);
                return key -> state.put(bytes, 0, Long.BYTES, view, 0, VALUE_LENGTH);
            }
        }
    }

    private void fillTyped(final StateKind kind, final String name, final int release, final long from, final long to) {
        final Codec<Object> codec = codec(release);
        switch (kind) {
            case VALUE -> {
                final var descriptor = TypedStateDescriptor.value(name, Codecs.LONG, codec);
                final var values = store.state(to == ENTRIES / 4 ? descriptor.withTimeToLive(LONG) : descriptor);
                for (long i = from; i < to; i++) {
                    values.put(i, object(release, value(i)));
                }
            }
            case LIST -> {
                final ListState<Long, Object> lists = store.state(TypedStateDescriptor.list(name, Codecs.LONG, codec));
                for (long i = from; i < to; i++) {
                    lists.add(i % 5, object(release, value(i)));
                }
            }
            case MAP -> {
                final MapState<Long, Long, Object> maps = store.state(map(name, release));
                for (long i = from; i < to; i++) {
                    maps.put(i % 5, i, object(release, value(i)));
                }
            }
            case REDUCING -> {
                final var sums = store.state(TypedStateDescriptor.reducing(name, Codecs.LONG, codec, (a, b) -> b));
                for (long i = from; i < to; i++) {
                    sums.add(i, object(release, 0));
                    sums.add(i, object(release, value(i)));
                }
            }
            case AGGREGATING -> {
                final var newest =
                        store.state(TypedStateDescriptor.aggregating(name, Codecs.LONG, codec, new Newest(release)));
                for (long i = from; i < to; i++) {
                    newest.add(i, value(i));
                }
            }
            default -> {
                final var timers = store.state(TypedStateDescriptor.timers(name, Codecs.LONG, TimeDomain.EVENT_TIME));
                for (long i = from; i < to; i++) {
                    timers.registerTimer(i, i);
                }
            }
        }
    }

    /** Keeps what was added last. */
    private record Newest(int release) implements AggregateFunction<Long, Object, Object> {
        @Override
        public Object createAccumulator() {
            return object(release, 0);
        }

        @Override
        public Object add(final Long value, final Object accumulator) {
            return object(release, value);
        }

        @Override
        public Object getResult(final Object accumulator) {
            return accumulator;
        }

        @Override
        public Object merge(final Object first, final Object second) {
            return second;
        }
    }

    private Map<Long, Long> contents(final StateKind kind, final String name, final int release) {
        final Map<Long, Long> found = new HashMap<>();
        final Codec<Object> codec = codec(release);
        switch (kind) {
            case LONG_LONG -> store.longLongState(name).forEach(found::put);
            case LONG_DOUBLE -> store.longDoubleState(name).forEach((key, value) -> found.put(key, (long) value));
            case LONG_SET -> store.longSetState(name).forEach(key -> found.put(key, 1L));
            case LONG_BYTES -> store.longBytesState(name).forEach((key, view) -> found.put(key, view.getLong(0)));
            case FIXED_BYTES ->
                store.fixedBytesState(name, Long.BYTES, VALUE_LENGTH)
                        .forEach((key, view) -> found.put(key.getLong(0), view.getLong(0)));
            case BYTES -> store.bytesState(name).forEach((key, view) -> found.put(key.getLong(0), view.getLong(0)));
            case VALUE ->
                store.state(TypedStateDescriptor.value(name, Codecs.LONG, codec))
                        .forEach((key, value) -> found.put(key, number(value)));
            case LIST -> {
                final ListState<Long, Object> lists = store.state(TypedStateDescriptor.list(name, Codecs.LONG, codec));
                for (long list = 0; list < 5; list++) {
                    long key = list;
                    for (final Object element : lists.get(list)) {
                        found.put(key, number(element)); // in their order, so keys follow
                        key += 5;
                    }
                }
            }
            case MAP ->
                store.state(map(name, release)).forEach((key, inside, value) -> found.put(inside, number(value)));
            case REDUCING ->
                store.state(TypedStateDescriptor.reducing(name, Codecs.LONG, codec, (a, b) -> b))
                        .forEach((key, value) -> found.put(key, number(value)));
            case AGGREGATING ->
                store.state(TypedStateDescriptor.aggregating(name, Codecs.LONG, codec, new Newest(release)))
                        .forEach((key, value) -> found.put(key, number(value)));
            default ->
                store.state(TypedStateDescriptor.timers(name, Codecs.LONG, TimeDomain.EVENT_TIME))
                        .forEachTimer((key, timestamp) -> found.merge(key, 1L, Long::sum));
        }
        return found;
    }

    /** Extents of the store that hold anything. */
    long usedExtents() {
        final long[] counts = store.stateStore().memory().extentsByKind();
        long used = 0;
        for (int kind = 1; kind < counts.length; kind++) {
            used += counts[kind];
        }
        return used;
    }
}
