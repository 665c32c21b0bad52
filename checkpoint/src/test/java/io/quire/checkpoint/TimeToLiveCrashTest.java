/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.AggregateFunction;
import io.quire.store.AggregatingState;
import io.quire.store.ExpiryClock;
import io.quire.store.ListState;
import io.quire.store.LongLongState;
import io.quire.store.MapState;
import io.quire.store.ReducingState;
import io.quire.store.SourcePosition;
import io.quire.store.TimeToLive;
import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that writes states of every kind whose entries expire and are removed all the time, and recovers
 * under a clock of its own, which goes back and forth between openings: what is there is exactly what lives at that
 * time.
 */
class TimeToLiveCrashTest {
    private static final int KEYS = 400;
    private static final int TTL_MS = 300; // of a clock that counts operations
    private static final int LISTS = 3;
    private static final int RENEW_EVERY = 11;
    private static final int REPLACE_EVERY = 1_000;
    private static final int MAPS = 7;
    private static final int SUMS = 100; // which live for three additions
    private static final int COUNTS = 150; // which go on for as long as the process does
    private static final int KILLS = 4;

    @TempDir
    Path temp;

    @Test
    void shouldRecoverWhatLivesHoweverMuchOfWhatDoesNotWasRemoved() throws IOException, InterruptedException {
        long count = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            final Path errors = temp.resolve("errors-" + kill);
            final Process child =
                    ChildJvm.start(Writer.class, errors, temp.resolve("store").toString(), Integer.toString(kill));
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
                for (int line = 0; line < 2 + kill; line++) {
                    final String read = lines.readLine();
                    if (read == null) {
                        child.waitFor();
                        throw new AssertionError(ChildJvm.lastWords(child, errors));
                    }
                }
            } finally {
                child.destroyForcibly().waitFor();
            }
            final long begun = count;
            count = checkAndRemove(begun);
            assertThat(count).isGreaterThan(begun);
        }
    }

    /** Opens the store under several clocks, and leaves nothing in it. Returns how many operations were recovered. */
    private long checkAndRemove(final long begun) {
        final AtomicLong clock = new AtomicLong();
        final long count;
        try (DurableStateStore store = DurableStateStore.open(context(temp.resolve("store"), clock))) {
            count = store.source("operations").get(0);
            // The clock was set back, but what was recorded is no more than a second and an operation behind.
            assertThat(store.expiryClock().nowMs()).isBetween(count - ExpiryClock.RECORD_INTERVAL_MS - 1, count + 1);
            // Not from 0: the clock was at the next operation already, and what expired then may have been removed.
            for (final long ageMs : new long[] {1, TTL_MS / 2, TTL_MS - 1, TTL_MS}) {
                clock.set(count + ageMs);
                check(new States(store), begun, count, ageMs);
            }
            clock.set(count + 1);
            check(new States(store), begun, count, TTL_MS); // not while the store is open
        }
        for (final long ageMs : new long[] {1, TTL_MS / 2}) { // nor when it is opened again
            clock.set(count + ageMs);
            try (DurableStateStore store = DurableStateStore.open(context(temp.resolve("store"), clock))) {
                check(new States(store), begun, count, TTL_MS);
            }
        }
        for (final long ageMs : new long[] {1, 10 * TTL_MS, TTL_MS / 2}) { // unless the clock is to be believed
            clock.set(count + ageMs);
            try (DurableStateStore store = DurableStateStore.open(context(temp.resolve("store"), clock))) {
                store.expiryClock().reset();
                check(new States(store), begun, count, ageMs);
            }
        }
        clock.set(count + TTL_MS);
        try (DurableStateStore store = DurableStateStore.open(context(temp.resolve("store"), clock))) {
            final States states = new States(store);
            check(states, begun, count, TTL_MS);
            assertThat(states.values.size()).isLessThan(KEYS); // some were removed before the kill
            states.primitives.forEach(
                    each -> assertThat(each.state.size()).as(each.state.name()).isLessThan(KEYS));
            store.cleanExpired(Long.MAX_VALUE);
            assertThat(states.size()).isZero();
        }
        clock.set(count); // the clock may go back, what was removed does not come back
        try (DurableStateStore store = DurableStateStore.open(context(temp.resolve("store"), clock))) {
            assertThat(new States(store).size()).isZero();
            check(new States(store), begun, count, TTL_MS);
        }
        return count;
    }

    /** Each value, element and entry of the last operations, sums and counts as they began anew, and nothing else. */
    private static void check(final States states, final long begun, final long count, final long ageMs) {
        final long oldest = count + ageMs - TTL_MS + 1; // operation that has not expired
        final Map<Long, Long> values = new HashMap<>();
        final Map<Long, List<Long>> lists = new HashMap<>();
        final Map<Long, Map<Integer, Long>> maps = new HashMap<>();
        for (long i = Math.max(1, oldest); i <= count; i++) {
            values.put(i % KEYS, i);
            lists.computeIfAbsent(i % LISTS, any -> new ArrayList<>()).add(i);
            maps.computeIfAbsent(i % MAPS, any -> new HashMap<>()).put((int) (i % KEYS), i);
        }
        final Map<Long, Long> sums = new HashMap<>();
        final Map<Long, Long> created = new HashMap<>();
        final Map<Long, Long> counts = new HashMap<>();
        for (long i = begun + 1; i <= count; i++) {
            final long key = i % SUMS;
            if (i - created.getOrDefault(key, Long.MIN_VALUE / 2) >= TTL_MS) {
                created.put(key, i);
                sums.put(key, 0L);
            }
            sums.merge(key, i, Long::sum);
            counts.merge(i % COUNTS, 1L, Long::sum);
        }
        sums.keySet().removeIf(key -> count + ageMs - created.get(key) >= TTL_MS);
        counts.keySet().removeIf(key -> count - Math.floorMod(count - key, (long) COUNTS) < oldest);
        final Map<Long, Long> foundValues = new HashMap<>();
        states.values.forEach(foundValues::put);
        assertThat(foundValues).isEqualTo(values);
        final Map<Long, List<Long>> foundLists = new HashMap<>();
        states.lists.forEach((key, element) ->
                foundLists.computeIfAbsent(key, any -> new ArrayList<>()).add(element));
        assertThat(foundLists).isEqualTo(lists);
        final Map<Long, List<Long>> foundRenewed = new HashMap<>();
        states.renewed.forEach((key, element) ->
                foundRenewed.computeIfAbsent(key, any -> new ArrayList<>()).add(element));
        assertThat(foundRenewed).isEqualTo(renewed(begun, count, oldest));
        final Map<Long, Map<Integer, Long>> foundMaps = new HashMap<>();
        states.maps.forEach((key, inside, value) ->
                foundMaps.computeIfAbsent(key, any -> new HashMap<>()).put(inside, value));
        assertThat(foundMaps).isEqualTo(maps);
        final Map<Long, Long> foundSums = new HashMap<>();
        states.sums.forEach(foundSums::put);
        assertThat(foundSums).isEqualTo(sums);
        final Map<Long, Long> foundCounts = new HashMap<>();
        states.counts.forEach(foundCounts::put);
        assertThat(foundCounts).isEqualTo(counts);
        final Map<Long, Long> primitives = new HashMap<>();
        values.forEach((key, value) -> primitives.put(key, States.primitive(value)));
        for (final ExpiringPrimitive primitive : states.primitives) {
            primitives.replaceAll((key, value) -> primitive.isSet() ? 0 : States.primitive(values.get(key)));
            assertThat(primitive.entries(ageMs % 2 == 0))
                    .as(primitive.state.name())
                    .isEqualTo(primitives);
        }
        final Map<Long, Long> foundLongSums = new HashMap<>();
        states.longSums.forEach(foundLongSums::put);
        assertThat(foundLongSums).isEqualTo(sums);
        for (long key = 0; key < KEYS; key++) {
            assertThat(states.values.get(key)).isEqualTo(values.get(key));
            assertThat(states.sums.get(key)).isEqualTo(sums.get(key));
        }
        states.store.stateStore().states().forEach(state -> state.checkInvariants());
    }

    /** Elements that were written, or read, by an operation or one behind it. */
    private static Map<Long, List<Long>> renewed(final long begun, final long count, final long oldest) {
        final Map<Long, Map<Long, Long>> timestamps = new HashMap<>(); // of the elements of each list
        for (long i = begun + 1; i <= count; i++) {
            final long time = i;
            final Map<Long, Long> list = timestamps.computeIfAbsent(i % LISTS, any -> new LinkedHashMap<>());
            list.put(i, i);
            if (i % RENEW_EVERY == 0) {
                list.replaceAll((element, ms) -> time - ms < TTL_MS ? time : ms);
            }
            if (i % REPLACE_EVERY == 0) {
                list.clear();
                list.put(i, i);
            }
        }
        final Map<Long, List<Long>> live = new HashMap<>();
        timestamps.forEach((key, list) -> list.forEach((element, ms) -> {
            if (ms >= oldest) {
                live.computeIfAbsent(key, any -> new ArrayList<>()).add(element);
            }
        }));
        return live;
    }

    private static DurableStoreContext context(final Path directory, final AtomicLong clock) {
        return new DurableStoreContext()
                .directory(directory)
                .windowShift(21)
                .changeRingLength(64 * 1024)
                .logSegmentLength(256 * 1024)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .expiryBudgetNs(10_000_000) // enough on a busy machine, too
                .expiryClock(clock::get);
    }

    /** The states, which all expire {@link #TTL_MS} after their last write; sums, after their creation. */
    private static final class States {
        private final DurableStateStore store;
        private final ValueState<Long, Long> values;
        private final ListState<Long, Long> lists;
        private final ListState<Long, Long> renewed; // by reading
        private final MapState<Long, Integer, Long> maps;
        private final ReducingState<Long, Long> sums;
        private final AggregatingState<Long, Object, Long, Long> counts;
        private final List<ExpiringPrimitive> primitives;
        private final LongLongState longSums;

        States(final DurableStateStore store) {
            this.store = store;
            final TimeToLive ttl = TimeToLive.ofMillis(TTL_MS);
            values = store.state(TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG)
                    .withTimeToLive(ttl));
            lists = store.state(
                    TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG).withTimeToLive(ttl));
            renewed = store.state(TypedStateDescriptor.list("renewed", Codecs.LONG, Codecs.LONG)
                    .withTimeToLive(ttl.updatedBy(UpdateType.ON_READ_AND_WRITE)));
            maps = store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.INT, Codecs.LONG)
                    .withTimeToLive(ttl));
            sums = store.state(TypedStateDescriptor.reducing("sums", Codecs.LONG, Codecs.LONG, Long::sum)
                    .withTimeToLive(ttl.updatedBy(UpdateType.ON_CREATE)));
            counts = store.state(TypedStateDescriptor.aggregating("counts", Codecs.LONG, Codecs.LONG, new Count())
                    .withTimeToLive(ttl));
            primitives = ExpiringPrimitive.all(store, ttl);
            longSums = store.longLongState("long sums", ttl.updatedBy(UpdateType.ON_CREATE));
        }

        /** What is put by an operation: of bytes, none that the ring has no room for. */
        static long primitive(final long i) {
            return 97 * i + 1;
        }

        void write(final long i) {
            values.put(i % KEYS, i);
            lists.add(i % LISTS, i);
            renewed.add(i % LISTS, i);
            if (i % RENEW_EVERY == 0) {
                assertThat(renewed.get(i % LISTS).iterator().hasNext()).isTrue();
            }
            if (i % REPLACE_EVERY == 0) {
                renewed.update(i % LISTS, List.of(i));
            }
            maps.put(i % MAPS, (int) (i % KEYS), i);
            sums.add(i % SUMS, i);
            counts.add(i % COUNTS, "one more");
            primitives.forEach(each -> each.put(i % KEYS, primitive(i)));
            longSums.addAndGet(i % SUMS, i);
        }

        long size() {
            final long typed =
                    values.size() + renewed.size() + lists.size() + maps.size() + sums.size() + counts.size();
            return primitives.stream().mapToLong(each -> each.state.size()).sum() + typed + longSums.size();
        }
    }

    private static final class Count implements AggregateFunction<Object, Long, Long> {
        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(final Object value, final Long accumulator) {
            return accumulator + 1;
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

    /** Writes until it is killed; its clock is the number of the operation. */
    static final class Writer {
        private Writer() {}

        public static void main(final String[] arguments) {
            final AtomicLong clock = new AtomicLong();
            final int checkpointEvery = 3_500 + 500 * Integer.parseInt(arguments[1]);
            try (DurableStateStore store = DurableStateStore.open(context(Path.of(arguments[0]), clock))) {
                final SourcePosition operations = store.source("operations");
                long i = operations.get(0);
                clock.set(i);
                store.expiryClock().reset(); // the test has looked at what was killed with later ones
                final States states = new States(store);
                while (true) {
                    i++;
                    clock.set(i);
                    store.beginBatch();
                    states.write(i);
                    operations.set(i);
                    store.commitBatch();
                    if (i % checkpointEvery == 0) {
                        store.checkpoint();
                    }
                    if (i % 2_000 == 0) {
                        System.out.println(i);
                    }
                }
            }
        }
    }
}
