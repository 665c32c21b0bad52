/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.CheckpointFileIdentity;
import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.block.CheckpointFileSettings;
import io.quire.checkpoint.block.CheckpointFileWriter;
import io.quire.checkpoint.io.Threads;
import io.quire.checkpoint.manifest.CheckpointCut;
import io.quire.checkpoint.manifest.MemoryLayout;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.store.StateStore;
import io.quire.store.WriterDuty;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PagedMemory;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Takes checkpoints: asks the writer for the barrier when one is due, and does everything after it on a thread of its
 * own, one checkpoint at a time.
 *
 * <p>A checkpoint that fails or takes too long leaves the earlier ones as they are; its file is removed and its pages
 * are part of the next.
 *
 * <p>At a barrier the writer takes no lock, and wakes this thread only if it sleeps for long: between asking for a
 * barrier and getting it this thread looks by itself.
 *
 * <p>Threading: {@link #takeDueBarrier} and {@link #checkpointByWriter} by the writer, the rest from any thread.
 */
final class Checkpointer implements Runnable {
    private static final int CAPTURE_LIMIT = 256;
    private static final long FORCE_LENGTH = 16L * 1024 * 1024;
    private static final long WAIT_NS_MAX = TimeUnit.SECONDS.toNanos(3600);
    private static final long LOOK_NS_MIN = TimeUnit.MICROSECONDS.toNanos(50);
    private static final int LOOKS_MAX = 9; // each twice as long as the one before: about 25 ms together
    private static final long ASKED_WAIT_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long BLOCKED_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long MERGE_LOOK_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final StateStore store;
    private final PagedMemory memory;
    private final PublishedCheckpoints published;
    private final CheckpointStorage storage;
    private final Path directory;
    private final UUID storeId;
    private final CheckpointFileSettings fileSettings;
    private final CheckpointThrottle throttle;
    private final CheckpointLog log;
    private final MergeRunner merger;
    private final long intervalNs;
    private final long minPauseNs;
    private final long timeoutNs;
    private final int tolerableFailures;
    private final CheckpointRequests requests;
    private final Thread thread;
    private final Consumer<Thread> threadStarter;

    private final AtomicReference<CheckpointTask> task = new AtomicReference<>();
    private volatile boolean underway;
    private volatile boolean due;
    private volatile long dueNs;
    private volatile boolean asleep;
    private volatile Thread blockedWriter;
    private volatile long lastStartNs = System.nanoTime();
    private volatile long lastEndNs = lastStartNs;
    private volatile boolean running = true;
    private volatile boolean hurried;
    private volatile boolean ended;
    private volatile CheckpointPhase phase = CheckpointPhase.REST;
    private volatile CheckpointInfo last;
    private volatile long completedCount;
    private volatile long failedCount;
    private volatile int failedInARow;
    private volatile long rawBytes;
    private volatile long storedBytes;
    private volatile long bytesWritten;
    private volatile long mergeWaitNs; // written by this thread only
    private volatile Throwable lastFailure;

    /** Made while there is memory; what there was none for is {@link #lastFailure}. */
    private final CheckpointFailedException withoutWords =
            new CheckpointFailedException("checkpoint failed: no memory at its barrier; retry when there is some");

    private CaptureCounts capturedBefore = CaptureCounts.NONE;
    private int looks;
    private CheckpointTask processed; // this thread's alone

    Checkpointer(
            final StateStore store,
            final PublishedCheckpoints published,
            final DurableStoreContext context,
            final Path directory,
            final CheckpointLog log,
            final CheckpointThrottle throttle,
            final MergeRunner merger) {
        this.store = store;
        memory = store.memory();
        this.published = published;
        storage = published.storage();
        this.directory = directory;
        storeId = published.newest().storeId();
        fileSettings = fileSettings(context);
        this.log = log;
        this.throttle = throttle;
        this.merger = merger;
        intervalNs = context.checkpointIntervalNs();
        minPauseNs = context.minPauseBetweenCheckpointsNs();
        timeoutNs = context.checkpointTimeoutNs();
        tolerableFailures = context.tolerableFailedCheckpoints();
        requests = new CheckpointRequests(timeoutNs, () -> "directory=" + directory + " phase=" + phase);
        thread = new Thread(this, "quire-checkpointer");
        thread.setDaemon(true);
        threadStarter = context.threadStarter();
    }

    /** Whoever wants no more than a core to be used does not want a second one to be. */
    private static CheckpointFileSettings fileSettings(final DurableStoreContext context) {
        final CheckpointFileSettings settings =
                CheckpointFileSettings.defaults().withCompression(context.compressCheckpoints());
        return context.checkpointCpuShare() <= 1
                ? settings
                : settings.withForceLength(FORCE_LENGTH).withBehindStarter(context.threadStarter());
    }

    void start() {
        threadStarter.accept(thread);
    }

    /** The logger is looked up when there is something to say: that takes a young JVM longer than to open a store. */
    private static void log(final Level level, final String message, final Throwable cause) {
        System.getLogger(Checkpointer.class.getName()).log(level, message, cause);
    }

    /** Says that the store is about to be closed: only a chain that is far too long is waited for then. */
    void hurry() {
        hurried = true;
    }

    CheckpointPhase phase() {
        return phase;
    }

    /** {@return whether a checkpoint is between its barrier and its end} */
    boolean underway() {
        return underway;
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

    int failedInARow() {
        return failedInARow;
    }

    long rawBytes() {
        return rawBytes;
    }

    long storedBytes() {
        return storedBytes;
    }

    long bytesWritten() {
        return bytesWritten;
    }

    long mergeWaitNs() {
        return mergeWaitNs;
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
                if (store.failure() != null) { // as this barrier's failure was one too many
                    throw failedBefore(store.failure());
                }
            }

            @Override
            public void failed(final Throwable cause) {
                abandonWaiting(failedBefore(cause));
            }
        };
    }

    private void abandonWaiting(final RuntimeException cause) {
        CheckpointRequest.failAll(requests.takeAll(), cause);
    }

    /** Asks for a checkpoint whose barrier the writer takes at its next operation. */
    CompletableFuture<CheckpointInfo> request() {
        final CompletableFuture<CheckpointInfo> future = add();
        store.requestDuty();
        LockSupport.unpark(thread); // to look for the barrier from now on, so that the writer need not wake it
        return future;
    }

    private CompletableFuture<CheckpointInfo> add() {
        checkRunning();
        final CompletableFuture<CheckpointInfo> future = requests.add();
        if (!abandonWaitingIfEnded() && !underway) {
            phase = CheckpointPhase.PREPARE;
        }
        return future;
    }

    /** Answers those who asked between a check that the checkpointer is there, and its end. */
    private boolean abandonWaitingIfEnded() {
        if (ended) {
            abandonWaiting(closedBefore());
        }
        return ended;
    }

    private void checkRunning() {
        if (!running) {
            throw new StoreClosedException("the store is closed");
        }
    }

    private static StoreFailedException failedBefore(final Throwable cause) {
        return new StoreFailedException("the store is fail-stopped: " + cause.getMessage(), cause);
    }

    private static StoreClosedException closedBefore() {
        return new StoreClosedException("the store was closed before the checkpoint began");
    }

    /**
     * Takes the barrier of a checkpoint now, after the one under way, if any; when that one does not end in time, there
     * is no barrier and the checkpoint fails. By the writer, outside a batch.
     */
    CompletableFuture<CheckpointInfo> checkpointByWriter() {
        if (!awaitEnd()) {
            return CompletableFuture.failedFuture(new CheckpointFailedException(
                    "no checkpoint can begin, the one before does not end: timeoutNs=" + timeoutNs + " directory="
                            + directory + " phase=" + phase + "; nothing is lost, retry when the disk responds"));
        }
        checkRunning();
        // One that is asleep begins at once with what it is given, and limits its time first. Any other may be in a
        // callback of somebody who waits for this very checkpoint.
        if (!asleep) {
            final CompletableFuture<CheckpointInfo> future = add();
            takeDueBarrier();
            return future;
        }
        final CheckpointRequest request = requests.addWithoutLimit();
        takeDueBarrier();
        if (!requests.isEmpty() || ended) { // not taken by a barrier
            requests.limitTime(request);
            abandonWaitingIfEnded();
        }
        return request.future();
    }

    private boolean awaitEnd() {
        final long startNs = System.nanoTime();
        boolean interrupted = false;
        blockedWriter = Thread.currentThread();
        while (underway && System.nanoTime() - startNs < timeoutNs) {
            LockSupport.parkNanos(this, BLOCKED_NS);
            interrupted |= Thread.interrupted(); // it would keep the thread from parking
        }
        blockedWriter = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !underway;
    }

    /**
     * Takes the barrier if a checkpoint is due or asked for and none is under way. By the writer, between operations.
     * Nothing in here waits for another thread. Whether the store has failed is looked at here, with the role: before
     * the caller had it a writer may have failed in the middle of a change, and ended. A barrier that fails, for lack
     * of memory, say, is a failed checkpoint like any other: what would have been sealed is part of the next.
     */
    void takeDueBarrier() {
        if (underway || !running || (!due && requests.isEmpty())) {
            return;
        }
        if (store.failure() != null || store.closed()) {
            abandonWaiting(store.failure() == null ? closedBefore() : failedBefore(store.failure()));
            return;
        }
        final long startNs = System.nanoTime();
        final long askedNs = due ? dueNs : startNs;
        due = false;
        underway = true;
        final CheckpointRequest taken = requests.takeAll();
        try {
            takeBarrier(taken, askedNs, startNs);
        } catch (final Throwable e) {
            underway = false; // whatever the next lines may lack
            CheckpointFailedException failure = withoutWords;
            try {
                failure = failed(e);
            } catch (final VirtualMachineError again) { // no memory to say more; it is counted
                lastFailure = again;
            }
            finished(taken, null, failure);
        }
    }

    /** What need not be done here, on the writer's time and with cold caches, the checkpointer does afterwards. */
    private void takeBarrier(final CheckpointRequest taken, final long askedNs, final long startNs) {
        lastStartNs = startNs;
        store.expiryClock().record(memory.changed(), false);
        final long logPosition = log.position();
        if (!memory.changed() && logPosition == published.newest().cut().logPosition()) {
            finished(taken, unchanged(logPosition), null);
            return;
        }
        final int pageLimit = memory.pageLimit();
        final PageCapture capture = memory.seal(timeoutNs);
        CheckpointTask next = null;
        try {
            next = new CheckpointTask(
                    capture,
                    taken,
                    logPosition,
                    pageLimit,
                    memory.freedExtentCount(),
                    askedNs,
                    startNs,
                    System.nanoTime() - startNs);
        } finally {
            if (next == null) {
                giveUp(capture); // or the writer would wait for room in the pool
            }
        }
        task.set(next);
        if (asleep) {
            LockSupport.unpark(thread);
        }
        if (ended && task.compareAndSet(next, null)) { // nobody is there to take it
            giveUp(capture);
            finished(taken, null, new CheckpointFailedException("the store is being closed", closedBefore()));
        }
    }

    private static void giveUp(final PageCapture capture) {
        capture.discard();
        capture.end();
    }

    private CheckpointInfo unchanged(final long logPosition) {
        final CheckpointCut cut = published.newest().cut();
        return new CheckpointInfo(
                cut.checkpointId(), cut.takenAtMs(), logPosition, 0, 0, 0, 0, 0, CaptureCounts.NONE, 0, 0, 0, 0, 0);
    }

    private void finished(
            final CheckpointRequest taken, final CheckpointInfo info, final CheckpointFailedException failure) {
        lastEndNs = System.nanoTime();
        phase = CheckpointPhase.REST;
        underway = false;
        LockSupport.unpark(blockedWriter);
        if (asleep) { // when nothing had changed, the writer has answered by itself
            LockSupport.unpark(thread);
        }
        // Whoever asked before the line above has either been seen by the writer or is seen here.
        if (due || !requests.isEmpty()) {
            phase = CheckpointPhase.PREPARE;
            store.requestDuty();
        }
        if (failure == null) {
            CheckpointRequest.complete(taken, info);
        } else {
            CheckpointRequest.failAll(taken, failure);
        }
    }

    /** Loads the class that a barrier needs and nothing before it does: loading it would be the writer's time. */
    private static void loadBarrier() {
        new CheckpointTask(null, null, 0, 0, 0, 0, 0, 0).prepareNs();
    }

    @Override
    public void run() {
        try {
            loadBarrier();
            while (running || task.get() != null) {
                final CheckpointTask next = task.getAndSet(null);
                if (next != null) {
                    looks = 0;
                    processed = next;
                    process(next);
                    processed = null;
                } else {
                    await();
                }
            }
        } catch (final Throwable e) {
            store.fail(e); // a store that takes no checkpoints any more must not go on as if it did
            log(Level.ERROR, "checkpointing has ended: directory=" + directory, e);
        } finally {
            ended = true;
            abandon(processed);
            abandon(task.getAndSet(null));
            abandonWaiting(closedBefore());
        }
    }

    /** Nobody goes on with it: its writer waits for no room, and who asked for it is answered. */
    private void abandon(final CheckpointTask left) {
        if (left != null) {
            giveUp(left.capture());
            final Throwable cause = store.failure();
            CheckpointRequest.failAll(left.requests(), cause == null ? closedBefore() : failedBefore(cause));
        }
    }

    private void await() {
        takeBarrierForNobody();
        final boolean asked = due || !requests.isEmpty();
        final long now = System.nanoTime();
        boolean forMerge = false;
        long waitNs = WAIT_NS_MAX;
        if (asked) { // the writer's thread may end without giving its role up, which wakes nobody
            waitNs = looks < LOOKS_MAX ? LOOK_NS_MIN << looks++ : ASKED_WAIT_NS;
        } else if (intervalNs > 0) {
            waitNs = Math.max(lastStartNs + intervalNs - now, lastEndNs + minPauseNs - now);
            if (waitNs <= 0) {
                forMerge = -waitNs < timeoutNs / 2 && merger.behind(); // a merge may take for ever
                waitNs = forMerge ? BLOCKED_NS : ask(now);
            }
        }
        asleep = waitNs >= BLOCKED_NS;
        if (task.get() == null && running) {
            LockSupport.parkNanos(this, waitNs);
        }
        asleep = false;
        if (forMerge) {
            mergeWaitNs = mergeWaitNs + System.nanoTime() - now;
        }
        Thread.interrupted(); // means nothing here and would keep the thread from parking and its files open
    }

    /** While nobody is the writer, this thread is, for the moment of a barrier that was asked for. */
    private void takeBarrierForNobody() {
        if (underway || (!due && requests.isEmpty()) || !store.claimBriefly()) {
            return;
        }
        try {
            takeDueBarrier();
        } finally {
            store.endBriefClaim();
        }
    }

    private long ask(final long now) {
        looks = 0;
        dueNs = now;
        due = true;
        phase = CheckpointPhase.PREPARE;
        store.requestDuty();
        return LOOK_NS_MIN;
    }

    private void limitTimes(final CheckpointTask current) {
        try {
            requests.limitTimes(current.requests());
        } catch (final OutOfMemoryError e) { // for a timer only
            log(Level.WARNING, "who waits for a checkpoint waits without a limit: directory=" + directory, e);
        }
    }

    private void process(final CheckpointTask current) {
        CheckpointInfo info = null;
        CheckpointFailedException failure = null;
        CheckpointEvent event = null;
        try {
            limitTimes(current);
            event = FlightEvents.beginCheckpoint();
            info = write(current);
            succeeded(info);
        } catch (final Throwable e) {
            giveUp(current.capture());
            takeCaptured(current.capture());
            failure = failed(e);
        }
        FlightEvents.end(event, info, failure, published.newest());
        if (info != null) {
            merger.wake(current.freedExtents());
            awaitMerging(current);
        }
        finished(current.requests(), info, failure);
    }

    /**
     * Checkpoints on demand come as fast as somebody asks for them, and merging may not: then this one ends only when
     * merging has caught up, since the next cannot begin before. No page is being captured meanwhile, so the writer
     * waits only if it asks for the next. Given up after half the time that a checkpoint may take. The last one of a
     * session waits only when the chain has become far too long, as it does when no session lasts as long as its merge.
     */
    private void awaitMerging(final CheckpointTask current) {
        final long beginNs = System.nanoTime();
        boolean waited = false;
        while (running
                && (hurried ? merger.isChainFarTooLong() : merger.farBehind())
                && System.nanoTime() - current.startNs() < timeoutNs / 2) {
            LockSupport.parkNanos(this, MERGE_LOOK_NS);
            Thread.interrupted(); // means nothing here and would keep the thread from parking
            waited = true;
        }
        if (waited) {
            mergeWaitNs = mergeWaitNs + System.nanoTime() - beginNs;
        }
    }

    /** Counts are written by who has the checkpoint in hand. */
    private void succeeded(final CheckpointInfo info) {
        last = info;
        completedCount = completedCount + 1;
        failedInARow = 0;
        rawBytes = rawBytes + info.rawBytes();
        storedBytes = storedBytes + info.storedBytes();
        bytesWritten = bytesWritten + info.bytesWritten();
    }

    private CheckpointInfo write(final CheckpointTask current) {
        final long checkpointId = published.nextCheckpointId();
        final CheckpointCut cut = new CheckpointCut(
                checkpointId, current.logPosition(), current.takenAtMs(System.currentTimeMillis(), System.nanoTime()));
        final MemoryLayout oldLayout = published.newest().layout();
        final MemoryLayout layout =
                new MemoryLayout(oldLayout.windowShift(), current.pageLimit(), oldLayout.hashSeed(), 0);
        final long number = published.fileNumbers().take();
        try {
            final CheckpointThrottle.Pace pace =
                    throttle.pace(() -> current.capture().poolShort() || !running, () -> checkInTime(current));
            final CheckpointFileInfo file;
            final CaptureCounts captured;
            final long capturedNs;
            phase = CheckpointPhase.CAPTURE;
            try (CheckpointFileWriter writer = CheckpointFileWriter.create(
                    storage,
                    new CheckpointFileIdentity(storeId, number, checkpointId, checkpointId),
                    fileSettings.withPacer(pace))) {
                capture(current.capture(), writer, pace);
                capturedNs = System.nanoTime();
                captured = takeCaptured(current.capture());
                phase = CheckpointPhase.FLUSH;
                file = writer.finish();
            }
            final long flushedNs = publish(current, cut, layout, file);
            return info(current, cut, file, captured, capturedNs, flushedNs);
        } finally {
            published.fileNumbers().release(number);
        }
    }

    private static CheckpointInfo info(
            final CheckpointTask current,
            final CheckpointCut cut,
            final CheckpointFileInfo file,
            final CaptureCounts captured,
            final long capturedNs,
            final long flushedNs) {
        return new CheckpointInfo(
                cut.checkpointId(),
                cut.takenAtMs(),
                cut.logPosition(),
                file.pageCount(),
                file.lineCount(),
                file.rawLength(),
                file.storedLength(),
                file.length(),
                captured,
                current.prepareNs(),
                current.barrierNs(),
                capturedNs - current.startNs(),
                flushedNs - capturedNs,
                System.nanoTime() - flushedNs);
    }

    private static void capture(
            final PageCapture capture, final CheckpointFileWriter writer, final CheckpointThrottle.Pace pace) {
        pace.begin();
        while (!capture.complete()) {
            if (capture.capture(CAPTURE_LIMIT, writer::append) == 0) {
                Thread.yield(); // the writer is in the middle of handing a page over
            }
            pace.worked();
        }
        capture.end();
    }

    /** What was captured since the capture before ended: while none is active nothing is. */
    private CaptureCounts takeCaptured(final PageCapture capture) {
        final CaptureCounts now = CaptureCounts.of(capture);
        final CaptureCounts since = now.minus(capturedBefore);
        capturedBefore = now;
        return since;
    }

    private void checkInTime(final CheckpointTask current) {
        final long spentNs = System.nanoTime() - current.startNs();
        if (spentNs > timeoutNs || current.capture().overdue()) { // then pages were changed that were not saved
            throw new CheckpointFailedException("timed out: spentNs=" + spentNs + " timeoutNs=" + timeoutNs);
        }
    }

    /**
     * Makes a complete file a checkpoint. A file that is part of none is deleted, unless a manifest that names it may
     * be on disk; what cannot be deleted goes after the next checkpoint.
     *
     * @return when everything was durable but the manifest
     */
    private long publish(
            final CheckpointTask current,
            final CheckpointCut cut,
            final MemoryLayout layout,
            final CheckpointFileInfo file) {
        try {
            awaitLog(current);
            final long flushedNs = System.nanoTime();
            phase = CheckpointPhase.PUBLISH;
            published.publishCheckpoint(cut, layout, file);
            return flushedNs;
        } catch (final RuntimeException | Error e) {
            if (!published.uncertain()) {
                delete(file, e);
            }
            throw e;
        }
    }

    private void delete(final CheckpointFileInfo file, final Throwable cause) {
        try {
            storage.delete(file.fileName());
        } catch (final RuntimeException suppressed) {
            cause.addSuppressed(suppressed);
        }
    }

    /**
     * Waits for the change log, and no longer than the checkpoint has time: once the manifest is being published there
     * is no way back.
     */
    private void awaitLog(final CheckpointTask current) {
        checkInTime(current);
        final long leftNs = timeoutNs - (System.nanoTime() - current.startNs());
        if (!log.awaitDurable(current.logPosition(), leftNs)) {
            throw new CheckpointFailedException("timed out: the change log is not durable up to the checkpoint:"
                    + " position=" + current.logPosition() + " timeoutNs=" + timeoutNs);
        }
        checkInTime(current);
    }

    /** Counts a failure; by who has the checkpoint in hand, which is one thread at a time. */
    private CheckpointFailedException failed(final Throwable cause) {
        failedCount = failedCount + 1;
        failedInARow = failedInARow + 1;
        lastFailure = cause;
        final CheckpointFailedException failure = new CheckpointFailedException(
                "checkpoint failed: directory=" + directory + " phase=" + phase + " cause: " + cause.getMessage()
                        + "; earlier checkpoints are intact and nothing is lost, retry when the cause is gone",
                cause);
        log(Level.WARNING, "checkpoint failed; its pages go with the next one", cause);
        if (published.uncertain()) {
            store.fail(cause);
        } else if (failedInARow > tolerableFailures) {
            store.fail(new CheckpointFailedException(
                    "more checkpoints failed in a row than are tolerable: failed=" + failedInARow + " tolerable="
                            + tolerableFailures + " last: " + failure.getMessage(),
                    cause));
        }
        return failure;
    }

    /** Finishes the checkpoint under way, refuses further ones and ends the thread. */
    void stop() {
        running = false;
        LockSupport.unpark(thread);
        Threads.join(thread);
        abandonWaiting(closedBefore());
    }
}
