/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Kills a {@link KillProgram} with SIGKILL again and again: a third of the kills aim at writing, a third at a
 * checkpoint, a third at recovery. What had been acknowledged is counted from outside, on a {@link KillBoard}. Every
 * open that comes to its end must find a state after at least as many operations as were acknowledged and at most as
 * many as were issued.
 */
final class KillCampaign implements AutoCloseable {
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(120);
    private static final int COMPLETED_MAX = 3; // checkpoints that a child completes before it is killed in one
    private static final int CLOSE_EVERY = 50;
    private static final int VERIFY_EVERY = 100;

    /** What a kill aims at, and, by the board, what it has hit. */
    enum Aim {
        WRITING,
        CHECKPOINT,
        RECOVERY
    }

    private final Class<? extends KillProgram> program;
    private final Path directory;
    private final Path shared;
    private final Durability durability;
    private final Random random;
    private final Path errorFile;
    private final Path boardFile;
    private final KillBoard board;
    private final Map<Aim, Integer> hits = new EnumMap<>(Aim.class);
    private int cycleCount;
    private int openCount;
    private int closeCount;
    private int verifyCount;
    private long meanOpenNs = TimeUnit.MILLISECONDS.toNanos(100);
    private long meanCheckpointNs = TimeUnit.MILLISECONDS.toNanos(20);

    KillCampaign(
            final Class<? extends KillProgram> program,
            final Path root,
            final Path shared,
            final Durability durability,
            final long seed) {
        this.program = program;
        directory = root.resolve("store");
        this.shared = shared;
        this.durability = durability;
        random = new Random(seed);
        errorFile = root.resolve("child.err");
        boardFile = root.resolve("board");
        board = new KillBoard(boardFile);
        board.recovered(0);
        for (final Aim aim : Aim.values()) {
            hits.put(aim, 0);
        }
    }

    /** Starts, kills and counts once. */
    void cycle() throws IOException, InterruptedException {
        final Aim aim = Aim.values()[cycleCount % Aim.values().length];
        final long acknowledged = board.acknowledged();
        final long issued = board.issued();
        board.recovered(-1);
        board.phase(KillBoard.STARTING);
        final Process child = ChildJvm.start(
                program, errorFile, directory.toString(), shared.toString(), boardFile.toString(), durability.name());
        try {
            awaitTarget(child, aim);
            if (cycleCount % CLOSE_EVERY == CLOSE_EVERY - 1 && aim != Aim.RECOVERY) {
                closeInOrder(child);
            } else {
                child.toHandle().destroyForcibly();
            }
            if (!child.waitFor(PATIENCE_NS, TimeUnit.NANOSECONDS)) {
                throw new AssertionError("a child does not end");
            }
        } finally {
            child.toHandle().destroyForcibly();
        }
        count();
        final long recovered = board.recovered();
        if (recovered == -1) {
            return; // killed before it had recovered: the next one is held to the same
        }
        openCount++;
        if (recovered < acknowledged || recovered > issued) {
            throw new AssertionError("cycle=" + cycleCount + " acknowledged=" + acknowledged + " issued=" + issued
                    + " recovered=" + recovered);
        }
        if (cycleCount % VERIFY_EVERY == 0) {
            verify();
        }
    }

    private void awaitTarget(final Process child, final Aim aim) throws IOException, InterruptedException {
        switch (aim) {
            case RECOVERY -> {
                await(child, () -> board.phase() >= KillBoard.OPENING);
                pause(meanOpenNs + meanOpenNs / 4);
            }
            case CHECKPOINT -> {
                final long target = board.checkpointCount() + random.nextInt(COMPLETED_MAX + 1);
                await(child, () -> board.checkpointCount() >= target);
                await(child, () -> board.phase() == KillBoard.CHECKPOINTING);
                noteOpen();
                pause(meanCheckpointNs + meanCheckpointNs / 4);
            }
            default -> {
                await(child, () -> board.phase() >= KillBoard.WRITING);
                noteOpen();
                pause(TimeUnit.MILLISECONDS.toNanos(30));
            }
        }
    }

