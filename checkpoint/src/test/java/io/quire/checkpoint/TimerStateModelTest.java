/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.Durability;
import io.quire.store.KeyedState;
import io.quire.store.NamespacedState;
import io.quire.store.TimeDomain;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations on timers with and without namespaces and on {@link TreeSet}, the order among equal timestamps
 * included: consumers that register, delete and throw, batches taken back, checkpoints, replay of the log and reopening
 * in between. A second test keeps no log, so that what is found is the checkpoint's cut and nothing else.
 */
class TimerStateModelTest {
    private static final String FAILURE = "made to fail";

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=TimerStateModelTest -Dseed=" + seed;

    private DurableStateStore store;
    private TimerState<String> plain;
    private NamespacedState<Integer, Long, TimerState<Integer>> windows;
    private Model model = new Model(); // of both
    private Model modelOfWindows = new Model();
    private long clock;

    @Test
    void shouldBehaveAsTheModelAcrossReopening() {
        run(20, 3_000);
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        run(600, 30_000);
    }

    private void run(final int sessions, final int operations) {
        for (int session = 0; session < sessions; session++) {
            open(random.nextBoolean() ? Durability.PROCESS : Durability.GROUP, random.nextBoolean());
            compare();
            for (int i = random.nextInt(operations); i > 0; i--) {
                step();
            }
            if (random.nextInt(3) == 0) {
                store.checkpoint().join();
            }
            compare();
            store.close();
        }
    }

    @Test
    void shouldShowTheCutOfTheLastCheckpoint() {
        for (int session = 0; session < 15; session++) {
            open(Durability.NONE, false);
            compare();
            Model cut = model;
            Model cutOfWindows = modelOfWindows;
            for (int i = random.nextInt(4); i >= 0; i--) {
                for (int j = random.nextInt(2_000); j >= 0; j--) {
                    operation();
                }
                final CompletableFuture<CheckpointInfo> checkpoint = store.checkpoint();
                cut = model.copy();
                cutOfWindows = modelOfWindows.copy();
                while (!checkpoint.isDone()) {
                    operation();
                }
                checkpoint.join();
            }
            store.close();
            model = cut;
            modelOfWindows = cutOfWindows;
        }
        open(Durability.NONE, false);
        compare();
        store.close();
    }

