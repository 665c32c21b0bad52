/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.block.CheckpointFileSettings;
import io.quire.checkpoint.block.PageChain;
import io.quire.checkpoint.io.Threads;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.merge.CheckpointMerger;
import io.quire.checkpoint.merge.MergePolicy;
import io.quire.checkpoint.merge.MergeResult;
import io.quire.checkpoint.merge.MergeRun;
import io.quire.checkpoint.merge.PageFilter;
import io.quire.store.Durability;
import io.quire.store.StateStore;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.UsedExtents;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Clears up after checkpoints, on a thread of its own: deletes what they have superseded, which may take a file system
 * long, and keeps the chain of checkpoint files short. It merges what the policy names and publishes the result as
 * another manifest of the same checkpoint. Checkpoints go on meanwhile, and a merge rests while one is under way, and
 * while the state is still loaded in the background, unless the chain has become so long that it must not. A merge
 * that fails leaves everything as it was and is tried again after the next checkpoint. When a file is damaged or cannot
 * be read, newer ones are merged without it at once, and merges with it are tried after 2, 4, 8 checkpoints and so
 * on, 1024 at most. When there is no room for a merge with the base, deltas are merged alone, and the other is tried
 * again as soon as there is room.
 *
 * <p>A merge keeps only pages that the newest checkpoint uses. Its extent maps, which are among its pages, tell which.
 * That is sound for later checkpoints, too, on top of which the result may be published: whoever takes a free extent
 * writes all that will be read of it, so the lines are in the later checkpoint's own file. When so much was given back
 * that much of the base may be unused, the maps are looked at for that alone.
 *
 * <p>Threading: {@link #wake} and counters from any thread.
 */
final class MergeRunner implements Runnable {
    private static final long FORCE_LENGTH = 32L * 1024 * 1024;
    private static final int HURRY_FACTOR = 2;
    private static final int BEHIND_FACTOR = 4;
    private static final int FAR_BEHIND_FACTOR = 8;
    private static final int FAR_BEHIND_BASES = 2;
    private static final int UNCLEARED_MAX = 1;
    private static final int BEHIND_FILES_MIN = 3;
    private static final int SEGMENTS_RESERVED = 2;
    private static final int LEFT_ALONE_SHIFT_MAX = 10;
    private static final long ENTRY_LENGTH_MORE = 128; // most bytes of an entry, in block and index, besides its lines
    private static final long FILE_LENGTH_MORE = 64 * 1024; // most bytes of a file that are no entry's
    private static final long ROOM_LOOK_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long REST_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final StateStore store;
    private final PublishedCheckpoints published;
    private final CheckpointLog log;
    private final CheckpointMerger merger;
    private final MergePolicy policy;
    private final Path directory;
    private final int chainLengthMax;
    private final long logReserve;
    private final CheckpointThrottle.Pace pace;
    private final Thread thread;
    private final Consumer<Thread> threadStarter;
    private volatile BooleanSupplier mustRest = () -> false;
    private volatile long freedExtents; // ever, at the barrier of the newest checkpoint
    private long lookAtFreed; // when so many have been given back there may be something to drop
    private long lookedAtBase = -1; // file number of the base that is said of
    private long leftAloneFile = -1; // number of the newest file that is not merged for a while, nor those before it
    private long leftAloneUntil; // count of wakes
    private int failedInARow; // wakes with a failed merge of files that are left alone since
    private MergeRun attempted; // behind the files that are left alone, else null
    private boolean undeleted; // something superseded could not be deleted
    private volatile long roomNeeded; // bytes for a merge that found no room when it was tried last, else 0
    private volatile boolean running = true;
    private volatile boolean woken;
    private volatile boolean merging;
    private volatile boolean failing;
    private volatile boolean ended;
    private volatile long wakeCount; // written by the checkpointer only
    private volatile long clearedCount; // checkpoints cleared up after; written by this thread only
    private volatile long mergeCount;
    private volatile long failedCount;
    private volatile Throwable lastFailure;
    private volatile long bytesRead;
    private volatile long bytesWritten;
    private volatile long bytesCopied;

    /** A merge that is due, and which pages it keeps: null when all. */
    private record DueMerge(MergeRun run, UsedExtents used) {
        /** {@return bytes that the result may have} */
        long lengthMax() {
            final long length = run.length();
            return used == null
                    ? length
                    : Math.min(
                            length,
                            FILE_LENGTH_MORE + used.usedPageCount() * (PageDescriptor.PAGE_LENGTH + ENTRY_LENGTH_MORE));
        }
    }

    MergeRunner(
            final StateStore store,
            final PublishedCheckpoints published,
            final DurableStoreContext context,
            final Path directory,
            final CheckpointLog log,
            final CheckpointThrottle throttle) {
        this.store = store;
        this.published = published;
        this.log = log;
        this.directory = directory;
        policy = new MergePolicy(context.chainLengthMax(), MergePolicy.BASE_FRACTION_DEFAULT);
        chainLengthMax = context.chainLengthMax();
        logReserve = context.durability() == Durability.NONE ? 0 : SEGMENTS_RESERVED * context.logSegmentLength();
        pace = throttle.pace(() -> !running, () -> {});
        merger = new CheckpointMerger(
                published.storage(),
                published.newest().storeId(),
                published.fileNumbers(),
                CheckpointFileSettings.defaults()
                        .withCompression(context.compressCheckpoints())
                        .withForceLength(FORCE_LENGTH)
                        .withPacer(pace));
        thread = new Thread(this, "quire-merger");
        thread.setDaemon(true);
        threadStarter = context.threadStarter();
    }

    /**
     * Starts the thread.
     *
     * @param resting whether merging rests unless it is in a hurry, as while a checkpoint is under way
     * @param atOnce whether to merge what earlier sessions have left as soon as there is reason to, and not only after
     *     the next checkpoint
     */
    void start(final BooleanSupplier resting, final boolean atOnce) {
        mustRest = resting;
        published.onRelease(() -> LockSupport.unpark(thread));
        woken = atOnce && policy.choose(published.newest().files()).isPresent();
        threadStarter.accept(thread);
    }

    /**
     * {@return whether checkpoints come so much faster than they are merged that the next one should wait for the
     * merge, or for room for it, or the disk would fill with more than a few times the state}
     */
    boolean behind() {
        return (isUnderWay() || (roomNeeded > 0 && !ended)) && isLong(BEHIND_FACTOR, 1);
    }

    /**
     * {@return whether a checkpoint that somebody has asked for should not be followed by another before more is
     * merged, or what is superseded is deleted}
     */
    boolean farBehind() {
        return isChainFarTooLong() || (!ended && wakeCount - clearedCount > UNCLEARED_MAX);
    }

    /** {@return whether not even the last checkpoint of a session should be left unmerged} */
    boolean isChainFarTooLong() {
        return isUnderWay() && isLong(FAR_BEHIND_FACTOR, FAR_BEHIND_BASES);
    }

    private boolean isUnderWay() {
        return !failing && !ended && (merging || woken);
    }

    private boolean isLong(final int chainFactor, final int bases) {
        final List<CheckpointFileInfo> chain = published.newest().files();
        return chain.size() > chainFactor * chainLengthMax
                || (chain.size() >= BEHIND_FILES_MIN
                        && MergePolicy.deltasLength(chain)
                                >= bases * chain.get(0).length());
    }

    /**
     * Says that a checkpoint was published. By the checkpointer.
     *
     * @param freed extents ever given back, at its barrier
     */
    void wake(final long freed) {
        freedExtents = freed;
        wakeCount = wakeCount + 1;
        woken = true;
        LockSupport.unpark(thread);
    }

    long mergeCount() {
        return mergeCount;
    }

    long failedCount() {
        return failedCount;
    }

    Throwable lastFailure() {
        return lastFailure;
    }

    long bytesRead() {
        return bytesRead;
    }

    long bytesWritten() {
        return bytesWritten;
    }

    long bytesCopied() {
        return bytesCopied;
    }

    @Override
    public void run() {
        try {
            while (running) {
                if (woken) {
                    merging = true; // before it is not woken any more, so that it is behind in between, too
                    woken = false;
                    clearUp();
                    mergeWhatIsDue();
                } else {
                    clearUp(); // what was released
                    await();
                }
                Thread.interrupted(); // means nothing here, and would close the files this thread opens
            }
            clearUp();
        } catch (final Throwable e) { // what it says of a failure may fail, too
            store.fail(e); // nobody would merge and delete from now on, and checkpoints might wait for that
            log(Level.ERROR, "merging and clearing up have ended: directory=" + directory, e);
        } finally {
            ended = true;
        }
    }

    /** Waits to be woken, or for room. */
    private void await() {
        final long needed = roomNeeded;
        if (needed == 0) {
            LockSupport.park(this);
            return;
        }
        LockSupport.parkNanos(this, ROOM_LOOK_NS);
        try {
            if (published.storage().usableSpace() >= needed) {
                woken = true;
            }
        } catch (final RuntimeException e) {
            lastFailure = e; // as good as no room
        }
    }

    /** Deletes what checkpoints have superseded since the last time. What cannot be deleted stays for later. */
    private void clearUp() {
        final long count = wakeCount;
        final boolean isPublished = count > 0 || mergeCount > 0; // else there is nothing superseded
        final boolean isLast = !running && undeleted;
        if (count == clearedCount && !isLast && !(isPublished && published.takeReleased())) {
            return;
        }
        deleteSuperseded();
        clearedCount = count;
    }

    private void deleteSuperseded() {
        undeleted = false;
        try {
            log.deleteBefore(published.retain());
        } catch (final Throwable e) {
            undeleted = running; // once more at the end, if not before
            log(Level.WARNING, "old checkpoints or log segments could not be deleted: directory=" + directory, e);
        }
    }

    /** The logger is looked up when there is something to say: that takes a young JVM longer than to open a store. */
    private static void log(final Level level, final String message, final Throwable cause) {
        System.getLogger(MergeRunner.class.getName()).log(level, message, cause);
    }

    private void mergeWhatIsDue() {
        roomNeeded = 0;
        boolean newerOnly = false;
        boolean again = true;
        try {
            while (again) {
                try {
                    mergeAll(newerOnly);
                    failing = false;
                    again = false;
                } catch (final Throwable e) {
                    again = failed(e, newerOnly);
                    newerOnly = true;
                }
            }
        } finally {
            merging = false;
        }
    }

    private void mergeAll(final boolean newerOnly) {
        Optional<DueMerge> due = choose(newerOnly);
        while (running && due.isPresent() && merge(due.get())) {
            due = choose(newerOnly);
        }
    }

    /** Returns whether to merge newer files at once: fewer each time, so that it comes to an end. */
    private boolean failed(final Throwable cause, final boolean newerOnly) {
        failedCount = failedCount + 1; // written by this thread only
        lastFailure = cause;
        final boolean unreadable = isUnreadable(cause);
        final boolean lacksRoom = cause instanceof StoreFullException && roomNeeded > 0;
        if (unreadable) {
            leaveAlone(newerOnly);
        }
        final boolean again = (unreadable && (!newerOnly || attempted != null)) || (lacksRoom && !newerOnly);
        failing = !again && !lacksRoom;
        log(Level.WARNING, "merge failed, it will be tried again: directory=" + directory, cause);
        return again;
    }

    /** Whether it may be a file of the chain: what failed at the result or at a manifest is no reason to spare one. */
    private boolean isUnreadable(final Throwable cause) {
        return cause instanceof CorruptStoreException
                || (cause instanceof StoreIoException
                        && published.newest().files().stream()
                                .anyMatch(file ->
                                        String.valueOf(cause.getMessage()).contains(file.fileName())));
    }

    /**
     * Which file it was does not matter: the base is left alone for a while, which is part of all long merges, and
     * whose pages tell what is used; if it was another, what was to be merged.
     */
    private void leaveAlone(final boolean newerOnly) {
        final List<CheckpointFileInfo> chain = published.newest().files();
        if (leftAlone(chain) < 0) {
            leftAloneFile = numberOf(chain.get(0));
            failedInARow = 0;
        } else if (attempted != null) { // those behind that one
            leftAloneFile = numberOf(attempted.files().get(attempted.files().size() - 1));
        }
        if (!newerOnly) {
            failedInARow++;
        }
        leftAloneUntil = wakeCount + (1L << Math.min(failedInARow, LEFT_ALONE_SHIFT_MAX));
    }

    private static long numberOf(final CheckpointFileInfo file) {
        return file.identity().fileNumber();
    }

    /** {@return index of the newest file of a chain that merging leaves alone, negative when there is none} */
    private int leftAlone(final List<CheckpointFileInfo> chain) {
        int i = chain.size() - 1;
        while (i >= 0 && numberOf(chain.get(i)) != leftAloneFile) {
            i--;
        }
        return i;
    }

    private Optional<DueMerge> choose(final boolean newerOnly) {
        final long freed = freedExtents; // read first: the manifest is of this barrier or a later one
        final Manifest newest = published.newest();
        final List<CheckpointFileInfo> chain = newest.files();
        attempted = null;
        final int leftAlone = leftAlone(chain);
        if (newerOnly || (leftAlone >= 0 && wakeCount < leftAloneUntil)) {
            final Optional<MergeRun> deltas = policy.chooseDeltas(chain.subList(Math.max(0, leftAlone), chain.size()));
            attempted = deltas.orElse(null);
            return deltas.map(run -> new DueMerge(run, null));
        }
        final Optional<MergeRun> due = policy.choose(chain);
        if (due.isPresent() || chain.isEmpty()) {
            return due.map(run -> new DueMerge(run, usedExtents(newest)));
        }
        final long base = numberOf(chain.get(0));
        if (base == lookedAtBase && freed < lookAtFreed) {
            return Optional.empty();
        }
        final UsedExtents extents = usedExtents(newest);
        final long usedPages = extents.usedPageCount();
        lookAtFreed = freed + policy.pagesToShrink(chain, usedPages) / PageDescriptor.PAGES_PER_EXTENT;
        lookedAtBase = base;
        return policy.chooseToShrink(chain, usedPages).map(run -> new DueMerge(run, extents));
    }

    /** The files of the newest manifest are there at least as long as this thread publishes no other. */
    private UsedExtents usedExtents(final Manifest newest) {
        try (PageChain pages = PageChain.open(published.storage(), newest.files())) {
            return UsedExtents.read(
                    pages, newest.layout().windowShift(), newest.layout().pageCount());
        }
    }

    /** Asked by the merge now and then: rests as long as it must and tells whether to give up. */
    private boolean cancelled() {
        pace.worked();
        clearUp();
        while (running && mustRest.getAsBoolean() && !inAHurry()) {
            LockSupport.parkNanos(this, REST_NS);
            Thread.interrupted(); // means nothing here and would keep the thread from parking
            clearUp();
        }
        return !running;
    }

    private boolean inAHurry() {
        final List<CheckpointFileInfo> chain = published.newest().files();
        return chain.size() > HURRY_FACTOR * chainLengthMax
                || MergePolicy.deltasLength(chain) > chain.get(0).length();
    }

    private boolean merge(final DueMerge due) {
        final MergeEvent event = FlightEvents.beginMerge();
        pace.begin();
        checkRoom(due);
        final PageFilter filter = due.used() == null ? PageFilter.ALL : due.used()::isUsed;
        final Optional<MergeResult> merged = merger.merge(due.run(), filter, this::cancelled);
        if (merged.isEmpty()) {
            return false;
        }
        final MergeResult result = merged.get();
        try {
            publish(result);
        } finally {
            published.fileNumbers().release(result.file().identity().fileNumber());
        }
        mergeCount = mergeCount + 1; // these are written by this thread only
        bytesRead = bytesRead + result.readLength();
        bytesWritten = bytesWritten + result.writtenLength();
        bytesCopied = bytesCopied + result.copiedLength();
        FlightEvents.end(event, result);
        deleteSuperseded();
        return true;
    }

    /** A merge that fills the disk would stop the store, by way of its log. */
    private void checkRoom(final DueMerge due) {
        final long needed = due.lengthMax() + logReserve;
        final long free = published.storage().usableSpace();
        if (free < needed) {
            roomNeeded = needed;
            throw new StoreFullException(
                    "disk full: no room to merge " + due.run().files().size() + " checkpoint files and for"
                            + " the log meanwhile, directory="
                            + published.storage().location("") + " needed=" + needed + " free="
                            + free + " bytes; free space, it is tried again when there is room");
        }
    }

    private void publish(final MergeResult result) {
        try {
            published.publishMerged(result.run(), result.file());
        } catch (final RuntimeException | Error e) {
            if (published.uncertain()) {
                store.fail(e);
                throw e; // the file may be part of the newest manifest
            }
            published.storage().delete(result.file().fileName());
            throw e;
        }
    }

    /** Gives a merge under way up, clears up after the last checkpoint and ends the thread. */
    void stop() {
        running = false;
        LockSupport.unpark(thread);
        Threads.join(thread);
    }
}
