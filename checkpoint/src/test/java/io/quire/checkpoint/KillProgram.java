/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.Durability;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.agrona.concurrent.EpochClock;

/**
 * A process to be killed: opens a store, checks that it is the state after exactly so many operations as its source
 * position says, and goes on with operations i = 1, 2, ..., and a checkpoint now and then. On a {@link KillBoard} it
 * counts what was begun and what has returned.
 */
abstract class KillProgram {
    private static final int CHECKPOINT_EVERY = 700;

    private final DurableStateStore store;

    KillProgram(final DurableStateStore store) {
        this.store = store;
    }

    /** Checks everything there is; returns how many operations it is the state after. */
    abstract long check();

    /** Does an operation, all or none of it. */
    abstract void apply(long i);

    /** {@return after how many operations a checkpoint is begun} */
    int checkpointEvery() {
        return CHECKPOINT_EVERY;
    }

    /** As {@link #run(String[], EpochClock, Function)}, for states without a time to live. */
    static void run(final String[] args, final Function<DurableStateStore, KillProgram> programOf) {
        run(args, System::currentTimeMillis, programOf);
    }

    /** Arguments: directory of the store, directory on a memory file system, board, durability. */
    static void run(
            final String[] args,
            final EpochClock expiryClock,
            final Function<DurableStateStore, KillProgram> programOf) {
        try (KillBoard board = new KillBoard(Path.of(args[2]))) {
            board.phase(KillBoard.OPENING);
            final long startNs = System.nanoTime();
            try (DurableStateStore store =
                    DurableStateStore.open(context(Path.of(args[0]), Path.of(args[1]), Durability.valueOf(args[3]))
                            .expiryClock(expiryClock))) {
                board.openNs(System.nanoTime() - startNs);
                final KillProgram program = programOf.apply(store);
                final long recovered = program.check();
                board.recovered(recovered);
                board.issued(recovered);
                board.acknowledged(recovered);
                board.phase(KillBoard.WRITING);
                program.write(board, recovered);
            }
            board.phase(KillBoard.CLOSED);
        }
    }

    private static DurableStoreContext context(final Path directory, final Path shared, final Durability durability) {
        return new DurableStoreContext()
                .directory(directory)
                .sharedMemoryDirectory(shared)
                .windowShift(20)
                .durability(durability)
                .changeRingLength(64 * 1024)
                .logSegmentLength(128 * 1024)
                .compressLog(true)
                .chainLengthMax(3)
                .checkpointIntervalNs(0);
    }

    private void write(final KillBoard board, final long from) {
        CompletableFuture<CheckpointInfo> checkpoint = CompletableFuture.completedFuture(null);
        long checkpointStartNs = 0;
        for (long i = from + 1; !board.isStopRequested(); i++) {
            board.issued(i);
            apply(i);
            board.acknowledged(i);
            if (checkpoint.isDone() && board.phase() == KillBoard.CHECKPOINTING) {
                checkpoint.join(); // throws if it has failed
                board.checkpointed(System.nanoTime() - checkpointStartNs);
                board.phase(KillBoard.WRITING);
            }
            if (i % checkpointEvery() == 0 && checkpoint.isDone()) {
                checkpointStartNs = System.nanoTime();
                board.phase(KillBoard.CHECKPOINTING);
                checkpoint = store.checkpoint();
            }
        }
    }

    static void expect(final String what, final long expected, final long found) {
        if (expected != found) {
            throw new AssertionError(what + ": expected=" + expected + " found=" + found);
        }
    }
}
