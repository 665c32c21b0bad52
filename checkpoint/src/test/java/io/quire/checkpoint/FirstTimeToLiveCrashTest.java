/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.checkpoint.io.SimulatedCrash;
import io.quire.store.Durability;
import io.quire.store.KeyedState;
import io.quire.store.LongLongState;
import io.quire.store.StoreReader;
import io.quire.store.TimeToLive;
import io.quire.store.errors.StateStoreException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
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
 * States of primitives and bytes, and typed ones of bytes, that get their first time to live while the power is lost, a
 * file fails or the process is killed, with checkpoints before and after: each is what it was or what it became, with
 * all of its entries.
 */
class FirstTimeToLiveCrashTest {
    private static final Logger LOG = Logger.getLogger("io.quire");
    private static final int KEYS = 120;
    private static final int ROUNDS = 3;
    private static final TimeToLive TTL = TimeToLive.ofMillis(500);
    private static final long ROUND_KEY = 1;
    private static final long PHASE_KEY = 2;

    /** What has been done of a round once the store says so. */
    private static final int FILLING = 0;

    private static final int FILLED = 1;
    private static final int GIVEN = 2;

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final AtomicLong clock = new AtomicLong();
    private int attempts;
    private int boots = 1;
    private long partlyGiven; // how often some states had got it and others had not

    @BeforeAll
    static void silence() {
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(null);
    }

    private static long value(final long round, final long key) {
        return 1 + 97 * (round * 1_000 + key); // nothing that has an extent of its own
    }

    private static long startOf(final long round) {
        return round * 1_000_000;
    }

    /**
     * A round: all states anew, without a time to live, filled, given one, and half of the entries written again. At
     * the beginning and the end of the copies there may be a checkpoint.
     */
    private static void round(final DurableStateStore store, final AtomicLong clock, final long round, final int keys) {
        final LongLongState progress = store.longLongState("progress");
        store.beginBatch();
        progress.put(ROUND_KEY, round);
        progress.put(PHASE_KEY, FILLING);
        store.commitBatch();
        clock.set(startOf(round));
        ExpiringTypedBytes.andPrimitives(store, null).forEach(each -> store.dropState(each.state.name()));
        final List<ExpiringPrimitive> plain = ExpiringTypedBytes.andPrimitives(store, null);
        for (long key = 0; key < keys; key++) {
            for (final ExpiringPrimitive state : plain) {
                state.put(key, value(round, key));
            }
        }
        progress.put(PHASE_KEY, FILLED);
        if (round % 3 == 1) {
            store.checkpoint().join();
        } else if (round % 3 == 2) {
            store.checkpoint(); // which goes on during the copies
        }
        final List<ExpiringPrimitive> given = ExpiringTypedBytes.andPrimitives(store, TTL);
        store.beginBatch();
        progress.put(PHASE_KEY, GIVEN);
        store.commitBatch();
        clock.set(startOf(round) + 100);
        for (long key = 0; key < keys; key += 2) {
            for (final ExpiringPrimitive state : given) {
                state.put(key, value(round, key));
            }
        }
        if (round % 3 == 0) {
            store.checkpoint().join();
        }
    }

    /** What was recovered, under a clock of its own. Returns the round. */
    private long check(final DurableStateStore store, final int keys, final String replay) {
        final LongLongState progress = store.longLongState("progress");
        final long round = progress.get(ROUND_KEY, -1);
        final long phase = progress.get(PHASE_KEY, -1);
        store.stateStore().states().forEach(KeyedState::checkInvariants);
        if (phase == FILLED || phase == GIVEN) {
            clock.set(startOf(round) + 499);
            final List<ExpiringPrimitive> states = ExpiringTypedBytes.andPrimitives(store, null);
            final long givenCount = states.stream()
                    .filter(each -> each.state.timeToLive().equals(TTL))
                    .count();
            partlyGiven += givenCount > 0 && givenCount < states.size() ? 1 : 0;
            if (phase == GIVEN) {
                assertThat(givenCount).as(replay).isEqualTo(states.size());
            }
            final Map<Long, Long> all = entries(round, keys, 1);
            for (final ExpiringPrimitive state : states) {
                expect(store, state, all, keys, replay);
            }
            clock.set(startOf(round) + 500);
            for (final ExpiringPrimitive state : states) {
                if (phase == FILLED) {
                    final boolean given = state.state.timeToLive().equals(TTL);
                    expect(store, state, given ? Map.of() : all, keys, replay);
                } else {
                    expectRewritten(store, state, round, keys, replay);
                }
            }
        }
        clock.set(startOf(round) + 900); // those that did not get it get it now
        for (final ExpiringPrimitive state : ExpiringTypedBytes.andPrimitives(store, TTL)) {
            final long found = state.entries(false).size();
            assertThat(found).as(replay).isBetween(0L, (long) keys);
        }
        return round;
    }

    private static Map<Long, Long> entries(final long round, final int keys, final int step) {
        final Map<Long, Long> entries = new HashMap<>();
        for (long key = 0; key < keys; key += step) {
            entries.put(key, value(round, key));
        }
        return entries;
    }

    private static Map<Long, Long> asOf(final ExpiringPrimitive state, final Map<Long, Long> entries) {
        final Map<Long, Long> expected = new HashMap<>(entries);
        if (state.isSet()) {
            expected.replaceAll((key, value) -> 0L);
        }
        return expected;
    }