    private void await(final Process child, final BooleanSupplier condition) throws IOException, InterruptedException {
        final long deadline = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            if (!child.isAlive()) {
                throw new AssertionError("cycle=" + cycleCount + " " + ChildJvm.lastWords(child, errorFile));
            }
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("cycle=" + cycleCount + " the child hangs in phase " + board.phase());
            }
            LockSupport.parkNanos(50_000);
        }
    }

    private void pause(final long nsMax) {
        final long deadline = System.nanoTime() + (long) (random.nextDouble() * nsMax);
        while (System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(Math.min(50_000, Math.max(1, deadline - System.nanoTime())));
        }
    }

    private void noteOpen() {
        meanOpenNs += (board.openNs() - meanOpenNs) / 8;
        if (board.checkpointNs() > 0) {
            meanCheckpointNs += (board.checkpointNs() - meanCheckpointNs) / 8;
        }
    }

    private void closeInOrder(final Process child) throws IOException, InterruptedException {
        board.requestStop(true);
        if (!child.waitFor(PATIENCE_NS, TimeUnit.NANOSECONDS) || child.exitValue() != 0) {
            throw new AssertionError("cycle=" + cycleCount + " " + ChildJvm.lastWords(child, errorFile));
        }
        board.requestStop(false);
        closeCount++;
    }

    private void count() {
        cycleCount++;
        final long phase = board.phase();
        if (phase != KillBoard.CLOSED) {
            final Aim hit = phase <= KillBoard.OPENING
                    ? Aim.RECOVERY
                    : phase == KillBoard.WRITING ? Aim.WRITING : Aim.CHECKPOINT;
            hits.merge(hit, 1, Integer::sum);
        }
    }

    private void verify() {
        final StoreVerifier.Report report = new StoreVerifier(directory, ProgressListener.NONE).verify(true);
        if (!report.problems().isEmpty()) {
            throw new AssertionError("cycle=" + cycleCount + " problems=" + report.problems());
        }
        verifyCount++;
    }

    int hits(final Aim aim) {
        return hits.get(aim);
    }

    int openCount() {
        return openCount;
    }

    @Override
    public String toString() {
        return cycleCount + " cycles: killed while writing " + hits.get(Aim.WRITING) + ", in a checkpoint "
                + hits.get(Aim.CHECKPOINT) + ", in recovery " + hits.get(Aim.RECOVERY) + ", closed in order "
                + closeCount
                + "; opens that found what was acknowledged " + openCount + ", whole stores verified " + verifyCount
                + "; operations " + board.acknowledged() + ", checkpoints completed " + board.checkpointCount()
                + "; open " + TimeUnit.NANOSECONDS.toMillis(meanOpenNs) + " ms, checkpoint "
                + TimeUnit.NANOSECONDS.toMillis(meanCheckpointNs) + " ms";
    }

    @Override
    public void close() {
        board.close();
    }

    /**
     * Runs until a number of cycles or a time is over; exit code 1 when anything was lost.
     *
     * @param args directory, directory on a memory file system, durability, cycles, seconds, seed, and what it
     *     writes: plain, typed, evolving or oversized
     */
    @SuppressWarnings("SystemOut")
    public static void main(final String[] args) throws IOException, InterruptedException {
        final Path root = Path.of(args[0]);
        final Path shared = Path.of(args[1]);
        Files.createDirectories(root);
        final int cycles = Integer.parseInt(args[3]);
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(args[4]));
        final long seed = Long.parseLong(args[5]);
        System.out.println("seed=" + seed + " durability=" + args[2] + " java=" + System.getProperty("java.version")
                + " kernel=" + System.getProperty("os.version") + " file system="
                + Files.getFileStore(root).type() + " ring on="
                + Files.getFileStore(shared).type());
        final Class<? extends KillProgram> program = switch (args[6]) {
            case "plain" -> KillWriter.class;
            case "typed" -> TypedKillWriter.class;
            case "evolving" -> EvolvingKillWriter.class;
            case "oversized" -> OversizedKillWriter.class;
            default -> throw new IllegalArgumentException("writes: plain, typed, evolving or oversized: " + args[6]);
        };
        try (KillCampaign campaign = new KillCampaign(program, root, shared, Durability.valueOf(args[2]), seed)) {
            while (campaign.cycleCount < cycles && System.nanoTime() - deadline < 0) {
                campaign.cycle();
                if (campaign.cycleCount % 100 == 0) {
                    System.out.println(campaign);
                }
            }
            System.out.println(campaign);
            System.out.println("nothing was lost: a rate of failures of 3/" + campaign.cycleCount + " at most (95 %)");
        }
    }
}
