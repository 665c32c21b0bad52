/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.SimulatedCrash;
import io.quire.store.Durability;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.LongLongState;
import io.quire.store.MapState;
import io.quire.store.TimeDomain;
import io.quire.store.TimeToLive;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.StateStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Lists, maps, timers and what expires through power losses at many moments: everything is as after exactly k batches,
 * those that were told to be durable among them, and each of the batches is there as a whole or not at all.
 */
class TypedStatePowerLossTest {
    private static final int OPERATIONS = 240;
    private static final int CHECKPOINT_EVERY = 70;
    private static final long TTL_MS = 20;
    private static final long COUNT_KEY = -1;
    private static final String KEY = "key";

    /** A checkpoint that fails is logged. */
    private static final Logger LOG = Logger.getLogger("io.quire");

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final AtomicLong clockMs = new AtomicLong();
    private int attempts;
    private int boots = 1;
    private long issued;
    private long acknowledged;
    private long durable; // batches that the store has told to be durable
    private long checkpointed;

    @BeforeAll
    static void silence() {
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(null);
    }

    private final class States {
        final DurableStateStore store;
        final LongLongState counts; // batches done, and by key how often timers have fired
        final ListState<Long, Long> lists;
        final MapState<Long, Long, Long> maps;
        final TimerState<Long> timers;
        final ValueState<Long, Long> expiringValues;
        final ListState<String, Long> expiringList;