    private static void expect(
            final DurableStateStore store,
            final ExpiringPrimitive state,
            final Map<Long, Long> entries,
            final int keys,
            final String replay) {
        final Map<Long, Long> expected = asOf(state, entries);
        final String as = replay + " state=" + state.state.descriptor();
        assertThat(state.entries(true)).as(as).isEqualTo(expected);
        try (StoreReader reader = store.reader()) {
            assertThat(state.read(reader, keys)).as(as).isEqualTo(expected);
        }
    }

    /** Some of the keys that are written again after it was given, in order, and nothing else. */
    private static void expectRewritten(
            final DurableStateStore store,
            final ExpiringPrimitive state,
            final long round,
            final int keys,
            final String replay) {
        final Map<Long, Long> found = state.entries(true);
        final Map<Long, Long> expected = asOf(state, entries(round, 2 * found.size(), 2));
        assertThat(found.size()).isLessThanOrEqualTo((keys + 1) / 2);
        expect(store, state, expected, keys, replay);
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
                .expiryClock(clock::get)
                .expiryBudgetNs(0)
                .checkpointIntervalNs(0)
                .bootIdHash(boots)
                .storeFiles(files);
    }

    /** Works until it is done or the power is gone. */
    private void run(final FaultStoreFiles files, final Durability durability) {
        clock.set(0);
        try (DurableStateStore store = DurableStateStore.open(context(files, durability))) {
            for (int round = 1; round <= ROUNDS; round++) {
                round(store, clock, round, KEYS);
            }
        } catch (final StateStoreException | CompletionException | SimulatedCrash e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private void crash(final Durability durability, final FileFault fault, final int times) {
        final FaultStoreFiles counting = newDisk();
        run(counting, durability);
        final long calls = counting.callCount();
        final long stride = Math.max(1, calls / times);
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            final FaultStoreFiles files = newDisk();
            files.failAt(call, fault);
            run(files, durability);
            boots++;
            try (var paths = Files.walk(temp.resolve("shm"))) {
                for (final Path path : paths.filter(Files::isRegularFile).toList()) {
                    Files.delete(path);
                }
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
            final String replay = "seed=" + seed + " call=" + call + " fault=" + fault + " durability=" + durability
                    + " replay: mvn test -pl checkpoint -am -Dtest=FirstTimeToLiveCrashTest -Dseed=" + seed;
            clock.set(0); // recovery does not ask it
            final FaultStoreFiles left = files.afterPowerLoss(seed + call);
            try (DurableStateStore store = DurableStateStore.open(context(left, durability))) {
                final long round = check(store, KEYS, replay);
                round(store, clock, round + 1, 20); // the store is usable
            }
            try (DurableStateStore store = DurableStateStore.open(context(left, durability))) {
                check(store, 20, replay);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP", "SYNC"})
    void shouldBeWhatItWasOrWhatItBecameAfterPowerLoss(final Durability durability) {
        crash(durability, FileFault.CRASH_AFTER, 15);
    }

    @Test
    void shouldBeWhatItWasOrWhatItBecameAfterAFileHasFailed() {
        crash(Durability.SYNC, FileFault.IO_ERROR, 15);
    }

    /** Where each change is synced the power goes between any two states, too. */
    @Test
    @Tag("slow")
    void shouldBeWhatItWasOrWhatItBecameWheneverPowerIsLost() {
        for (final FileFault fault : FileFault.values()) {
            crash(Durability.SYNC, fault, 400);
        }
        assertThat(partlyGiven).as("seed=" + seed).isPositive();
    }

    @Test
    void shouldBeWhatItWasOrWhatItBecameAfterTheProcessWasKilled() throws IOException, InterruptedException {
        long lastRound = 0;
        for (int kill = 0; kill < 4; kill++) {
            final Path errors = temp.resolve("errors-" + kill);
            final Process child =
                    ChildJvm.start(Writer.class, errors, temp.resolve("killed").toString());
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
                for (int line = 0; line <= kill; line++) {
                    if (lines.readLine() == null) {
                        child.waitFor();
                        throw new AssertionError(ChildJvm.lastWords(child, errors));
                    }
                }
                Thread.sleep(Math.floorMod(seed >> kill, 40));
            } finally {
                child.destroyForcibly().waitFor();
            }
            clock.set(0);
            try (DurableStateStore store = DurableStateStore.open(Writer.context(temp.resolve("killed"), clock))) {
                final long round = check(store, Writer.KILLED_KEYS, "seed=" + seed);
                assertThat(round).isGreaterThan(lastRound);
                lastRound = round;
            }
        }
    }

    /** Begins round after round until it is killed. */
    static final class Writer {
        static final int KILLED_KEYS = 4_000;

        private Writer() {}

        static DurableStoreContext context(final Path directory, final AtomicLong clock) {
            return new DurableStoreContext()
                    .directory(directory)
                    .windowShift(21)
                    .changeRingLength(256 * 1024)
                    .logSegmentLength(1024 * 1024)
                    .checkpointIntervalNs(0)
                    .checkpointOnClose(false)
                    .expiryBudgetNs(0)
                    .expiryClock(clock::get);
        }

        public static void main(final String[] arguments) {
            final AtomicLong clock = new AtomicLong();
            try (DurableStateStore store = DurableStateStore.open(context(Path.of(arguments[0]), clock))) {
                long round = store.longLongState("progress").get(ROUND_KEY, 0);
                while (true) {
                    round++;
                    round(store, clock, round, KILLED_KEYS);
                    System.out.println(round);
                }
            }
        }
    }
}
