/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.Durability;
import io.quire.store.KeyedState;
import io.quire.store.StoreReader;
import io.quire.store.TimeToLive;
import io.quire.store.TimeToLive.UpdateType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations on states of primitives and bytes, and on maps of the JDK that know when each entry was written:
 * with a clock that goes forth and back, times to live that are given to states that were created without, changed,
 * switched off and on at each opening, batches taken back, states dropped and created again, removal of expired entries
 * whenever the store likes, replay of the log and checkpoints.
 */
class PrimitiveTimeToLiveModelTest {
    private static final int KEYS = 200;

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=PrimitiveTimeToLiveModelTest -Dseed=" + seed;

    private final AtomicLong clock = new AtomicLong(1_000_000);
    private long nowMs; // by which entries expire: the clock's, but never back
    private long recordedMs; // when the store was closed, once a state has had a time to live
    private long removed;
    private DurableStateStore store;
    private List<ExpiringPrimitive> states;
    private TimeToLive timeToLive = TimeToLive.OFF;
    private boolean plain; // the states never had a time to live
    private int firstTimes; // that they got one
    private List<Map<Long, Timed>> model = new ArrayList<>();

    private record Timed(long value, long ms) {}

    private boolean live(final Timed entry) {
        return entry != null && (timeToLive.equals(TimeToLive.OFF) || nowMs - entry.ms() < timeToLive.durationMs());
    }

    private void written(final Map<Long, Timed> entries, final long key, final long value) {
        final Timed before = entries.get(key);
        final boolean kept = timeToLive.updateType() == UpdateType.ON_CREATE && live(before);
        entries.put(key, new Timed(value, kept ? before.ms() : nowMs));
    }

    @Test
    void shouldBehaveAsTheModelAcrossReopening() {
        run(25, 3_000);
        assertThat(removed).as(replay).isGreaterThan(100);
        assertThat(firstTimes).as(replay).isPositive();
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        run(600, 10_000);
    }

    private void run(final int sessions, final int operations) {
        for (int session = 0; session < sessions; session++) {
            clock.addAndGet(random.nextInt(400) - 200);
            open();
            compare();
            final int count = random.nextInt(operations);
            for (int i = 0; i < count; i++) {
                step();
            }
            if (random.nextInt(3) == 0) {
                store.checkpoint().join();
            }
            compare();
            clean();
            removed += store.expiryCounters().removed();
            store.close();
            if (!plain) {
                nowMs = Math.max(nowMs, clock.get());
                recordedMs = nowMs;
            }
        }
    }

