/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.BandwidthLimit;
import io.quire.checkpoint.block.FileProblem;
import io.quire.checkpoint.block.PageChain;
import io.quire.checkpoint.io.RandomBits;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.live.LivePlace;
import io.quire.checkpoint.live.OwnerRecord;
import io.quire.checkpoint.live.StoreLock;
import io.quire.checkpoint.log.LogRecovery;
import io.quire.checkpoint.log.LogReplayReport;
import io.quire.checkpoint.log.LogRetention;
import io.quire.checkpoint.log.LogSettings;
import io.quire.checkpoint.log.LogWriter;
import io.quire.checkpoint.manifest.CheckpointCut;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.checkpoint.manifest.MemoryLayout;
import io.quire.checkpoint.manifest.RejectedManifest;
import io.quire.checkpoint.recovery.Hydrator;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.store.Durability;
import io.quire.store.ExpiryClock;
import io.quire.store.StateReplay;
import io.quire.store.StateStore;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.StoreLockedException;
import io.quire.store.memory.LiveMemory;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PageSource;
import io.quire.store.memory.PagedMemory;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.IntConsumer;
import org.agrona.CloseHelper;
import org.agrona.concurrent.SystemNanoClock;

/**
 * Opens a directory: takes the lock, recovers or creates the state, and starts the log. Everything it has opened is
 * closed again when a step fails; nothing on disk is changed before the state has been recovered.
 *
 * <p>Threading: confined to the opening thread.
 */
final class StoreOpening {
    private static final int RANDOM_COUNT = 4; // of an id, a seed, and an incarnation
    private static final int TOUCH_LENGTH = 1; // pages: a full image has each by itself
    private static final long HYDRATION_DELAY_MS = 10;

    private final DurableStoreContext context;
    private final StoreFiles files;
    private final long startNs = System.nanoTime();
    private final List<String> rejected = new ArrayList<>();
    private final long[] random = RandomBits.take(RANDOM_COUNT);

    Path directory;
    StoreLock lock;
    LivePlace place;
    PublishedCheckpoints published;
    PageChain chain;
    StateStore store;
    Hydrator hydrator;
    CheckpointLog checkpointLog;
    ChangeLogSession log;
    RecoveryReport report;

    private CheckpointStorage storage;
    private ManifestCatalog found;
    private boolean created;
    private boolean lossAccepted;
    private boolean replayed;
    private boolean logDamaged; // or its ring: an older checkpoint needs all that this one needs of them
    private long passedOverPosition;
    private int passedOver; // checkpoints newer than the one in use, unreadable or damaged
    private Manifest lastPassedOver; // the oldest of them, null when it cannot be read
    private boolean unloggedPassedOver; // they may have had changes that are not in the log
    private long phaseNs; // when the last phase ended
    private long lockNs;
    private long manifestNs;
    private long filesNs;
    private long catalogNs;
    private OwnerRecord lastOwner;

    StoreOpening(final DurableStoreContext context) {
        this.context = context;
        files = context.storeFiles();
    }

    StoreOpening open() {
        phaseNs = startNs;
        directory = StoreDirectory.prepare(files, context.directory());
        lock = StoreLock.acquire(directory);
        boolean opened = false;
        try {
            lastOwner = OwnerRecord.read(directory);
            LivePlace.sweep(context.sharedMemoryDirectory(), lastOwner == null ? null : lastOwner.liveDirectory());
            lockNs = phaseNs();
            openStorage();
            found = ManifestCatalog.scan(storage, null);
            if (found.newestFirst().isEmpty()) {
                createStore();
            }
            manifestNs = phaseNs();
            recoverFromNewestWhole();
            opened = true;
            return this;
        } finally {
            if (!opened) {
                closeAll();
            }
        }
    }

    private void openStorage() {
        storage = context.checkpointStorage();
        if (storage == null) {
            storage = new LocalCheckpointStorage(files, directory);
        } else {
            StoreDirectory.checkNoCheckpoints(files, directory);
        }
    }

