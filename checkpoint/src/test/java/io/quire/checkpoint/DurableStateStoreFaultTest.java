/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.SimulatedCrash;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.StateStoreException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A store on a file system that fails, dies or loses power at the N-th call. Whatever happens, what is found
 * afterwards is the model after exactly k operations, with last acknowledged at most k and k at most last issued.
 */
class DurableStateStoreFaultTest {
    private static final int KEYS = 50;
    private static final long COUNT_KEY = -1;
    private static final int OPERATIONS = 300;
    private static final int CHECKPOINT_EVERY = 60;

    /** Every failed checkpoint is logged, and here that is most of them; kept so that the level stays. */
    private static final Logger LOG = Logger.getLogger("io.quire");

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private int attempts;
    private int boots = 1;
    private long issued;
    private long acknowledged;
    private long checkpointed;
    private long forced;
    private int forceEvery; // 0 = never
    private boolean subscribed;
    private volatile long seen; // by a subscriber that is shown durable changes only

    @BeforeAll
    static void silence() {
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(null);
    }

    @ParameterizedTest
    @EnumSource(FileFault.class)
    void shouldRecoverAPrefixWhateverCallFails(final FileFault fault) {
        final long calls = countCalls();
        final long stride = Math.max(1, calls / 40);
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            tryFault(fault, call, false);
        }
    }

    @Test
    void shouldRecoverAPrefixWhenTheDiskStaysBroken() {
        final long calls = countCalls();
        final long stride = Math.max(1, calls / 40);
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            tryFault(FileFault.IO_ERROR, call, true);
            tryFault(FileFault.DISK_FULL, call, true);
        }
    }

    @Test
    @Tag("slow")
    void shouldRecoverAPrefixWhateverOfAllCallsFails() {
        final long calls = countCalls();
        for (final FileFault fault : FileFault.values()) {
            for (long call = 1; call <= calls; call++) {
                tryFault(fault, call, false);
                tryFault(fault, call, true);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP", "SYNC"})
    void shouldKeepWhatWasDurableThroughPowerLoss(final Durability durability) {
        final long calls = countCalls();
        final long stride = Math.max(1, calls / 30);
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            final FaultStoreFiles files = newDisk();
            files.failAt(call, FileFault.CRASH_AFTER);
            run(files, context(files, durability));
            restartMachine();
            final long least = durability == Durability.SYNC ? acknowledged : checkpointed;
            check(files.afterPowerLoss(seed + call), durability, least, fault(call) + " power loss");
        }
    }

    @Test
    void shouldKeepWhatWasForcedOneByOneThroughPowerLoss() {
        forceEvery = 7;
        final long calls = countCalls();
        final long stride = Math.max(1, calls / 30);
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            final FaultStoreFiles files = newDisk();
            files.failAt(call, FileFault.CRASH_AFTER);
            run(files, context(files, Durability.PROCESS));
            restartMachine();
            final long least = Math.max(forced, checkpointed);
            check(files.afterPowerLoss(seed + call), Durability.PROCESS, least, fault(call) + " power loss");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP"})
    void shouldNeverShowADurableSubscriberWhatPowerLossTakesBack(final Durability durability) {
        forceEvery = 20;
        final long calls = countCalls();
        final long stride = Math.max(1, calls / 15);
        long shown = 0;
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            final FaultStoreFiles files = newDisk();
            files.failAt(call, FileFault.CRASH_AFTER); // the subscriber's own calls are among them
            subscribed = true;
            run(files, context(files, durability));
            subscribed = false;
            restartMachine();
            shown = Math.max(shown, seen);
            check(files.afterPowerLoss(seed + call), durability, seen, fault(call) + " power loss, subscribed");
        }
        assertThat(shown).isPositive();
    }

    @Test
    void shouldNoticeAForceThatLies() {
        // A planted bug: forces of files do nothing. If power loss then lost nothing, this suite could not find one.
        boolean noticed = false;
        for (int i = 0; i < 40 && !noticed; i++) {
            final FaultStoreFiles files = newDisk();
            files.ignore(FileOperation.FORCE);
            run(files, context(files, Durability.SYNC));
            restartMachine();
            try {
                check(files.afterPowerLoss(seed + i), Durability.SYNC, acknowledged, "planted");
            } catch (final AssertionError | StateStoreException e) {
                noticed = true;
            }
        }
        assertThat(noticed).isTrue();
    }

    /** An owner that is killed when all it did is in the segments, and nothing of it was forced. */
    private FaultStoreFiles killBeforeTheForce() {
        final FaultStoreFiles files = newDisk();
        FaultStoreFiles killed = null;
        try (DurableStateStore store = DurableStateStore.open(context(files, Durability.PROCESS))) {
            for (long i = 0; i < KEYS; i++) {
                store.longLongState("s").put(i, i);
            }
            while (store.status().log().writtenPosition() < store.appliedPosition()) {
                Thread.onSpinWait();
            }
            killed = files.afterKill();
        } catch (final StateStoreException | SimulatedCrash e) {
            assertThat(killed).isNotNull(); // it was closed, dead
        }
        return killed;
    }

    @Test
    void shouldReachItsCheckpointsWithoutALogWhateverPowerLossTakes() {
        for (int i = 0; i < 20; i++) {
            final FaultStoreFiles killed = killBeforeTheForce();
            try (DurableStateStore store = DurableStateStore.open(context(killed, Durability.NONE))) {
                store.longLongState("s").put(KEYS, 1);
            }
            restartMachine();
            final FaultStoreFiles found = killed.afterPowerLoss(seed + i);
            for (final Durability durability : new Durability[] {Durability.NONE, Durability.PROCESS}) {
                try (DurableStateStore store = DurableStateStore.open(context(found, durability))) {
                    assertThat(store.longLongState("s").size())
                            .as("seed=%d i=%d", seed, i)
                            .isEqualTo(KEYS + 1);
                }
            }
        }
    }

    private void tryFault(final FileFault fault, final long call, final boolean persistent) {
        final FaultStoreFiles files = newDisk();
        if (persistent) {
            files.failFrom(call, fault);
        } else {
            files.failAt(call, fault);
        }
        run(files, context(files, Durability.PROCESS));
        files.heal();
        check(files.afterKill(), Durability.PROCESS, acknowledged, fault(call) + " " + fault);
    }

    private String fault(final long call) {
        return "seed=" + seed + " call=" + call
                + " replay: mvn test -pl checkpoint -Dtest=DurableStateStoreFaultTest -Dseed=" + seed;
    }

    private long countCalls() {
        final FaultStoreFiles files = newDisk();
        run(files, context(files, Durability.PROCESS));
        assertThat(acknowledged).isEqualTo(OPERATIONS);
        assertThat(files.openHandles()).isEmpty();
        return files.callCount();
    }

    private FaultStoreFiles newDisk() {
        attempts++;
        final FaultStoreFiles files = new FaultStoreFiles();
        files.createDirectories(directory());
        return files;
    }

    private Path directory() {
        final Path directory = temp.resolve("store-" + attempts);
        try {
            Files.createDirectories(directory);
            Files.createDirectories(temp.resolve("shm"));
            return directory.toRealPath();
        } catch (final java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
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
                .chainLengthMax(2)
                .durability(durability)
                .compressLog(durability == Durability.GROUP)
                .checkpointIntervalNs(0)
                .bootIdHash(boots)
                .storeFiles(files);
    }

    /** Works until it is done or the store refuses, and counts what was issued, acknowledged and checkpointed. */
    private void run(final FaultStoreFiles files, final DurableStoreContext context) {
        issued = 0;
        acknowledged = 0;
        checkpointed = 0;
        forced = 0;
        seen = 0;
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState state = store.longLongState("s");
            if (subscribed) {
                store.subscribeDurable(0, this::see);
            }
            for (long i = 1; i <= OPERATIONS; i++) {
                issued = i;
                store.beginBatch();
                state.put(i % KEYS, i);
                state.put(COUNT_KEY, i);
                final boolean force = forceEvery > 0 && i % forceEvery == 0;
                if (force && i % 2 == 0) {
                    store.commitBatch(Durability.SYNC);
                } else {
                    store.commitBatch();
                    if (force) {
                        store.sync();
                    }
                }
                forced = force ? i : forced;
                acknowledged = i;
                if (i % CHECKPOINT_EVERY == 0) {
                    checkpoint(store, i);
                }
            }
        } catch (final StateStoreException | SimulatedCrash e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private void see(
            final long position, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
        if (key.getLong(0, ByteOrder.LITTLE_ENDIAN) == COUNT_KEY) {
            seen = value.getLong(0, ByteOrder.LITTLE_ENDIAN);
        }
    }

    private void checkpoint(final DurableStateStore store, final long count) {
        try {
            store.checkpoint().get(30, TimeUnit.SECONDS);
            checkpointed = count;
        } catch (final CompletionException | java.util.concurrent.ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(StateStoreException.class);
        } catch (final InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private void check(
            final FaultStoreFiles files, final Durability durability, final long least, final String replay) {
        try (DurableStateStore store = DurableStateStore.open(context(files, durability))) {
            final LongLongState state = store.longLongState("s");
            final long count = state.get(COUNT_KEY, 0);
            assertThat(count).as(replay).isBetween(least, issued);
            for (long key = 0; key < KEYS; key++) {
                final long last = count - Math.floorMod(count - key, (long) KEYS);
                assertThat(state.get(key, 0)).as(replay).isEqualTo(Math.max(0, last));
            }
            state.checkInvariants();
            state.put(COUNT_KEY, count); // the store is usable
        }
    }

    /** Memory files are gone, and the next open can tell why. */
    private void restartMachine() {
        boots++;
        try (var paths = Files.walk(temp.resolve("shm"))) {
            for (final Path path : paths.filter(Files::isRegularFile).toList()) {
                Files.delete(path);
            }
        } catch (final java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
