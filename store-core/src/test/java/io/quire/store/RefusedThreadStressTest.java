/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.NotWriterException;
import io.quire.store.memory.PagedMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A thread that may not call a state calls it all the time, with other keys and values: each call is refused, and what
 * the writer, or the reader's own thread, does meanwhile is as if nobody had called.
 */
class RefusedThreadStressTest {
    private static final int KEYS = 500;
    private static final int ROUNDS = 60;
    private static final long ELSEWHERE = 1L << 40; // keys that only the other thread gives
    private static final long ABSENT = -1;
    private static final TimeToLive LONG_TIME = TimeToLive.of(Duration.ofDays(1));

    private final StateStore store = new StateStore(PagedMemory.anonymous(11));
    private final List<Runnable> refused = new ArrayList<>();
    private final List<Runnable> harmless = new ArrayList<>();
    private LongConsumer write;
    private LongUnaryOperator read;
    private long expectedSize = KEYS;

    @AfterEach
    void close() {
        store.close();
    }

    private static long valueOf(final long key) {
        return key * 31 + 7;
    }

    private static UnsafeBuffer buffer(final long number, final int length) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[length]);
        buffer.putLong(0, number);
        return buffer;
    }

    private void refuse(final Runnable... calls) {
        refused.addAll(List.of(calls));
    }

    private void longBytes(final LongBytesState state) {
        final UnsafeBuffer value = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer others = buffer(ABSENT, Long.BYTES);
        final UnsafeBuffer taken = new UnsafeBuffer(new byte[Long.BYTES]);
        write = key -> {
            value.putLong(0, valueOf(key));
            if (key % 3 == 0) {
                state.remove(key);
                state.putIfAbsent(key, value, 0, Long.BYTES);
            } else {
                state.put(key, value, 0, Long.BYTES);
            }
        };
        read = key -> state.get(key, value, 0) == Long.BYTES ? value.getLong(0) : ABSENT;
        refuse(
                () -> state.get(ELSEWHERE, taken, 0),
                () -> state.wrap(ELSEWHERE, new UnsafeBuffer(0, 0)),
                () -> state.getAll(new long[] {ELSEWHERE}, 0, 1, (index, found) -> {}),
                () -> state.valueLength(ELSEWHERE),
                () -> state.containsKey(ELSEWHERE),
                () -> state.put(ELSEWHERE, others, 0, Long.BYTES),
                () -> state.putIfAbsent(ELSEWHERE, others, 0, Long.BYTES),
                () -> state.update(ELSEWHERE, found -> {}),
                () -> state.remove(ELSEWHERE),
                () -> state.forEach((key, found) -> {}),
                state::cursor,
                state::clear);
        harmless.add(() -> state.keyGroupOf(ELSEWHERE));
    }

    private void longSet(final LongSetState state) {
        write = key -> {
            state.remove(key);
            state.add(key);
        };
        read = key -> state.contains(key) ? valueOf(key) : ABSENT;
        refuse(
                () -> state.contains(ELSEWHERE),
                () -> state.add(ELSEWHERE),
                () -> state.remove(ELSEWHERE),
                () -> state.forEach(key -> {}),
                state::cursor,
                state::clear);
        harmless.add(() -> state.keyGroupOf(ELSEWHERE));
    }

    private void longLong(final LongLongState state) {
        write = key -> state.put(key, valueOf(key));
        read = key -> state.get(key, ABSENT);
        refuse(
                () -> state.get(ELSEWHERE, ABSENT),
                () -> state.put(ELSEWHERE, 1),
                () -> state.addAndGet(ELSEWHERE, 1),
                () -> state.remove(ELSEWHERE));
        harmless.add(() -> state.keyGroupOf(ELSEWHERE));
    }

    private void longDouble(final LongDoubleState state) {
        write = key -> state.put(key, valueOf(key));
        read = key -> (long) state.get(key, ABSENT);
        refuse(
                () -> state.get(ELSEWHERE, ABSENT),
                () -> state.put(ELSEWHERE, 1),
                () -> state.addAndGet(ELSEWHERE, 1),
                () -> state.remove(ELSEWHERE));
    }

    private void source(final SourcePosition position) {
        write = key -> {
            position.set(valueOf(key));
            assertThat(position.get(ABSENT)).isEqualTo(valueOf(key));
        };
        read = key -> position.get(ABSENT) == valueOf(KEYS - 1) ? valueOf(key) : ABSENT;
        expectedSize = 1;
        refuse(() -> position.set(ELSEWHERE), () -> position.get(ABSENT));
    }

    private void bytes(final BytesState state) {
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer other = buffer(ELSEWHERE, Long.BYTES);
        final UnsafeBuffer taken = new UnsafeBuffer(new byte[Long.BYTES]);
        write = number -> {
            key.putLong(0, number);
            state.remove(key, 0, Long.BYTES);
            state.addAndGet(key, 0, Long.BYTES, 0, valueOf(number));
        };
        read = number -> {
            key.putLong(0, number);
            return state.get(key, 0, Long.BYTES, value, 0) == Long.BYTES ? value.getLong(0) : ABSENT;
        };
        refuse(
                () -> state.get(other, 0, Long.BYTES, taken, 0),
                () -> state.wrap(other, 0, Long.BYTES, new UnsafeBuffer(0, 0)),
                () -> state.getAll(other, new int[] {0, Long.BYTES}, 0, 1, (index, found) -> {}),
                () -> state.valueLength(other, 0, Long.BYTES),
                () -> state.containsKey(other, 0, Long.BYTES),
                () -> state.put(other, 0, Long.BYTES, other, 0, Long.BYTES),
                () -> state.putIfAbsent(other, 0, Long.BYTES, other, 0, Long.BYTES),
                () -> state.addAndGet(other, 0, Long.BYTES, 1),
                () -> state.addAndGet(other, 0, Long.BYTES, 0, 1),
                () -> state.update(other, 0, Long.BYTES, found -> {}),
                () -> state.remove(other, 0, Long.BYTES),
                () -> state.forEach((found, foundValue) -> {}),
                state::cursor);
        harmless.add(() -> state.keyGroupOf(other, 0, Long.BYTES));
    }

    private void fixedBytes(final FixedBytesState state) {
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer other = buffer(ELSEWHERE, Long.BYTES);
        final UnsafeBuffer taken = new UnsafeBuffer(new byte[Long.BYTES]);
        write = number -> {
            key.putLong(0, number);
            state.remove(key, 0);
            if (number % 2 == 0) {
                state.addAndGet(key, 0, 0, valueOf(number));
            } else {
                state.insertOrUpdate(key, 0, found -> found.putLong(0, valueOf(number)));
            }
        };
        read = number -> {
            key.putLong(0, number);
            return state.get(key, 0, value, 0) ? value.getLong(0) : ABSENT;
        };
        refuse(
                () -> state.get(other, 0, taken, 0),
                () -> state.wrap(other, 0, new UnsafeBuffer(0, 0)),
                () -> state.getAll(other, 0, 1, (index, found) -> {}),
                () -> state.containsKey(other, 0),
                () -> state.put(other, 0, other, 0),
                () -> state.putIfAbsent(other, 0, other, 0),
                () -> state.add(other, 0),
                () -> state.compareAndSet(other, 0, other, 0, other, 0),
                () -> state.addAndGet(other, 0, 0, 1),
                () -> state.update(other, 0, found -> {}),
                () -> state.insertOrUpdate(other, 0, found -> {}),
                () -> state.remove(other, 0),
                () -> state.forEach((found, foundValue) -> {}),
                state::cursor);
        harmless.add(() -> state.keyGroupOf(other, 0));
    }

    private void typed(final TypedState<Long> state) {
        refuse(
                () -> state.remove(ELSEWHERE),
                () -> state.forEachKey(key -> {}),
                () -> state.keyGroupOf(ELSEWHERE),
                state::size,
                state::keyCount,
                state::clear,
                () -> store.setCurrentKey(ELSEWHERE));
    }

    private void value(final ValueState<Long, Long> state) {
        write = key -> {
            if (key % 2 == 0) {
                store.setCurrentKey(key);
                state.current().update(valueOf(key));
            } else {
                state.put(key, valueOf(key));
            }
        };
        read = key -> {
            final Long found = state.get(key);
            return found == null ? ABSENT : found;
        };
        refuse(
                () -> state.get(ELSEWHERE),
                () -> state.containsKey(ELSEWHERE),
                () -> state.put(ELSEWHERE, ABSENT),
                () -> state.forEach((key, found) -> {}),
                () -> state.current().value(),
                () -> state.current().update(ABSENT),
                () -> state.current().clear());
        typed(state);
    }

    private void namespaced(final NamespacedState<Long, Long, ValueState<Long, Long>> state) {
        write = key -> state.in(key % 5).put(key, valueOf(key));
        read = key -> {
            final Long found = state.in(key % 5).get(key);
            return found == null ? ABSENT : found;
        };
        refuse(
                () -> state.in(ELSEWHERE),
                () -> state.in(ELSEWHERE).put(ELSEWHERE, ABSENT),
                () -> state.merge(ELSEWHERE, ELSEWHERE, List.of(ELSEWHERE + 1)),
                () -> state.forEachKey((key, namespace) -> {}),
                state::keyCount,
                state::clear);
    }

    private void list(final ListState<Long, Long> state) {
        write = key -> {
            state.remove(key);
            switch ((int) (key % 3)) {
                case 0 -> state.add(key, valueOf(key));
                case 1 -> state.addAll(key, List.of(valueOf(key)));
                default -> state.update(key, List.of(valueOf(key)));
            }
        };
        read = key -> {
            final List<Long> found = new ArrayList<>();
            state.get(key).forEach(found::add);
            return found.size() == 1 ? found.get(0) : ABSENT;
        };
        refuse(
                () -> state.add(ELSEWHERE, ABSENT),
                () -> state.addAll(ELSEWHERE, List.of(ABSENT, ABSENT)),
                () -> state.update(ELSEWHERE, List.of(ABSENT, ABSENT)),
                () -> state.get(ELSEWHERE),
                () -> state.size(ELSEWHERE),
                () -> state.forEach((key, found) -> {}));
        typed(state);
    }

    private void map(final MapState<Long, Long, Long> state) {
        write = key -> {
            if (key % 2 == 0) {
                state.remove(key, key);
                state.put(key, key, valueOf(key));
            } else {
                state.putAll(key, Map.of(key, valueOf(key)));
            }
        };
        read = key -> {
            final Long found = state.get(key, key);
            return found == null || state.size(key) != 1 ? ABSENT : found;
        };
        refuse(
                () -> state.get(ELSEWHERE, ELSEWHERE),
                () -> state.containsKey(ELSEWHERE, ELSEWHERE),
                () -> state.put(ELSEWHERE, ELSEWHERE, ABSENT),
                () -> state.putAll(ELSEWHERE, Map.of(ELSEWHERE, ABSENT)),
                () -> state.remove(ELSEWHERE, ELSEWHERE),
                () -> state.entries(ELSEWHERE),
                () -> state.keys(ELSEWHERE),
                () -> state.values(ELSEWHERE),
                () -> state.size(ELSEWHERE),
                () -> state.isEmpty(ELSEWHERE),
                () -> state.forEach((key, inside, found) -> {}));
        typed(state);
    }

    private void reducing(final ReducingState<Long, Long> state) {
        write = key -> {
            state.remove(key);
            state.add(key, valueOf(key) - 1);
            state.add(key, 1L);
        };
        read = key -> {
            final Long found = state.get(key);
            return found == null ? ABSENT : found;
        };
        refuse(() -> state.get(ELSEWHERE), () -> state.add(ELSEWHERE, ABSENT), () -> state.forEach((key, found) -> {}));
        typed(state);
    }

    private void timers(final TimerState<Long> state) {
        final long[] delivered = new long[KEYS];
        expectedSize = 0;
        write = key -> {
            state.registerTimer(key, valueOf(key));
            state.deleteTimer(key, valueOf(key) + 1);
            state.pollDue(Long.MAX_VALUE, (found, timestamp) -> delivered[(int) (long) found] = timestamp);
        };
        read = key -> delivered[(int) key];
        refuse(
                () -> state.registerTimer(ELSEWHERE, 1),
                () -> state.deleteTimer(ELSEWHERE, 1),
                () -> state.containsTimer(ELSEWHERE, 1),
                () -> state.size(ELSEWHERE),
                state::isEmpty,
                state::nextTimestamp,
                () -> state.pollDue(Long.MAX_VALUE, (key, timestamp) -> {}),
                () -> state.forEachTimer((key, timestamp) -> {}),
                () -> state.forEachTimer(ELSEWHERE, timestamp -> {}));
        typed(state);
    }

    private void longTimers(final LongTimerState state) {
        final long[] delivered = new long[KEYS];
        expectedSize = 0;
        write = key -> {
            state.registerTimer(key, valueOf(key));
            state.deleteTimer(key, valueOf(key) + 1);
            state.pollDue(Long.MAX_VALUE, (found, timestamp) -> delivered[(int) found] = timestamp);
        };
        read = key -> delivered[(int) key];
        refuse(
                () -> state.registerTimer(ELSEWHERE, 1),
                () -> state.deleteTimer(ELSEWHERE, 1),
                () -> state.containsTimer(ELSEWHERE, 1),
                state::size,
                state::isEmpty,
                state::nextTimestamp,
                () -> state.pollDue(Long.MAX_VALUE, (key, timestamp) -> {}),
                () -> state.forEachKey(key -> {}),
                state::clear);
    }

    private void open(final String kind) {
        switch (kind) {
            case "longBytes" -> longBytes(store.longBytesState(kind));
            case "longBytesExpiring" -> longBytes(store.longBytesState(kind, LONG_TIME));
            case "longSet" -> longSet(store.longSetState(kind));
            case "longLongExpiring" -> longLong(store.longLongState(kind, LONG_TIME));
            case "longDouble" -> longDouble(store.longDoubleState(kind));
            case "longDoubleExpiring" -> longDouble(store.longDoubleState(kind, LONG_TIME));
            case "source" -> source(store.source(kind));
            case "bytes" -> bytes(store.bytesState(kind));
            case "bytesExpiring" -> bytes(store.bytesState(kind, LONG_TIME));
            case "fixedBytes" -> fixedBytes(store.fixedBytesState(kind, Long.BYTES, Long.BYTES));
            case "value" -> value(store.valueState(kind, Codecs.LONG, Codecs.LONG));
            case "namespaced" ->
                namespaced(store.state(TypedStateDescriptor.value(kind, Codecs.LONG, Codecs.LONG), Codecs.LONG));
            case "list" -> list(store.state(TypedStateDescriptor.list(kind, Codecs.LONG, Codecs.LONG)));
            case "map" -> map(store.state(TypedStateDescriptor.map(kind, Codecs.LONG, Codecs.LONG, Codecs.LONG)));
            case "reducing" ->
                reducing(store.state(TypedStateDescriptor.reducing(kind, Codecs.LONG, Codecs.LONG, Long::sum)));
            case "timers" -> timers(store.state(TypedStateDescriptor.timers(kind, Codecs.LONG, TimeDomain.EVENT_TIME)));
            default -> longTimers(store.longTimerState(kind, TimeDomain.EVENT_TIME));
        }
    }

    static Stream<String> kinds() {
        return Stream.of(
                "longBytes",
                "longBytesExpiring",
                "longSet",
                "longLongExpiring",
                "longDoubleExpiring",
                "source",
                "bytes",
                "bytesExpiring",
                "fixedBytes",
                "value",
                "namespaced",
                "list",
                "map",
                "reducing",
                "timers",
                "longTimers");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldLeaveTheWriterAloneWhenItRefusesAnotherThread(final String kind) throws InterruptedException {
        open(kind);
        store.poll(); // the test's thread is the writer from now on
        while (!besides(NotWriterException.class, () -> {
            for (int round = 0; round < ROUNDS; round++) {
                for (long key = 0; key < KEYS; key++) {
                    write.accept(key);
                }
            }
        })) {
            // The other thread has not come to all of its calls yet.
        }
        for (long key = 0; key < KEYS; key++) {
            assertThat(read.applyAsLong(key)).as("key %s", key).isEqualTo(valueOf(key));
        }
        assertThat(store.states()).singleElement().extracting(KeyedState::size).isEqualTo(expectedSize);
    }

    /** Runs something while another thread is refused; whether each of its calls was, at least once. */
    private boolean besides(final Class<? extends Exception> refusal, final Runnable work) throws InterruptedException {
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final boolean[] done = new boolean[1];
        final int[] times = new int[1];
        final Thread other = new Thread(() -> {
            while (!stopped(done) && failure.get() == null) {
                refused.forEach(call -> {
                    try {
                        call.run();
                        failure.compareAndSet(null, new AssertionError("was not refused"));
                    } catch (final Throwable e) {
                        if (!refusal.isInstance(e)) {
                            failure.compareAndSet(null, e);
                        }
                    }
                });
                harmless.forEach(Runnable::run);
                times[0]++;
            }
        });
        other.start();
        try {
            work.run();
        } finally {
            synchronized (done) {
                done[0] = true;
            }
            other.join();
        }
        assertThat(failure.get()).isNull();
        return times[0] > 1;
    }

    private static boolean stopped(final boolean[] done) {
        synchronized (done) {
            return done[0];
        }
    }

    static Stream<String> readers() {
        return Stream.of(
                "longBytes",
                "longSet",
                "longLongExpiring",
                "longDouble",
                "longDoubleExpiring",
                "value",
                "bytes",
                "fixedBytes");
    }

    private LongUnaryOperator reader(final String kind, final StoreReader reader) {
        final UnsafeBuffer taken = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer other = buffer(ELSEWHERE, Long.BYTES);
        switch (kind) {
            case "longBytes" -> {
                final LongBytesStateReader state = reader.longBytesState(kind);
                refuse(
                        () -> state.get(ELSEWHERE, new UnsafeBuffer(new byte[8]), 0),
                        () -> state.valueLength(ELSEWHERE),
                        () -> state.containsKey(ELSEWHERE),
                        () -> state.getAll(new long[] {ELSEWHERE}, 0, 1, (index, found) -> {}),
                        () -> state.forEach((number, found) -> {}));
                return number -> {
                    final int length = number % 2 == 0 ? state.get(number, taken, 0) : batch(state, number, taken);
                    return length == Long.BYTES ? taken.getLong(0) : ABSENT;
                };
            }
            case "longSet" -> {
                final LongSetStateReader state = reader.longSetState(kind);
                refuse(() -> state.contains(ELSEWHERE), () -> state.forEach(number -> {}));
                return number -> state.contains(number) ? valueOf(number) : ABSENT;
            }
            case "longLongExpiring" -> {
                final LongLongStateReader state = reader.longLongState(kind);
                refuse(
                        () -> state.get(ELSEWHERE, ABSENT),
                        () -> state.containsKey(ELSEWHERE),
                        () -> state.getAll(new long[] {ELSEWHERE}, 0, 1, new long[1], ABSENT));
                return number -> state.get(number, ABSENT);
            }
            case "longDouble", "longDoubleExpiring" -> {
                final LongDoubleStateReader state = reader.longDoubleState(kind);
                final double[] values = new double[1];
                refuse(
                        () -> state.get(ELSEWHERE, ABSENT),
                        () -> state.containsKey(ELSEWHERE),
                        () -> state.getAll(new long[] {ELSEWHERE}, 0, 1, new double[1], ABSENT));
                return number -> {
                    state.getAll(new long[] {number}, 0, 1, values, ABSENT);
                    return (long) values[0];
                };
            }
            case "bytes" -> {
                final BytesStateReader state = reader.bytesState(kind);
                refuse(
                        () -> state.get(other, 0, Long.BYTES, new UnsafeBuffer(new byte[8]), 0),
                        () -> state.getAll(other, new int[] {0, Long.BYTES}, 0, 1, (index, found) -> {}),
                        () -> state.valueLength(other, 0, Long.BYTES));
                return number -> {
                    key.putLong(0, number);
                    state.getAll(
                            key, new int[] {0, Long.BYTES}, 0, 1, (index, found) -> taken.putLong(0, found.getLong(0)));
                    return taken.getLong(0);
                };
            }
            case "fixedBytes" -> {
                final FixedBytesStateReader state = reader.fixedBytesState(kind, Long.BYTES, Long.BYTES);
                refuse(
                        () -> state.get(other, 0, new UnsafeBuffer(new byte[8]), 0),
                        () -> state.getAll(other, 0, 1, (index, found) -> {}),
                        () -> state.containsKey(other, 0));
                return number -> {
                    key.putLong(0, number);
                    state.getAll(key, 0, 1, (index, found) -> taken.putLong(0, found.getLong(0)));
                    return taken.getLong(0);
                };
            }
            default -> {
                final ValueStateReader<Long, Long> state = reader.valueState(kind, Codecs.LONG, Codecs.LONG);
                refuse(
                        () -> state.get(ELSEWHERE),
                        () -> state.containsKey(ELSEWHERE),
                        () -> state.forEach((number, found) -> {}));
                return number -> {
                    final Long found = state.get(number);
                    return found == null ? ABSENT : found;
                };
            }
        }
    }

    private static int batch(final LongBytesStateReader state, final long key, final UnsafeBuffer taken) {
        final int found = state.getAll(new long[] {key}, 0, 1, (index, value) -> taken.putLong(0, value.getLong(0)));
        return found == 1 ? Long.BYTES : BytesState.NOT_FOUND;
    }

    @ParameterizedTest
    @MethodSource("readers")
    void shouldLeaveTheReaderAloneWhenItRefusesAnotherThread(final String kind) throws InterruptedException {
        open(kind);
        for (long key = 0; key < KEYS; key++) {
            write.accept(key);
        }
        refused.clear();
        harmless.clear();
        try (StoreReader reader = store.reader()) {
            final LongUnaryOperator found = reader(kind, reader);
            final boolean[] wrong = new boolean[1];
            while (!besides(ConfigurationException.class, () -> {
                for (int round = 0; round < ROUNDS; round++) {
                    for (long key = 0; key < KEYS; key++) {
                        wrong[0] |= found.applyAsLong(key) != valueOf(key);
                    }
                }
            })) {
                // The other thread has not come to all of its calls yet.
            }
            assertThat(wrong[0]).isFalse();
        }
    }
}