        States(final DurableStateStore store) {
            this.store = store;
            final TimeToLive timeToLive = TimeToLive.ofMillis(TTL_MS);
            counts = store.longLongState("counts");
            lists = store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG));
            maps = store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG));
            timers = store.state(TypedStateDescriptor.timers("timers", Codecs.LONG, TimeDomain.EVENT_TIME));
            expiringValues = store.state(TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG)
                    .withTimeToLive(timeToLive));
            expiringList = store.state(TypedStateDescriptor.list("list", Codecs.STRING, Codecs.LONG)
                    .withTimeToLive(timeToLive));
        }

        /** One batch, in which everything follows from its number. */
        void apply(final long i) {
            store.beginBatch();
            if (i % 37 == 0) {
                lists.update(i % 5, List.of(i, -i));
            } else if (i % 41 == 0) {
                lists.remove(i % 5);
            } else {
                lists.addAll(i % 5, List.of(i, i + 1));
            }
            if (i % 23 == 0) {
                maps.remove(i % 3);
            } else {
                maps.put(i % 3, i % 11, i);
            }
            timers.registerTimer(i % 13, due(i));
            timers.pollDue(i, (key, timestamp) -> counts.addAndGet(key, 1));
            expiringValues.put(i % 17, i);
            expiringList.add(KEY, i);
            counts.put(COUNT_KEY, i);
            store.commitBatch();
        }
    }

    private static long due(final long i) {
        return i + 1 + i % 7;
    }

    private Path directory() {
        try {
            Files.createDirectories(temp.resolve("shm"));
            return Files.createDirectories(temp.resolve("store-" + attempts)).toRealPath();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private FaultStoreFiles newDisk() {
        attempts++;
        final FaultStoreFiles files = new FaultStoreFiles();
        files.createDirectories(directory());
        return files;
    }

    private DurableStoreContext context(final FaultStoreFiles files, final Durability durability) {
        return new DurableStoreContext()
                .directory(directory())
                .sharedMemoryDirectory(temp.resolve("shm"))
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(20)
                .changeRingLength(64 * 1024)
                .logSegmentLength(64 * 1024)
                .capturePoolLength(64 * 1024)
                .durability(durability)
                .expiryClock(clockMs::get)
                .checkpointIntervalNs(0)
                .bootIdHash(boots)
                .storeFiles(files);
    }

    /** Works until it is done or the power is gone, and notes what was told to be durable. */
    private void run(final FaultStoreFiles files, final Durability durability) {
        issued = 0;
        acknowledged = 0;
        durable = 0;
        checkpointed = 0;
        clockMs.set(0);
        final long[] positions = new long[OPERATIONS + 1];
        try (DurableStateStore store = DurableStateStore.open(context(files, durability))) {
            final States states = new States(store);
            for (long i = 1; i <= OPERATIONS; i++) {
                issued = i;
                clockMs.set(i);
                states.apply(i);
                acknowledged = i;
                positions[(int) i] = store.appliedPosition();
                if (i % 30 == 0) {
                    store.sync();
                    durable = i;
                }
                while (durable < i && positions[(int) durable + 1] <= store.durablePosition()) {
                    durable++;
                }
                if (i % CHECKPOINT_EVERY == 0) {
                    checkpoint(store, i);
                }
            }
        } catch (final StateStoreException | SimulatedCrash e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private void checkpoint(final DurableStateStore store, final long count) {
        try {
            store.checkpoint().get(30, TimeUnit.SECONDS);
            checkpointed = count;
        } catch (final ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(StateStoreException.class);
        } catch (final InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    /** Memory files are gone, and the next open can tell why. */
    private void restartMachine() {
        boots++;
        try (var paths = Files.walk(temp.resolve("shm"))) {
            for (final Path path : paths.filter(Files::isRegularFile).toList()) {
                Files.delete(path);
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void check(
            final FaultStoreFiles files, final Durability durability, final long least, final String replay) {
        clockMs.set(0); // recovery does not ask it
        try (DurableStateStore store = DurableStateStore.open(context(files, durability))) {
            final States states = new States(store);
            final long count = states.counts.get(COUNT_KEY, 0);
            assertThat(count).as(replay).isBetween(least, issued);
            clockMs.set(issued); // what had expired by then may have been removed
            final Map<String, Object> found = found(states);
            final Map<String, Object> expected = expected(count);
            assertThat(found.keySet()).as("%d batches, %s", count, replay).isEqualTo(expected.keySet());
            expected.forEach((what, value) -> assertThat(found.get(what))
                    .as("%s, %d batches of %d, %s", what, count, issued, replay)
                    .isEqualTo(value));
            store.stateStore().states().forEach(KeyedState::checkInvariants);
            states.apply(issued + 1); // the store is usable
        }
    }

    private static Map<String, Object> found(final States states) {
        final Map<String, Object> all = new TreeMap<>();
        states.lists.forEachKey(key -> {
            final List<Long> elements = new ArrayList<>();
            states.lists.get(key).forEach(elements::add);
            all.put("list " + key, elements);
        });
        states.maps.forEachKey(key -> {
            final Map<Long, Long> entries = new LinkedHashMap<>();
            states.maps.entries(key).forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
            all.put("map " + key, List.copyOf(entries.entrySet()));
        });
        final List<String> waiting = new ArrayList<>();
        states.timers.forEachTimer((key, timestamp) -> waiting.add(key + "@" + timestamp));
        all.put("timers", waiting);
        states.counts.forEach((key, times) -> all.put("count " + key, times));
        states.expiringValues.forEachKey(key -> all.put("value " + key, states.expiringValues.get(key)));
        final List<Long> living = new ArrayList<>();
        states.expiringList.get(KEY).forEach(living::add);
        all.put("expiring", living);
        return all;
    }

    /** The same by collections of the JDK. */
    private Map<String, Object> expected(final long count) {
        final Map<Long, List<Long>> lists = new TreeMap<>();
        final Map<Long, Map<Long, Long>> maps = new TreeMap<>();
        final Map<Long, List<Long>> timers = new TreeMap<>(); // by timestamp, in the order of registration
        final Map<String, Object> all = new TreeMap<>();
        final List<Long> living = new ArrayList<>();
        for (long i = 1; i <= count; i++) {
            if (i % 37 == 0) {
                lists.put(i % 5, new ArrayList<>(List.of(i, -i)));
            } else if (i % 41 == 0) {
                lists.remove(i % 5);
            } else {
                lists.computeIfAbsent(i % 5, any -> new ArrayList<>()).addAll(List.of(i, i + 1));
            }
            if (i % 23 == 0) {
                maps.remove(i % 3);
            } else {
                maps.computeIfAbsent(i % 3, any -> new LinkedHashMap<>()).put(i % 11, i);
            }
            timers.computeIfAbsent(due(i), any -> new ArrayList<>()).add(i % 13);
            final List<Long> fired = timers.remove(i);
            if (fired != null) {
                fired.forEach(key -> all.merge("count " + key, 1L, (a, b) -> (Long) a + (Long) b));
            }
            if (issued - i < TTL_MS) {
                all.put("value " + i % 17, i);
                living.add(i);
            }
            all.put("count " + COUNT_KEY, i);
        }
        lists.forEach((key, elements) -> all.put("list " + key, elements));
        maps.forEach((key, entries) -> all.put("map " + key, List.copyOf(entries.entrySet())));
        final List<String> waiting = new ArrayList<>();
        timers.forEach((timestamp, keys) -> keys.forEach(key -> waiting.add(key + "@" + timestamp)));
        all.put("timers", waiting);
        all.put("expiring", living);
        return all;
    }

    private String replay(final long call) {
        return "seed=" + seed + " call=" + call
                + " replay: mvn test -pl checkpoint -am -Dtest=TypedStatePowerLossTest -Dseed=" + seed;
    }

    private void losePower(final Durability durability, final int times) {
        final FaultStoreFiles counting = newDisk();
        run(counting, durability);
        assertThat(acknowledged).isEqualTo(OPERATIONS);
        final long calls = counting.callCount();
        final long stride = Math.max(1, calls / times);
        long told = 0;
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            final FaultStoreFiles files = newDisk();
            files.failAt(call, FileFault.CRASH_AFTER);
            run(files, durability);
            restartMachine();
            final long least = durability == Durability.SYNC ? acknowledged : Math.max(durable, checkpointed);
            told = Math.max(told, least);
            check(files.afterPowerLoss(seed + call), durability, least, replay(call));
        }
        assertThat(told).as(replay(0)).isPositive();
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP", "SYNC"})
    void shouldKeepWhatWasDurableAndNoPartOfABatch(final Durability durability) {
        losePower(durability, 12);
    }

    @ParameterizedTest
    @Tag("slow")
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP", "SYNC"})
    void shouldKeepWhatWasDurableAndNoPartOfABatchWheneverPowerIsLost(final Durability durability) {
        losePower(durability, Integer.MAX_VALUE);
    }

    @Test
    void shouldNoticeAForceThatLies() {
        boolean noticed = false;
        for (int i = 0; i < 40 && !noticed; i++) {
            final FaultStoreFiles files = newDisk();
            files.ignore(FileOperation.FORCE);
            run(files, Durability.GROUP);
            restartMachine();
            try {
                check(files.afterPowerLoss(seed + i), Durability.GROUP, durable, replay(0));
            } catch (final AssertionError | StateStoreException e) {
                noticed = true;
            }
        }
        assertThat(noticed).isTrue();
    }
}
