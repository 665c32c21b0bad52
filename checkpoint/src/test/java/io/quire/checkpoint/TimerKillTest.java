/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.LongLongState;
import io.quire.store.TimeDomain;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed while its timers fire, again and again. Each timer counts and registers its successor, and
 * nothing but the delivery holds the two together: what is found afterwards is the state after exactly so many
 * deliveries as were counted, in the order of the timers, none twice and none left out.
 */
class TimerKillTest {
    private static final int KEYS = 3_000;
    private static final long COUNT_KEY = -1;
    private static final long NEVER = -1;

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private long acknowledged;

    private static DurableStoreContext context(final Path temp) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp.resolve("shm"))
                .windowShift(21)
                .changeRingLength(256 * 1024)
                .logSegmentLength(1024 * 1024)
                .chainLengthMax(8)
                .checkpointIntervalNs(30_000_000);
    }

    private static long start(final long key) {
        return key * 7 % 100;
    }

    private static long step(final long key) {
        return 1 + key % 13;
    }

    private static TimerState<Long> timers(final DurableStateStore store) {
        return store.state(TypedStateDescriptor.timers("timers", Codecs.LONG, TimeDomain.EVENT_TIME));
    }

    /** The process that is killed. */
    static final class Child {
        public static void main(final String... arguments) {
            final DurableStateStore store = DurableStateStore.open(context(Path.of(arguments[0])));
            final TimerState<Long> timers = timers(store);
            final LongLongState counts = store.longLongState("counts");
            if (counts.get(COUNT_KEY, NEVER) == NEVER) {
                store.beginBatch();
                for (long key = 0; key < KEYS; key++) {
                    timers.registerTimer(key, start(key));
                }
                counts.put(COUNT_KEY, 0);
                store.commitBatch();
            }
            while (true) {
                timers.pollDue(Long.MAX_VALUE, 200, (key, timestamp) -> {
                    counts.addAndGet(COUNT_KEY, 1);
                    timers.registerTimer(key, timestamp + step(key));
                    counts.addAndGet(key, 1);
                });
                System.out.println("done " + (1_000_000_000L + counts.get(COUNT_KEY, 0)));
            }
        }
    }

    @Test
    void shouldFireEachTimerOnceHoweverOftenTheProcessIsKilled() throws Exception {
        run(4);
    }

    @Test
    @Tag("slow")
    void shouldFireEachTimerOnceHoweverOftenTheProcessIsKilledForLong() throws Exception {
        run(300);
    }

    private void run(final int kills) throws Exception {
        Files.createDirectories(temp.resolve("shm"));
        for (int i = 0; i < kills; i++) {
            kill();
            check();
        }
        assertThat(acknowledged).as("seed=" + seed).isPositive();
        System.out.println("timers fired: " + acknowledged + ", seed=" + seed);
    }

    private void kill() throws Exception {
        final Path errors = temp.resolve("errors");
        final Process child = ChildJvm.start(Child.class, errors, temp.toString());
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            final long until = acknowledged + 200L * (20 + random.nextInt(200));
            while (acknowledged < until) {
                final String line = out.readLine();
                if (line == null) {
                    throw new AssertionError(ChildJvm.lastWords(child, errors));
                }
                acknowledge(line);
            }
            child.toHandle().destroyForcibly(); // and not the process, which would close what it has still to say
            readRest(out);
        } finally {
            child.destroyForcibly();
            child.waitFor();
        }
    }

    private void readRest(final BufferedReader out) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.length() == "done 1000000000".length()) { // the kill has not cut it off
                acknowledge(line);
            }
        }
    }

    private void acknowledge(final String line) {
        acknowledged = Math.max(acknowledged, Long.parseLong(line.substring(5)) - 1_000_000_000L);
    }

    private record Timer(long key, long timestamp, long order) {}

    private void check() {
        try (DurableStateStore store = DurableStateStore.open(context(temp))) {
            final TimerState<Long> timers = timers(store);
            final LongLongState counts = store.longLongState("counts");
            final long fired = counts.get(COUNT_KEY, NEVER);
            assertThat(fired).as("seed=" + seed).isGreaterThanOrEqualTo(acknowledged);
            final PriorityQueue<Timer> model = new PriorityQueue<>(
                    Comparator.comparingLong(Timer::timestamp).thenComparingLong(Timer::order));
            final long[] expected = new long[KEYS];
            long order = 0;
            for (long key = 0; key < KEYS; key++) {
                model.add(new Timer(key, start(key), order++));
            }
            for (long i = 0; i < fired; i++) {
                final Timer timer = model.remove();
                expected[(int) timer.key]++;
                model.add(new Timer(timer.key, timer.timestamp + step(timer.key), order++));
            }
            for (int key = 0; key < KEYS; key++) {
                assertThat(counts.get(key, 0))
                        .as("key=" + key + " seed=" + seed)
                        .isEqualTo(expected[key]);
            }
            assertThat(timers.size()).as("seed=" + seed).isEqualTo(KEYS);
            timers.forEachTimer((key, timestamp) -> {
                final Timer timer = model.remove();
                assertThat(key).as("seed=" + seed).isEqualTo(timer.key);
                assertThat(timestamp).as("seed=" + seed).isEqualTo(timer.timestamp);
            });
            store.stateStore().states().forEach(state -> state.checkInvariants());
            acknowledged = fired;
        }
    }
}
