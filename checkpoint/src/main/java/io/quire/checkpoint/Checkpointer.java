/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.CheckpointFileIdentity;
import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.block.CheckpointFileSettings;
import io.quire.checkpoint.block.CheckpointFileWriter;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.manifest.CheckpointCut;
import io.quire.checkpoint.manifest.MemoryLayout;
import io.quire.checkpoint.recovery.Threads;
import io.quire.store.StateStore;
import io.quire.store.WriterDuty;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PagedMemory;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Takes checkpoints: asks the writer for the barrier when one is due, and does everything after it on a thread of its
 * own, one checkpoint at a time.
 *
 * <p>A checkpoint that fails leaves the earlier ones as they are; its file is removed and its pages are part of the
 * next.
 *
 * <p>Threading: {@link #takeDueBarrier} and {@link #checkpointByWriter} by the writer, the rest from any thread.
 */
final class Checkpointer implements Runnable {
    private static final System.Logger LOG = System.getLogger(Checkpointer.class.getName());
    private static final int CAPTURE_LIMIT = 256;
    private static final long WAIT_NS_MAX = TimeUnit.SECONDS.toNanos(3600);

    private final StateStore store;
    private final PagedMemory memory;
    private final PublishedCheckpoints published;
    private final StoreFiles files;
    private final Path directory;
    private final UUID storeId;
    private final CheckpointFileSettings fileSettings;
    private final CheckpointLog log;
    private final LongSupplier clockMs;
    private final long intervalNs;
    private final Runnable afterPublish;
    private final Thread thread;

    private List<CompletableFuture<CheckpointInfo>> waiting = new ArrayList<>();
    private CheckpointTask task;
    private boolean underway;
    private boolean due;
    private volatile long lastStartNs = System.nanoTime();
    private volatile boolean running = true;
    private volatile CheckpointPhase phase = CheckpointPhase.REST;
    private volatile CheckpointInfo last;
    private volatile long completedCount;
    private volatile long failedCount;
    private volatile long bytesWritten;
    private volatile Throwable lastFailure;

    Checkpointer(
            final StateStore store,
            final PublishedCheckpoints published,
            final DurableStoreContext context,
            final Path directory,
            final CheckpointLog log,
            final Runnable afterPublish) {
        this.store = store;
        memory = store.memory();
        this.published = published;
        files = context.storeFiles();
        this.directory = directory;
        storeId = published.newest().storeId();
        fileSettings = CheckpointFileSettings.defaults().withCompression(context.compressCheckpoints());
        this.log = log;
        clockMs = System::currentTimeMillis;
        intervalNs = context.checkpointIntervalNs();
        this.afterPublish = afterPublish;
        thread = new Thread(this, "quire-checkpointer");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    CheckpointPhase phase() {
        return phase;
    }

    CheckpointInfo last() {
        return last;
    }

    long completedCount() {
        return completedCount;
    }

    long failedCount() {
        return failedCount;
    }

    long bytesWritten() {
        return bytesWritten;
    }

    Throwable lastFailure() {
        return lastFailure;
    }

    /** What the writer does for checkpoints between two operations. */
    WriterDuty duty() {
        return new WriterDuty() {
            @Override
            public void run() {
                takeDueBarrier();
            }

            @Override
            public void failed(final Throwable cause) {
                abandonWaiting(new StoreFailedException("the store is fail-stopped: " + cause.getMessage(), cause));
            }
        };
    }

    private void abandonWaiting(final RuntimeException cause) {
        final List<CompletableFuture<CheckpointInfo>> abandoned;
        synchronized (this) {
            abandoned = waiting;
            waiting = new ArrayList<>();
        }
        for (final CompletableFuture<CheckpointInfo> future : abandoned) {
            future.completeExceptionally(cause);
        }
    }

    /** Asks for a checkpoint whose barrier the writer takes at its next operation. */
    CompletableFuture<CheckpointInfo> request() {
        final CompletableFuture<CheckpointInfo> future = new CompletableFuture<>();
        synchronized (this) {
            if (!running) {
                throw new StoreClosedException("the store is closed");
            }
            waiting.add(future);
        }
        store.requestDuty();
        return future;
    }

    /** Takes the barrier of a checkpoint now, after the one under way, if any. By the writer, outside a batch. */
    CompletableFuture<CheckpointInfo> checkpointByWriter() {
        final CompletableFuture<CheckpointInfo> future = new CompletableFuture<>();
        boolean interrupted = false;
        synchronized (this) {
            while (underway) {
                try {
                    wait();
                } catch (final InterruptedException e) {
                    interrupted = true;
                }
            }
            if (!running) {
                throw new StoreClosedException("the store is closed");
            }
            waiting.add(future);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        takeDueBarrier();
        return future;
    }

    /**
     * Takes the barrier if a checkpoint is due or asked for and none is under way. By the writer, between operations.
     */
    void takeDueBarrier() {
        final List<CompletableFuture<CheckpointInfo>> futures;
        synchronized (this) {
            if (underway || !running || (waiting.isEmpty() && !due)) {
                return;
            }
            due = false;
            futures = waiting;
            waiting = new ArrayList<>();
            underway = true;
        }
        try {
            takeBarrier(futures);
        } catch (final Throwable e) {
            finished(futures, null, new CheckpointFailedException("barrier failed: " + e.getMessage(), e));
            throw e;
        }
    }

    private void takeBarrier(final List<CompletableFuture<CheckpointInfo>> futures) {
        final long startNs = System.nanoTime();
        lastStartNs = startNs;
        final long logPosition = log.position();
        if (!memory.changed() && logPosition == published.newest().cut().logPosition()) {
            finished(futures, unchanged(logPosition), null);
            return;
        }
        final int pageLimit = memory.pageLimit();
        final long nowMs = clockMs.getAsLong();
        final PageCapture capture = memory.seal();
        final long barrierNs = System.nanoTime() - startNs;
        synchronized (this) {
            task = new CheckpointTask(capture, futures, logPosition, pageLimit, nowMs, startNs, barrierNs);
        }
        LockSupport.unpark(thread);
    }

    private CheckpointInfo unchanged(final long logPosition) {
        final CheckpointCut cut = published.newest().cut();
        return new CheckpointInfo(cut.checkpointId(), cut.takenAtMs(), logPosition, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    private void finished(
            final List<CompletableFuture<CheckpointInfo>> futures,
            final CheckpointInfo info,
            final CheckpointFailedException failure) {
        final boolean more;
        synchronized (this) {
            underway = false;
            more = !waiting.isEmpty();
            notifyAll();
        }
        phase = more ? CheckpointPhase.PREPARE : CheckpointPhase.REST;
        if (more) {
            store.requestDuty();
        }
        for (final CompletableFuture<CheckpointInfo> future : futures) {
            if (failure == null) {
                future.complete(info);
            } else {
                future.completeExceptionally(failure);
            }
        }
    }

    @Override
    public void run() {
        while (running || taskReady()) {
            final CheckpointTask next = takeTask();
            if (next != null) {
                process(next);
            } else if (running) {
                await();
            }
        }
    }

    private synchronized boolean taskReady() {
        return task != null;
    }

    private synchronized CheckpointTask takeTask() {
        final CheckpointTask next = task;
        task = null;
        return next;
    }

    private void await() {
        final long now = System.nanoTime();
        long waitNs = WAIT_NS_MAX;
        if (intervalNs > 0) {
            waitNs = lastStartNs + intervalNs - now;
            if (waitNs <= 0) {
                waitNs = intervalNs; // asked; an idle writer need not be asked more often
                lastStartNs = now;
                synchronized (this) {
                    due = true;
                }
                phase = CheckpointPhase.PREPARE;
                store.requestDuty();
            }
        }
        if (!taskReady()) {
            LockSupport.parkNanos(this, waitNs);
        }
        Thread.interrupted(); // means nothing here and would keep the thread from parking and its files open
    }

    private void process(final CheckpointTask current) {
        CheckpointInfo info = null;
        CheckpointFailedException failure = null;
        try {
            info = write(current);
            last = info;
            completedCount = completedCount + 1; // written by this thread only
            bytesWritten = bytesWritten + info.bytesWritten();
        } catch (final Throwable e) {
            failure = failed(current, e);
        }
        finished(current.futures(), info, failure);
        if (info != null) {
            clearUp();
        }
    }

    private CheckpointInfo write(final CheckpointTask current) {
        final long checkpointId = published.newest().nextCheckpointId();
        final CheckpointCut cut = new CheckpointCut(checkpointId, current.logPosition(), current.takenAtMs());
        final MemoryLayout oldLayout = published.newest().layout();
        final MemoryLayout layout =
                new MemoryLayout(oldLayout.windowShift(), current.pageLimit(), oldLayout.hashSeed(), 0);
        final long number = published.fileNumbers().take();
        try {
            final CheckpointFileInfo file;
            final long capturedNs;
            try (CheckpointFileWriter writer = CheckpointFileWriter.create(
                    files,
                    directory,
                    new CheckpointFileIdentity(storeId, number, checkpointId, checkpointId),
                    fileSettings)) {
                phase = CheckpointPhase.CAPTURE;
                capture(current.capture(), writer);
                capturedNs = System.nanoTime();
                phase = CheckpointPhase.FLUSH;
                file = writer.finish();
                log.awaitDurable(current.logPosition());
            }
            final long flushedNs = System.nanoTime();
            phase = CheckpointPhase.PUBLISH;
            published.publishCheckpoint(cut, layout, file);
            return new CheckpointInfo(
                    checkpointId,
                    current.takenAtMs(),
                    current.logPosition(),
                    file.pageCount(),
                    file.lineCount(),
                    file.rawLength(),
                    file.length(),
                    current.barrierNs(),
                    capturedNs - current.startNs(),
                    flushedNs - capturedNs,
                    System.nanoTime() - flushedNs);
        } finally {
            published.fileNumbers().release(number);
        }
    }

    private static void capture(final PageCapture capture, final CheckpointFileWriter writer) {
        while (!capture.complete()) {
            if (capture.capture(CAPTURE_LIMIT, writer::append) == 0) {
                Thread.onSpinWait();
            }
        }
        capture.end();
    }

    private CheckpointFailedException failed(final CheckpointTask current, final Throwable cause) {
        current.capture().discard();
        current.capture().end();
        if (phase == CheckpointPhase.PUBLISH && cause instanceof StoreIoException) {
            // Which manifest is the newest on disk is not known now; only recovery can tell.
            store.fail(cause);
        }
        failedCount = failedCount + 1; // written by this thread only
        lastFailure = cause;
        LOG.log(Level.WARNING, "checkpoint failed; its pages go with the next one", cause);
        return new CheckpointFailedException(
                "checkpoint failed: directory=" + directory + " phase=" + phase + " cause: " + cause.getMessage()
                        + "; earlier checkpoints are intact and nothing is lost, retry when the cause is gone",
                cause);
    }

    private void clearUp() {
        try {
            log.deleteBefore(published.retain());
            afterPublish.run();
        } catch (final Throwable e) {
            // What was not deleted is found again by the next attempt.
            LOG.log(Level.WARNING, "old checkpoints or log segments could not be deleted: directory=" + directory, e);
        }
    }

    /** Finishes the checkpoint under way, refuses further ones and ends the thread. */
    void stop() {
        synchronized (this) {
            running = false;
            notifyAll();
        }
        LockSupport.unpark(thread);
        Threads.join(thread);
        abandonWaiting(new StoreClosedException("the store was closed before the checkpoint began"));
    }
}
