/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.StateStoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every checkpoint shows the state at its barrier and nothing else, whatever is written meanwhile, however many
 * checkpoints failed before, and while files are merged. There is no change log: what a failed checkpoint lost would be
 * lost for good, and be seen.
 */
class CheckpointCutModelTest {
    private static final int KEYS = 600;
    private static final Logger LOG = Logger.getLogger("io.quire");

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=CheckpointCutModelTest -Dseed=" + seed;

    private final FaultStoreFiles files = new FaultStoreFiles();
    private Path directory;
    private DurableStateStore store;
    private LongLongState longs;
    private BytesState bytes;
    private CheckpointContents model = new CheckpointContents();
    private CheckpointContents lastCompared = new CheckpointContents();
    private long lastId = 1; // the empty store's
    private int succeeded;
    private int failed;
    private int stopped;

    @BeforeEach
    void prepare() throws java.io.IOException {
        LOG.setLevel(Level.OFF); // every failed checkpoint is logged
        directory = Files.createDirectories(temp.resolve("store")).toRealPath();
        files.createDirectories(directory);
        System.out.println(replay);
    }

    @AfterEach
    void speak() {
        LOG.setLevel(null);
    }

    @Test
    void shouldShowTheStateAtTheBarrierUnderAWriteStorm() throws Exception {
        run(200);
    }

    @Test
    @Tag("slow")
    void shouldShowTheStateAtTheBarrierTenThousandTimes() throws Exception {
        run(Integer.getInteger("cycles", 10_000));
    }

    private void run(final int cycles) throws Exception {
        open();
        assertThat(store.recoveryReport().checkpointId()).isEqualTo(lastId);
        while (succeeded < cycles) {
            cycle();
        }
        store.close();
        System.out.println("checkpoints compared=" + succeeded + " failed=" + failed + " stores stopped=" + stopped);
        assertThat(failed).as(replay).isPositive();
        assertThat(files.openHandles()).isEmpty();
    }

    private void open() {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(20)
                .durability(Durability.NONE)
                .capturePoolLength(64 * 1024)
                .chainLengthMax(2 + random.nextInt(4))
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .storeFiles(files));
        longs = store.longLongState(CheckpointContents.LONGS);
        bytes = store.bytesState(CheckpointContents.BYTES);
    }

    private void cycle() throws Exception {
        CheckpointContents barrier = null;
        try {
            change(random.nextInt(random.nextInt(10) == 0 ? 500 : 30));
            if (random.nextInt(3) == 0) {
                files.failAt(random.nextInt(25), random.nextBoolean() ? FileFault.DISK_FULL : FileFault.IO_ERROR);
            }
            final CompletableFuture<CheckpointInfo> future = store.checkpoint();
            barrier = model.copy();
            while (!future.isDone()) {
                change(20);
            }
            final long checkpointId = future.get(60, TimeUnit.SECONDS).checkpointId();
            files.heal();
            barrier.compareCheckpoint(files, directory, checkpointId, replay);
            lastId = checkpointId;
            lastCompared = barrier;
            succeeded++;
        } catch (final ExecutionException | StateStoreException e) {
            failed++;
        }
        files.heal();
        if (store.stateStore().failure() != null) {
            reopen(barrier);
        }
    }

    private void change(final int count) {
        for (int i = 0; i < count; i++) {
            model.change(random, longs, bytes, KEYS);
        }
    }

    /** A store that stopped shows its last checkpoint after reopening, or the one that it could not confirm. */
    private void reopen(final CheckpointContents unconfirmed) {
        stopped++;
        store.close();
        files.heal();
        open();
        final long found = store.recoveryReport().checkpointId();
        if (found > lastId && unconfirmed != null) {
            lastId = found;
            lastCompared = unconfirmed;
        }
        assertThat(found).as(replay).isEqualTo(lastId);
        lastCompared.compare(longs, bytes, replay);
        model = lastCompared.copy();
    }
}
