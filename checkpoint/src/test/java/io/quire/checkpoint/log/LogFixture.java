/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.Durability;
import io.quire.store.changelog.ChangeLog;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.ConsumerSignal;
import io.quire.store.changelog.FailStop;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.IdleStrategy;

/**
 * A log with everything that belongs to it, opened, written, killed and opened again by a test. The agent is stepped by
 * hand; when the ring is full the writer's idle strategy steps it.
 */
final class LogFixture implements AutoCloseable {
    static final UUID STORE_ID = new UUID(0x0123456789ABCDEFL, 0xFEDCBA9876543210L);

    private final Path root;
    final Path directory;
    final Path ringPath;
    StoreFiles files = new DiskStoreFiles();
    LogSettings settings = LogSettings.defaults(Durability.PROCESS)
            .withSegmentLength(256 * 1024)
            .withPreallocationLength(32 * 1024)
            .withBatch(0, 0);
    int ringCapacity = ChangeRing.MIN_CAPACITY;
    long bootIdHash = 1001;
    int incarnationBits = 7;
    long checkpointPosition;
    boolean isLossAccepted;
    boolean isRingExpected;

    LogReplayReport report;
    final List<Change> replayed = new ArrayList<>();
    final List<Long> replayedGroupEnds = new ArrayList<>();
    FailStop failStop;
    LogWriter writer;
    ChangeRing ring;
    LogAgent agent;
    ChangeLog log;

    LogFixture(final Path root) {
        this.root = root;
        directory = root.resolve("log");
        ringPath = root.resolve("ring");
    }

    /** Replays only; changes nothing. */
    LogRecovery replay() {
        replayed.clear();
        replayedGroupEnds.clear();
        final LogRecovery recovery = new LogRecovery(files, directory, STORE_ID, bootIdHash, settings);
        boolean isComplete = false;
        try {
            report = recovery.expectRing(isRingExpected)
                    .replay(
                            checkpointPosition,
                            checkpointPosition > 0,
                            isLossAccepted,
                            List.of(root.resolve("elsewhere"), ringPath),
                            new Change.Recorder(replayed, replayedGroupEnds),
                            LogProgress.NONE);
            isComplete = true;
            return recovery;
        } finally {
            if (!isComplete) {
                recovery.close();
            }
        }
    }

    LogFixture open() {
        try (LogRecovery recovery = replay()) {
            writer = recovery.startWriting(incarnationBits++);
        }
        start();
        return this;
    }

    /** What follows recovery: a new ring, the agent, the writer's end. */
    void start() {
        failStop = new FailStop();
        ring = ChangeRing.create(ringPath, STORE_ID, bootIdHash, writer.incarnation(), ringCapacity, writer.position());
        agent = new LogAgent(ring, writer, settings, failStop, ConsumerSignal.NONE, System::nanoTime);
        log = new ChangeLog(ring, failStop, new SteppingIdleStrategy(), ConsumerSignal.NONE, System::nanoTime);
    }

    /** What a kill leaves: files and ring as they are. */
    void kill() {
        if (writer != null) {
            writer.close();
            ring.close();
        }
        writer = null;
    }

    /** A kill and an open after a checkpoint of everything: the log was forced for it, and goes on behind. */
    LogFixture checkpointAndReopen() {
        final long before = checkpointPosition;
        checkpointPosition = log.position();
        force();
        kill();
        open();
        checkpointPosition = before;
        return this;
    }

    /** Writes and forces what is in the ring. */
    void force() {
        agent.durableFuture(log.position());
        agent.doWork();
    }

    /** Shuts down in order. */
    void shutDown() {
        agent.onClose();
        ring.close();
        ChangeRing.delete(ringPath);
        writer = null;
    }

    void put(final long key, final byte[] value) {
        log.putLongBytes(1, key, value, RawMemory.ARRAY_OFFSET, value.length);
    }

    /** Keys of the puts of longs replayed. */
    List<Long> replayedLongs() {
        return replayed.stream().map(Change::keyAsLong).toList();
    }

    List<Path> segments() {
        return files.list(directory).stream()
                .filter(name -> LogSegmentDescriptor.startPosition(name) >= 0)
                .map(directory::resolve)
                .toList();
    }

    @Override
    public void close() {
        kill();
    }

    private final class SteppingIdleStrategy implements IdleStrategy {
        @Override
        public void idle(final int workCount) {
            agent.doWork();
        }

        @Override
        public void idle() {
            agent.doWork();
        }

        @Override
        public void reset() {}
    }
}