    private void createStore() {
        if (!found.rejected().isEmpty()) {
            throw found.rejected().get(0).cause();
        }
        StoreDirectory.checkNew(files, directory, storage);
        final UUID storeId = new UUID(random[0], random[1]);
        final Manifest first = new Manifest(
                storeId,
                1,
                new CheckpointCut(PublishedCheckpoints.FIRST_ID, 0, System.currentTimeMillis()),
                new MemoryLayout(context.windowShift(), 0, random[2], 0),
                PublishedCheckpoints.FIRST_ID + 1,
                1,
                new TreeMap<>(),
                List.of());
        published = new PublishedCheckpoints(storage, found, List.of(), context.retainedCheckpoints());
        published.clearUp(found);
        published.publishFirst(first);
        found = ManifestCatalog.scan(storage, storeId);
        created = true;
    }

    /**
     * Recovers from the newest checkpoint, and when that turns out damaged, from the one before, if the rules allow
     * it.
     */
    private void recoverFromNewestWhole() {
        CorruptStoreException first = null;
        for (final RejectedManifest manifest : found.rejected()) {
            rejected.add(manifest.cause().getMessage());
        }
        if (found.newestFirst().isEmpty()) { // that of a new store, which could not be read back
            throw found.rejected().isEmpty()
                    ? new StoreIoException("the storage does not list the manifest just published: " + directory)
                    : found.rejected().get(0).cause();
        }
        final Iterator<RejectedManifest> unusable = found.rejected().iterator();
        RejectedManifest newer = unusable.hasNext() ? unusable.next() : null;
        for (int i = 0; i < found.newestFirst().size(); i++) {
            final Manifest manifest = found.newestFirst().get(i);
            while (newer != null && newer.generation() > manifest.generation()) { // older ones are of no account
                final CorruptStoreException damage = checkDamaged(newer.cause());
                first = first == null ? damage : first;
                passOver(null);
                newer = unusable.hasNext() ? unusable.next() : null;
            }
            unloggedPassedOver = !checkFallback(manifest, first);
            try {
                phaseNs = System.nanoTime();
                chain = PageChain.open(storage, manifest.files());
                if (context.verifyOnOpen()) {
                    verify(chain);
                }
                filesNs = phaseNs();
                recover(found.newestFirst().subList(i, found.newestFirst().size()));
                warnOfRejected();
                warnOfClock();
                return;
            } catch (final CorruptStoreException e) {
                if (replayed || logDamaged) {
                    if (first != null) {
                        e.addSuppressed(first);
                    }
                    throw e;
                }
                closeState();
                passedOverPosition = Math.max(passedOverPosition, manifest.cut().logPosition());
                first = first == null ? e : first;
                rejected.add(e.getMessage());
                passOver(manifest);
            }
        }
        throw first;
    }

    private void recover(final List<Manifest> usable) {
        final Manifest manifest = usable.get(0);
        place = new LivePlace(directory, manifest.storeId(), context.sharedMemoryDirectory());
        place.reclaimMemory();
        final MemoryLayout layout = manifest.layout();
        published = new PublishedCheckpoints(storage, found, usable, context.retainedCheckpoints());
        published.hold(manifest); // pages are loaded from its files long after they may be superseded
        openMemory(layout);
        catalogNs = phaseNs();
        final long bootIdHash = context.bootIdHash();
        final LogSettings logSettings = logSettings();
        try (LogRecovery recovery = new LogRecovery(
                files, directory.resolve(StoreDirectory.LOG_DIRECTORY), manifest.storeId(), bootIdHash, logSettings)) {
            final LogReplayReport replay = replay(recovery, manifest);
            checkNothingMissing(replay);
            store.memory().hydrationRunLength(TOUCH_LENGTH);
            replayed = true; // from here on files are changed
            phaseNs = System.nanoTime();
            published.clearUp(found);
            startLog(recovery, replay, manifest, bootIdHash, logSettings);
            place.removeFormer(lastOwner);
            report = report(manifest, replay);
        }
        startHydrating(HYDRATION_DELAY_MS);
    }

    private void startHydrating(final long delayMs) {
        if (context.hydrateInBackground()) {
            hydrator.start(delayMs);
        }
    }

    /** Finds most of what it touches in memory, and loads much of the rest by itself. */
    private void beginReplay() {
        store.memory().hydrationRunLength(PageSource.RUN_LENGTH_MAX);
        startHydrating(0);
    }