    private void open() {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(21)
                .durability(random.nextBoolean() ? Durability.PROCESS : Durability.GROUP)
                .changeRingLength(1024 * 1024 << random.nextInt(3))
                .logSegmentLength(1024 * 1024)
                .capturePoolLength(64 * 1024)
                .checkpointIntervalNs(random.nextBoolean() ? 0 : 5_000_000)
                .hydrateInBackground(random.nextBoolean())
                .expiryClock(clock::get)
                .expiryBudgetNs(random.nextInt(3) == 0 ? 0 : 20_000)
                .checkpointOnClose(random.nextBoolean()));
        final long lastMs = nowMs;
        nowMs = store.expiryClock().nowMs();
        assertThat(nowMs).as(replay).isBetween(Math.max(clock.get(), recordedMs), Math.max(clock.get(), lastMs));
        if (model.isEmpty() || random.nextInt(4) == 0) {
            createPlain();
        } else {
            states = ExpiringPrimitive.all(store, null);
        }
        if (random.nextInt(3) > 0) {
            give();
        }
        states.forEach(each -> assertThat(each.state.timeToLive()).isEqualTo(timeToLive));
    }

    /** All anew and without a time to live. */
    private void createPlain() {
        if (states != null) {
            states.forEach(each -> store.dropState(each.state.name()));
        }
        states = ExpiringPrimitive.all(store, random.nextBoolean() ? null : TimeToLive.OFF);
        model = new ArrayList<>();
        states.forEach(each -> model.add(new TreeMap<>()));
        timeToLive = TimeToLive.OFF;
        plain = true;
    }

    /** Another time to live, or none; the first one is as good as writing everything. */
    private void give() {
        final UpdateType[] types = UpdateType.values();
        final UpdateType type = types[random.nextInt(types.length)];
        timeToLive = type == UpdateType.DISABLED ? TimeToLive.OFF : new TimeToLive(type, 1 + random.nextInt(300));
        states = ExpiringPrimitive.all(store, timeToLive);
        if (plain && type != UpdateType.DISABLED) {
            model.forEach(entries -> entries.replaceAll((key, entry) -> new Timed(entry.value(), nowMs)));
            plain = false;
            firstTimes++;
        }
    }

    private void step() {
        tick();
        final int kind = random.nextInt(1000);
        if (kind < 40) {
            batch();
        } else if (kind == 40) {
            store.checkpoint();
        } else if (kind == 41) {
            store.cleanExpired(random.nextInt(20_000));
        } else if (kind == 42) {
            store.poll();
        } else if (kind == 43 && random.nextInt(4) == 0) {
            final int index = random.nextInt(states.size());
            states.get(index).state.clear();
            model.get(index).clear();
        } else if (kind == 44 && random.nextInt(4) == 0 && !timeToLive.equals(TimeToLive.OFF)) {
            final int index = random.nextInt(states.size());
            assertThat(store.dropState(states.get(index).state.name())).isTrue();
            states = ExpiringPrimitive.all(store, timeToLive);
            model.get(index).clear();
        } else if (kind == 45 && random.nextInt(4) == 0) {
            clean(); // what has expired may have been removed, or may be there again
            give();
        } else {
            operation();
        }
    }

    private void tick() {
        if (random.nextInt(3) == 0) {
            clock.addAndGet(random.nextInt(200) == 0 ? -random.nextInt(300) : random.nextInt(4)); // forth, on the whole
            store.longLongState("longs"); // which looks at the clock
            nowMs = Math.max(nowMs, clock.get());
        }
    }

    private void batch() {
        final List<Map<Long, Timed>> before = new ArrayList<>();
        model.forEach(entries -> before.add(new TreeMap<>(entries)));
        store.beginBatch();
        final int count = random.nextInt(30);
        for (int i = 0; i < count; i++) {
            tick();
            operation();
        }
        if (random.nextBoolean()) {
            store.commitBatch();
        } else {
            store.rollbackBatch();
            model = before;
            if (random.nextInt(4) == 0) {
                compare();
            }
        }
    }

    private void operation() {
        final int index = random.nextInt(states.size());
        final ExpiringPrimitive state = states.get(index);
        final Map<Long, Timed> entries = model.get(index);
        final long key = random.nextInt(KEYS);
        final Timed before = entries.get(key);
        final boolean present = live(before);
        final long value = state.isSet() ? 0 : random.nextInt(1_000_000);
        final String as =
                replay + " state=" + state.state.name() + " key=" + key + " before=" + before + " now=" + nowMs;
        switch (random.nextInt(10)) {
            case 0, 1 -> {
                state.put(key, value);
                written(entries, key, value);
            }
            case 2 -> {
                assertThat(state.remove(key)).as(as).isEqualTo(present);
                entries.remove(key);
            }
            case 3 -> assertThat(state.containsKey(key)).as(as).isEqualTo(present);
            case 4 -> {
                assertThat(state.putIfAbsent(key, value)).as(as).isEqualTo(!present);
                if (!present || state.isSet()) {
                    written(entries, key, value);
                }
            }
            case 5, 6 -> {
                if (state.counts()) {
                    final long sum = present ? before.value() + value : value;
                    assertThat(state.addAndGet(key, value)).as(as).isEqualTo(sum);
                    written(entries, key, sum);
                }
            }
            case 7 -> {
                if (state.compares()) {
                    final long expected = before != null && random.nextInt(4) > 0 ? before.value() : value;
                    final boolean isSet = present && before.value() == expected;
                    assertThat(state.compareAndSet(key, expected, value)).as(as).isEqualTo(isSet);
                    if (isSet) {
                        written(entries, key, value);
                    }
                } else if (state.updates()) {
                    final long same = before == null ? value : before.value() ^ 32; // of the same length
                    assertThat(state.update(key, same)).as(as).isEqualTo(present);
                    if (present) {
                        written(entries, key, lengthStays(state, before.value(), same) ? same : before.value());
                    }
                }
            }
            default -> {
                assertThat(state.get(key, random.nextBoolean())).as(as).isEqualTo(present ? before.value() : null);
                if (present && timeToLive.updateType() == UpdateType.ON_READ_AND_WRITE) {
                    entries.put(key, new Timed(before.value(), nowMs));
                }
            }
        }
    }

    private static boolean lengthStays(final ExpiringPrimitive state, final long before, final long after) {
        return state.counts()
                || ExpiringPrimitive.valueOf(before).capacity()
                        == ExpiringPrimitive.valueOf(after).capacity();
    }

    private Map<Long, Long> live(final Map<Long, Timed> entries) {
        final Map<Long, Long> live = new HashMap<>();
        entries.forEach((key, entry) -> {
            if (live(entry)) {
                live.put(key, entry.value());
            }
        });
        return live;
    }

    private void compare() {
        for (final KeyedState state : store.stateStore().states()) {
            state.checkInvariants();
        }
        try (StoreReader reader = store.reader()) {
            for (int i = 0; i < states.size(); i++) {
                final ExpiringPrimitive state = states.get(i);
                final String as = replay + " state=" + state.state.name();
                final Map<Long, Long> live = live(model.get(i));
                assertThat(state.entries(random.nextBoolean())).as(as).isEqualTo(live);
                assertThat(state.read(reader, KEYS)).as(as).isEqualTo(live);
                assertThat(state.state.size()).as(as).isBetween((long) live.size(), (long)
                        model.get(i).size());
            }
        }
    }

    /** Removes all that has expired, and compares what is left. */
    private void clean() {
        store.cleanExpired(Long.MAX_VALUE);
        for (int i = 0; i < states.size(); i++) {
            model.get(i).values().removeIf(entry -> !live(entry));
            assertThat(states.get(i).state.size())
                    .as(replay)
                    .isEqualTo(model.get(i).size());
        }
        compare();
    }
}