    private void open(final Durability durability, final boolean checkpointOnClose) {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(21)
                .durability(durability)
                .changeRingLength(64 * 1024 << random.nextInt(4))
                .logSegmentLength(256 * 1024)
                .capturePoolLength(64 * 1024)
                .checkpointIntervalNs(durability == Durability.NONE || random.nextBoolean() ? 0 : 5_000_000)
                .hydrateInBackground(random.nextBoolean())
                .checkpointOnClose(checkpointOnClose));
        openStates();
    }

    private void openStates() {
        plain = store.state(TypedStateDescriptor.timers("plain", Codecs.STRING, TimeDomain.EVENT_TIME));
        windows = store.state(
                TypedStateDescriptor.timers("windows", Codecs.INT, TimeDomain.PROCESSING_TIME), Codecs.LONG);
    }

    private void step() {
        final int kind = random.nextInt(1_000);
        if (kind < 30) {
            batch();
        } else if (kind == 30) {
            store.checkpoint();
        } else if (kind == 31 && random.nextInt(3) == 0) {
            plain.clear();
            model.clear();
        } else if (kind == 32 && random.nextInt(3) == 0) {
            assertThat(store.dropState("windows")).isTrue();
            modelOfWindows.clear();
            openStates();
        } else {
            operation();
        }
    }

    private void batch() {
        final Model before = model.copy();
        final Model beforeOfWindows = modelOfWindows.copy();
        store.beginBatch();
        for (int i = random.nextInt(30); i > 0; i--) {
            operation();
        }
        if (random.nextBoolean()) {
            store.commitBatch();
        } else {
            store.rollbackBatch();
            model = before;
            modelOfWindows = beforeOfWindows;
            if (random.nextInt(4) == 0) {
                compare();
            }
        }
    }

    private void operation() {
        if (random.nextInt(3) > 0) {
            onPlain();
        } else {
            onWindows();
        }
    }

    private long timestamp() {
        clock += random.nextInt(2);
        return switch (random.nextInt(100)) {
            case 0 -> Long.MIN_VALUE;
            case 1 -> Long.MAX_VALUE;
            default -> clock + random.nextInt(60);
        };
    }

    private String key() {
        final int key = random.nextInt(200);
        return key == 0 ? "" : "key" + key + "x".repeat(key == 1 ? 2_000 : key % 11);
    }

    private void onPlain() {
        final String key = key();
        final long timestamp = timestamp();
        final boolean current = random.nextBoolean();
        store.setCurrentKey(key);
        switch (random.nextInt(20)) {
            case 0 -> pollPlain();
            case 1, 2, 3, 4 -> {
                final boolean found =
                        current ? plain.current().deleteTimer(timestamp) : plain.deleteTimer(key, timestamp);
                assertThat(found).as(replay).isEqualTo(model.delete(key, 0, timestamp));
            }
            case 5 ->
                assertThat(plain.containsTimer(key, timestamp)).as(replay).isEqualTo(model.contains(key, 0, timestamp));
            case 6 -> assertThat(plain.remove(key)).as(replay).isEqualTo(model.deleteAll(key, 0));
            case 7 -> {
                assertThat(plain.nextTimestamp()).as(replay).isEqualTo(model.nextTimestamp());
                final List<Long> found = new ArrayList<>();
                plain.forEachTimer(key, found::add);
                assertThat(found).as(replay).isEqualTo(model.timestampsOf(key, 0));
                assertThat(plain.size(key)).as(replay).isEqualTo(found.size());
            }
            default -> {
                final boolean registered =
                        current ? plain.current().registerTimer(timestamp) : plain.registerTimer(key, timestamp);
                assertThat(registered).as(replay).isEqualTo(model.register(key, 0, timestamp));
            }
        }
    }

    private void pollPlain() {
        final long now = random.nextInt(30) == 0 ? Long.MAX_VALUE : clock - random.nextInt(20);
        final long limit = random.nextInt(40);
        final boolean inBatch = store.stateStore().inBatch();
        final Model[] before = new Model[1];
        final long[] delivered = new long[1];
        try {
            final long count = plain.pollDue(now, limit, (key, timestamp) -> {
                before[0] = model.copy();
                final Timer expected = model.poll(now);
                assertThat(expected).as(replay).isNotNull();
                assertThat(key).as(replay).isEqualTo(expected.key);
                assertThat(timestamp).as(replay).isEqualTo(expected.timestamp);
                delivered[0]++;
                changeWhileDelivering(now, inBatch);
            });
            assertThat(count).as(replay).isEqualTo(delivered[0]);
            if (count < limit) {
                assertThat(model.poll(now)).as(replay).isNull();
            }
        } catch (final IllegalArgumentException e) {
            assertThat(e).as(replay).hasMessage(FAILURE);
            model = before[0];
        }
    }

    private void changeWhileDelivering(final long now, final boolean inBatch) {
        for (int i = random.nextInt(3); i > 0; i--) {
            final String key = key();
            final long timestamp = now == Long.MAX_VALUE ? timestamp() : now - 5 + random.nextInt(10);
            if (random.nextBoolean()) {
                assertThat(plain.registerTimer(key, timestamp)).as(replay).isEqualTo(model.register(key, 0, timestamp));
            } else {
                assertThat(plain.deleteTimer(key, timestamp)).as(replay).isEqualTo(model.delete(key, 0, timestamp));
            }
        }
        if (!inBatch && random.nextInt(20) == 0) {
            throw new IllegalArgumentException(FAILURE);
        }
    }

    private void onWindows() {
        final int key = random.nextInt(50);
        final long window = random.nextInt(4);
        final long timestamp = timestamp();
        final String modelKey = "" + key;
        switch (random.nextInt(12)) {
            case 0 -> {
                final long now = clock - random.nextInt(20);
                final long limit = random.nextInt(30);
                final long count = windows.pollDue(now, limit, (dueKey, namespace, dueTimestamp) -> {
                    final Timer expected = modelOfWindows.poll(now);
                    assertThat(expected).as(replay).isNotNull();
                    assertThat(dueKey + "/" + namespace + "@" + dueTimestamp)
                            .as(replay)
                            .isEqualTo(expected.key + "/" + expected.namespace + "@" + expected.timestamp);
                });
                assertThat(count == limit || modelOfWindows.poll(now) == null)
                        .as(replay)
                        .isTrue();
            }
            case 1, 2 ->
                assertThat(windows.in(window).deleteTimer(key, timestamp))
                        .as(replay)
                        .isEqualTo(modelOfWindows.delete(modelKey, window, timestamp));
            case 3 ->
                assertThat(windows.in(window).remove(key))
                        .as(replay)
                        .isEqualTo(modelOfWindows.deleteAll(modelKey, window));
            default ->
                assertThat(windows.in(window).registerTimer(key, timestamp))
                        .as(replay)
                        .isEqualTo(modelOfWindows.register(modelKey, window, timestamp));
        }
    }

    private void compare() {
        for (final KeyedState state : store.stateStore().states()) {
            state.checkInvariants();
        }
        final List<String> found = new ArrayList<>();
        plain.forEachTimer((key, timestamp) -> found.add(key + "@" + timestamp));
        final List<String> expected = new ArrayList<>();
        model.queue.forEach(timer -> expected.add(timer.key + "@" + timer.timestamp));
        assertThat(found).as(replay).isEqualTo(expected);
        assertThat(plain.size()).as(replay).isEqualTo(expected.size());
        assertThat(plain.keyCount()).as(replay).isEqualTo(model.keyCount());
        final List<String> foundOfWindows = new ArrayList<>();
        windows.forEachKey((key, window) -> windows.in(window)
                .forEachTimer(key, timestamp -> foundOfWindows.add(key + "/" + window + "@" + timestamp)));
        final List<String> expectedOfWindows = new ArrayList<>();
        modelOfWindows.queue.forEach(
                timer -> expectedOfWindows.add(timer.key + "/" + timer.namespace + "@" + timer.timestamp));
        assertThat(foundOfWindows).as(replay).containsExactlyInAnyOrderElementsOf(expectedOfWindows);
    }

    private record Timer(String key, long namespace, long timestamp, long order) {
        static final Comparator<Timer> ORDER =
                Comparator.comparingLong(Timer::timestamp).thenComparingLong(Timer::order);

        static String id(final String key, final long namespace, final long timestamp) {
            return key + "/" + namespace + "@" + timestamp;
        }
    }

    private static final class Model {
        private final TreeSet<Timer> queue = new TreeSet<>(Timer.ORDER);
        private final Map<String, Timer> byId = new HashMap<>();
        private long order;

        Model copy() {
            final Model copy = new Model();
            copy.queue.addAll(queue);
            copy.byId.putAll(byId);
            copy.order = order;
            return copy;
        }

        void clear() {
            queue.clear();
            byId.clear();
        }

        boolean contains(final String key, final long namespace, final long timestamp) {
            return byId.containsKey(Timer.id(key, namespace, timestamp));
        }

        boolean register(final String key, final long namespace, final long timestamp) {
            if (contains(key, namespace, timestamp)) {
                return false;
            }
            final Timer timer = new Timer(key, namespace, timestamp, order++);
            queue.add(timer);
            byId.put(Timer.id(key, namespace, timestamp), timer);
            return true;
        }

        boolean delete(final String key, final long namespace, final long timestamp) {
            final Timer timer = byId.remove(Timer.id(key, namespace, timestamp));
            return timer != null && queue.remove(timer);
        }

        boolean deleteAll(final String key, final long namespace) {
            final List<Long> timestamps = timestampsOf(key, namespace);
            timestamps.forEach(timestamp -> delete(key, namespace, timestamp));
            return !timestamps.isEmpty();
        }

        List<Long> timestampsOf(final String key, final long namespace) {
            return queue.stream()
                    .filter(timer -> timer.key.equals(key) && timer.namespace == namespace)
                    .map(Timer::timestamp)
                    .toList();
        }

        long nextTimestamp() {
            return queue.isEmpty() ? Long.MAX_VALUE : queue.first().timestamp;
        }

        long keyCount() {
            return queue.stream().map(Timer::key).distinct().count();
        }

        /** Removes the first timer that is due; null when none is. */
        Timer poll(final long now) {
            if (queue.isEmpty() || queue.first().timestamp > now) {
                return null;
            }
            final Timer timer = queue.first();
            delete(timer.key, timer.namespace, timer.timestamp);
            return timer;
        }
    }
}