    private IntConsumer pace() {
        return context.hydrationBytesPerSecond() == 0
                ? bytes -> {}
                : new BandwidthLimit(context.hydrationBytesPerSecond())::beforeWrite;
    }

    /** What cannot be read may be sound: that is no reason to go back, after which it would be deleted. */
    private static void verify(final PageChain chain) {
        final List<FileProblem> problems = new ArrayList<>();
        for (int i = 0; i < chain.fileCount(); i++) {
            chain.file(i).verify(problem -> {
                if (!problem.isDamage()) {
                    throw problem.cause();
                }
                problems.add(problem);
            });
        }
        if (!problems.isEmpty()) {
            throw new CorruptStoreException(problems.get(0).message());
        }
    }

    /** Going back is lossless only if the log reaches as far as every checkpoint that was passed over. */
    private void checkNothingMissing(final LogReplayReport replay) {
        if (!replay.acceptedProblem().isEmpty()) {
            lossAccepted = true;
            rejected.add(replay.acceptedProblem());
        }
        if (replay.endPosition() >= passedOverPosition) {
            return;
        }
        if (!context.acceptLossOnFallback()) {
            throw new CorruptStoreException(
                    "the change log does not reach the checkpoint that would be passed over: directory=" + directory
                            + " expected=position " + passedOverPosition + " found=" + replay.endPosition());
        }
        lossAccepted = true;
    }

    private void warnOfRejected() {
        if (!rejected.isEmpty()) {
            System.getLogger(StoreOpening.class.getName())
                    .log(
                            Level.WARNING,
                            "recovered from checkpoint " + report.checkpointId() + " and the change log, "
                                    + (lossAccepted ? "giving up later changes" : "nothing is lost") + "; rejected: "
                                    + String.join("; ", rejected));
        }
    }

    /** Either the clock is wrong now, and all is well, or it was once, and nothing expires for as long. */
    private void warnOfClock() {
        final long lagMs = store.expiryClock().lagMs();
        if (lagMs >= ExpiryClock.DOUBTFUL_LAG_MS) {
            System.getLogger(StoreOpening.class.getName())
                    .log(
                            Level.WARNING,
                            "the clock is {0} ms behind the time by which entries of {1} have expired, which stands"
                                    + " still until the clock gets there, and they are not removed without being asked;"
                                    + " if it was the clock of then that was wrong,"
                                    + " call expiryClock().reset()",
                            Long.toString(lagMs),
                            directory);
        }
    }

    /** Only what is damaged is passed over: an unknown version wants an upgrade, a failed read another attempt. */
    private static CorruptStoreException checkDamaged(final StateStoreException cause) {
        if (cause instanceof CorruptStoreException damaged) {
            return damaged;
        }
        throw cause;
    }

    private void passOver(final Manifest manifest) {
        // What follows the newest is in the log or was promised to nobody. Of any other that cannot be read it is not
        // known how changes were kept between it and the next; of those that can, checkFallback has looked.
        unloggedPassedOver |= manifest == null && passedOver > 0;
        lastPassedOver = manifest;
        passedOver++;
    }

    /** Returns whether the log has everything since, as far as can be told; throws when not and no loss is accepted. */
    private boolean checkFallback(final Manifest manifest, final CorruptStoreException first) {
        final boolean lossless = passedOver == 0
                || (!unloggedPassedOver && PublishedCheckpoints.isLoggedBetween(manifest, lastPassedOver));
        if (lossless) {
            return true;
        }
        if (!context.acceptLossOnFallback()) {
            throw new CorruptStoreException("the newest checkpoint is damaged: directory=" + directory + " cause: "
                    + first.getMessage() + "; checkpoint " + manifest.cut().checkpointId() + " of "
                    + java.time.Instant.ofEpochMilli(manifest.cut().takenAtMs())
                    + " is older, and changes after it that are not in the change log would be lost: to accept that,"
                    + " open with acceptLossOnFallback(true)");
        }
        lossAccepted = true;
        return false;
    }

