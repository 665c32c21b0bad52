/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.SimulatedCrash;
import io.quire.store.Durability;
import io.quire.store.KeyedState;
import io.quire.store.errors.StateStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * States through power losses at many moments: everything is as after exactly k batches, those that were told to be
 * durable among them, and each of the batches is there as a whole or not at all.
 */
abstract class PowerLossContractTest {
    static final int OPERATIONS = 240;

    private static final int CHECKPOINT_EVERY = 70;
    private static final int FORCE_EVERY = 30;

    /** A checkpoint that fails is logged. */
    private static final Logger LOG = Logger.getLogger("io.quire");

    /** The clock by which entries expire: the number of the batch. */
    final AtomicLong clockMs = new AtomicLong();

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private int attempts;
    private int boots = 1;
    private long first; // batch of the last opening
    private long issued;
    private long acknowledged;
    private long durable; // batches that the store has told to be durable
    private long checkpointed;

    /** The states of an open store, and what is done with them. */
    interface States {
        /** One batch, in which everything follows from its number, from 1 on. */
        void apply(long i);

        /** {@return how many batches are there, as the store says itself} */
        long count();

        /** Compares everything with collections of the JDK, after so many batches of those that were begun. */
        void expect(long count, long issued, String what);
    }

    @BeforeAll
    static void silence() {
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(null);
    }

    /** Opens the states, which go on with a batch, or would have when the power failed. */
    abstract States open(DurableStateStore store, long next);

    /** {@return after how many batches the store is closed and opened again} */
    int openEvery() {
        return OPERATIONS;
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
                .checkpointOnClose(openEvery() == OPERATIONS)
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
        try {
            for (first = 1; first <= OPERATIONS; first += openEvery()) {
                try (DurableStateStore store = DurableStateStore.open(context(files, durability))) {
                    live(store, positions);
                }
            }
        } catch (final StateStoreException | SimulatedCrash e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private void live(final DurableStateStore store, final long[] positions) {
        final States states = open(store, first);
        for (long i = first; i < first + openEvery() && i <= OPERATIONS; i++) {
            issued = i;
            clockMs.set(i);
            states.apply(i);
            acknowledged = i;
            positions[(int) i] = store.appliedPosition();
            if (i % FORCE_EVERY == 0) {
                store.sync();
                durable = i;
            } else if (i % FORCE_EVERY == FORCE_EVERY / 2) {
                assertThat(store.awaitDurable(positions[(int) i], TimeUnit.SECONDS.toNanos(30)))
                        .isTrue();
                durable = i;
            }
            while (durable < i && positions[(int) durable + 1] <= store.durablePosition()) {
                durable++;
            }
            if (i % CHECKPOINT_EVERY == 0) {
                checkpoint(store, i);
            }
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
            final States states = open(store, Math.min(first, OPERATIONS));
            final long count = states.count();
            assertThat(count).as(replay).isBetween(least, issued);
            clockMs.set(issued); // what had expired by then may have been removed
            states.expect(count, issued, String.format("%d batches of %d, %s", count, issued, replay));
            store.stateStore().states().forEach(KeyedState::checkInvariants);
            states.apply(issued + 1); // the store is usable
        }
    }

    private String replay(final long call) {
        return "seed=" + seed + " call=" + call + " replay: mvn test -pl checkpoint -am -Dtest="
                + getClass().getSimpleName() + " -Dseed=" + seed;
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
            files.failAt(call, attempts % 2 == 0 ? FileFault.CRASH_BEFORE : FileFault.CRASH_AFTER);
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