    private void openMemory(final MemoryLayout layout) {
        final long stateLength = layout.pageCount() << PageDescriptor.PAGE_SHIFT;
        final LiveMemory live =
                place.openMemory(context.liveMemory(), layout.windowShift(), stateLength, context.hugePages());
        final PagedMemory.Builder settings;
        try {
            settings = new PagedMemory.Builder(live)
                    .hashSeed(layout.hashSeed())
                    .lengthMax(context.liveMemoryLengthMax())
                    .capturePoolLength(context.capturePoolLength())
                    .growAhead("quire-grower");
        } catch (final RuntimeException e) {
            live.close();
            throw e;
        }
        final PagedMemory memory = layout.pageCount() == 0
                ? PagedMemory.create(settings)
                : PagedMemory.recover(settings, chain, (int) layout.pageCount());
        memory.hydrationRunLength(TOUCH_LENGTH);
        try {
            hydrator = new Hydrator(memory, pace(), chain::unpackIndex, this::releaseFiles);
            if (context.hydrateInBackground()) {
                hydrator.prepare();
            }
            store = new StateStore(memory, context.expiryClock(), SystemNanoClock.INSTANCE);
            store.expiryBudgetNs(context.expiryBudgetNs());
        } catch (final RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    /** By the hydrator, which has ended before another manifest is tried. */
    private void releaseFiles() {
        try {
            chain.close();
        } finally {
            published.releaseHeld();
        }
    }

    private LogSettings logSettings() {
        return LogSettings.defaults(context.durability())
                .withSegmentLength(context.logSegmentLength())
                .withCompressed(context.compressLog());
    }

    private LogReplayReport replay(final LogRecovery recovery, final Manifest manifest) {
        // When a checkpoint is passed over, the one before may say how changes were kept at its own time.
        final boolean isRingNeeded = PublishedCheckpoints.isRingNeeded(manifest) || passedOver > 0;
        try {
            final LogReplayReport replay = recovery.expectRing(isRingNeeded)
                    .passedOver(unloggedPassedOver)
                    .replay(
                            manifest.cut().logPosition(),
                            PublishedCheckpoints.isLogged(manifest),
                            context.acceptLossOnFallback(),
                            place.ringFiles(lastOwner),
                            new HydratingReplay(new StateReplay(store), this::beginReplay),
                            context.recoveryProgress()::onProgress);
            checkNobodyWrites(recovery.livingRing());
            warnOfUncertainRing("what was only in it, and so was not forced, is given up");
            return replay;
        } catch (final CorruptStoreException e) {
            checkNobodyWrites(recovery.livingRing()); // then the ring is not missing
            logDamaged = !recovery.hasFailedToApply();
            warnOfUncertainRing("if it is dead and the store was moved, delete the file OWNER beside the ring, and open"
                    + " the store again, which then reads it");
            throw e;
        }
    }

    /** Of a copy the ring that somebody writes to is the original's; of this directory's own it must not be. */
    private void checkNobodyWrites(final Path livingRing) {
        if (livingRing != null && List.of(place.ringFiles()).contains(livingRing)) {
            throw new StoreLockedException("store is open elsewhere, although its lock could be taken: directory="
                    + directory + ", somebody writes to its change log ring, file=" + livingRing);
        }
    }

    private void warnOfUncertainRing(final String consequence) {
        final Path ring = place.uncertainRingFile(lastOwner);
        if (ring != null) {
            System.getLogger(StoreOpening.class.getName())
                    .log(
                            Level.WARNING,
                            "the change log ring {0} is not read: the last owner of {1}, pid {2} of another container,"
                                    + " had the store at another path and may live; {3}",
                            ring,
                            directory,
                            Long.toString(lastOwner.process().pid()),
                            consequence);
        }
    }

    private void startLog(
            final LogRecovery recovery,
            final LogReplayReport replay,
            final Manifest manifest,
            final long bootIdHash,
            final LogSettings settings) {
        final LogRetention retention = new LogRetention(
                files,
                directory.resolve(StoreDirectory.LOG_DIRECTORY),
                manifest.storeId(),
                context.retainedLogLength());
        if (context.durability() != Durability.NONE) {
            recovery.afterUnlogged(PublishedCheckpoints.isUnlogged(manifest));
            startRing(recovery, manifest.storeId(), bootIdHash, settings, retention);
        } else {
            final Path live = place.create(0);
            final long end = recovery.isComplete()
                    ? replay.endPosition()
                    : completeWithoutLog(recovery, live, manifest.storeId(), bootIdHash);
            checkpointLog = new NoChangeLog(end, retention);
            place.recordOwner(live, store.memory().description());
        }
        published.publishDurability(context.durability());
    }

    /** Ring and log refer to each other, so the ring is complete but for its name when the log names it. */
    private void startRing(
            final LogRecovery recovery,
            final UUID storeId,
            final long bootIdHash,
            final LogSettings settings,
            final LogRetention retention) {
        final Path live = place.create(context.changeRingLength());
        final ChangeRing ring = ChangeRing.allocate(live.resolve(LivePlace.RING_FILE_NAME), context.changeRingLength());
        LogWriter writer = null;
        boolean started = false;
        try {
            // Shared live memory takes all the room there is.
            if (context.liveMemory() == LiveMemoryKind.SHARED
                    || !LivePlace.hasPlenty(live, context.changeRingLength())) {
                ring.takeAllSpace();
            }
            writer = recovery.startWriting(
                    (int) random[3],
                    unpublished ->
                            ring.prepare(storeId, bootIdHash, unpublished.incarnation(), unpublished.position()));
            place.recordOwner(live, store.memory().description());
            ring.begin();
            log = new ChangeLogSession(ring, writer, settings, retention, store, context);
            checkpointLog = log;
            started = true;
        } finally {
            if (!started) {
                CloseHelper.quietCloseAll(ring, writer);
            }
        }
    }

    /**
     * A store that keeps no log from now on still owes what an earlier owner's ring holds, and must see to it that the
     * log reaches up to its checkpoints also after a power loss. Returns where the log ends then.
     */
    private long completeWithoutLog(
            final LogRecovery recovery, final Path live, final UUID storeId, final long bootIdHash) {
        // Never begun: it only says, to whoever recovers if this is killed before the seal, that no ring is missing.
        final Path path = live.resolve(LivePlace.RING_FILE_NAME);
        final long end;
        try (ChangeRing none = ChangeRing.allocate(path, ChangeRing.MIN_CAPACITY);
                LogWriter writer = recovery.startWriting(
                        (int) random[3],
                        unpublished ->
                                none.prepare(storeId, bootIdHash, unpublished.incarnation(), unpublished.position()))) {
            writer.seal();
            end = writer.position(); // behind the end of a batch that was never committed, too
        }
        ChangeRing.delete(ChangeRing.preparedPath(path));
        return end;
    }

    /** Nanoseconds since the last phase ended. */
    private long phaseNs() {
        final long now = System.nanoTime();
        final long ns = now - phaseNs;
        phaseNs = now;
        return ns;
    }

    private RecoveryReport report(final Manifest manifest, final LogReplayReport replay) {
        return new RecoveryReport(
                created,
                manifest.cut().checkpointId(),
                manifest.cut().takenAtMs(),
                manifest.layout().pageCount() << PageDescriptor.PAGE_SHIFT,
                manifest.files().size(),
                replay.recordCount(),
                replay.endPosition() - replay.fromPosition(),
                replay.ringLength(),
                replay.droppedLength(),
                rejected,
                lossAccepted,
                store.memory().hydratedPageCount(),
                chain.readLength(),
                new RecoveryPhases(
                        lockNs,
                        manifestNs,
                        filesNs,
                        catalogNs,
                        replay.durationNs() - replay.ringNs(),
                        replay.ringNs(),
                        phaseNs()),
                System.nanoTime() - startNs);
    }

    /** Closes everything it has opened; a ring that the log needs no more goes, too. */
    void closeAll() {
        boolean logComplete = false;
        try {
            if (log != null) {
                log.stop();
                logComplete = log.incomplete() == null;
                log.closeRing();
            }
        } finally {
            try {
                closeState();
            } finally {
                closePlace(logComplete);
            }
        }
    }

    private void closePlace(final boolean logComplete) {
        try {
            if (place != null && logComplete) {
                place.remove();
            } else if (place != null) {
                place.removeEmpty();
            }
        } finally {
            lock.close();
        }
    }

    private void closeState() {
        try {
            if (hydrator != null) {
                hydrator.stop();
                hydrator = null;
            }
            if (store != null) {
                store.close();
                store = null;
            }
        } finally {
            if (chain != null) {
                chain.close();
                chain = null;
            }
        }
    }
}
