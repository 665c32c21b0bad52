/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.PageChain;
import io.quire.checkpoint.live.BootIdentity;
import io.quire.checkpoint.live.LivePlace;
import io.quire.checkpoint.live.StoreLock;
import io.quire.checkpoint.log.LogFollower;
import io.quire.checkpoint.log.LogHold;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.recovery.HydrationProgress;
import io.quire.checkpoint.recovery.Hydrator;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.ExpiryClock;
import io.quire.store.ExpiryCounters;
import io.quire.store.FixedBytesState;
import io.quire.store.LongBytesState;
import io.quire.store.LongDoubleState;
import io.quire.store.LongLongState;
import io.quire.store.LongSetState;
import io.quire.store.LongTimerState;
import io.quire.store.NamespacedState;
import io.quire.store.SourcePosition;
import io.quire.store.StateStore;
import io.quire.store.StoreReader;
import io.quire.store.TimeDomain;
import io.quire.store.TimeToLive;
import io.quire.store.TypedState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codec;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StoreFailedException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * A store of keyed states that survives: a directory with checkpoints and a change log, and the state itself in live
 * memory.
 *
 * <pre>{@code
 * try (DurableStateStore store = DurableStateStore.open(directory)) {   // opens, or recovers: the same call
 *     LongLongState visits = store.longLongState("visits");
 *     visits.addAndGet(42L, 1);                 // in place, 0 B allocated, logged
 *     store.checkpoint().join();                // incremental; the writer never stopped
 * }                                             // the next open() answers its first read in milliseconds
 * }</pre>
 *
 * <p>What a write survives when its call returns is the {@link Durability} the store was opened with.
 *
 * <p>Threading: states and batches are the writer's, see {@link StateStore}; {@link #reader}, {@link #checkpoint},
 * positions, counters and {@link #close} may be called by any thread.
 */
public final class DurableStateStore implements AutoCloseable {
    private static final long DEPARTURE_LOOK_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final DurableStoreContext context;
    private final Path directory;
    private final StoreLock lock;
    private final LivePlace place;
    private final PublishedCheckpoints published;
    private final PageChain chain;
    private final StateStore store;
    private final CheckpointLog checkpointLog;
    private final ChangeLogSession log;
    private final RecoveryReport report;
    private final CheckpointThrottle throttle;
    private final Checkpointer checkpointer;
    private final MergeRunner merger;
    private final Hydrator hydrator;
    private final ChangeSubscriptions subscriptions;
    private boolean closed;

    private DurableStateStore(final DurableStoreContext context, final StoreOpening opening) {
        this.context = context;
        subscriptions = new ChangeSubscriptions(context.threadStarter());
        directory = opening.directory;
        lock = opening.lock;
        place = opening.place;
        published = opening.published;
        chain = opening.chain;
        store = opening.store;
        checkpointLog = opening.checkpointLog;
        log = opening.log;
        report = opening.report;
        throttle = new CheckpointThrottle(context.checkpointBandwidth(), context.checkpointCpuShare());
        merger = new MergeRunner(store, published, context, directory, checkpointLog, throttle);
        checkpointer = new Checkpointer(store, published, context, directory, checkpointLog, throttle, merger);
        hydrator = opening.hydrator;
        store.attach(
                log == null ? null : log.changeLog(),
                log == null ? null : log::force,
                log != null && context.durability() == Durability.SYNC,
                checkpointLog.position(),
                checkpointer.duty());
    }

    /** What was opened is closed again when there is no memory, or no further thread, to go on with it. */
    private static DurableStateStore start(final DurableStoreContext context, final StoreOpening opening) {
        DurableStateStore store = null;
        boolean started = false;
        try {
            store = new DurableStateStore(context, opening);
            store.startAgents();
            started = true;
            return store;
        } finally {
            if (!started) {
                if (store != null) {
                    store.checkpointer.stop();
                    store.merger.stop();
                }
                opening.closeAll();
            }
        }
    }

    private void startAgents() {
        if (log != null) {
            log.start();
        }
        // What was passed over stays until the next checkpoint: a merge would let it be deleted.
        merger.start(this::mergingRests, report.rejected().isEmpty());
        checkpointer.start();
    }

    private boolean mergingRests() {
        return checkpointer.underway()
                || (context.hydrateInBackground() && !hydrator.progress().isEnded());
    }

    /**
     * Opens the store in a directory with default settings, recovering it if need be, or creates one in an empty or
     * missing directory. Takes milliseconds whatever the size of the state, plus the replay of the log since the last
     * checkpoint.
     *
     * @param directory where the store is
     * @return the open store
     * @throws io.quire.store.errors.StoreLockedException when it is open elsewhere
     * @throws io.quire.store.errors.ConfigurationException when the path is no directory or holds something else
     * @throws io.quire.store.errors.CorruptStoreException when files are damaged and going back would lose changes
     * @throws io.quire.store.errors.StoreIoException when the directory cannot be read or written
     * @throws io.quire.store.errors.StoreFullException when there is no space to begin
     */
    public static DurableStateStore open(final Path directory) {
        return open(new DurableStoreContext().directory(directory));
    }

    /**
     * Opens or creates a store, see {@link #open(Path)}.
     *
     * @param context settings, not to be changed afterwards
     * @return the open store
     */
    public static DurableStateStore open(final DurableStoreContext context) {
        context.conclude();
        // An interrupt that is pending would close the files one after the other as they are opened.
        final boolean interrupted = Thread.interrupted();
        try {
            return start(context, new StoreOpening(context).open());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * The state of a name, created when there is none; see {@link StateStore#longLongState}.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state
     */
    public LongLongState longLongState(final String name) {
        return store.longLongState(name);
    }

    /**
     * Opens a state whose entries have a time to live, or creates it, see {@link
     * StateStore#longLongState(String, TimeToLive)}.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live
     * @return the state
     */
    public LongLongState longLongState(final String name, final TimeToLive timeToLive) {
        return store.longLongState(name, timeToLive);
    }

    /**
     * The state of a name, created when there is none; see {@link StateStore#bytesState}.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state
     */
    public BytesState bytesState(final String name) {
        return store.bytesState(name);
    }

    /**
     * Opens a state whose entries have a time to live, or creates it, see {@link
     * StateStore#bytesState(String, TimeToLive)}.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live
     * @return the state
     */
    public BytesState bytesState(final String name, final TimeToLive timeToLive) {
        return store.bytesState(name, timeToLive);
    }

    /**
     * The state of a name, created when there is none; see {@link StateStore#longSetState}.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state
     */
    public LongSetState longSetState(final String name) {
        return store.longSetState(name);
    }

    /**
     * Opens a state whose entries have a time to live, or creates it, see {@link
     * StateStore#longSetState(String, TimeToLive)}.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live
     * @return the state
     */
    public LongSetState longSetState(final String name, final TimeToLive timeToLive) {
        return store.longSetState(name, timeToLive);
    }

    /**
     * The state of a name, created when there is none; see {@link StateStore#longDoubleState}.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state
     */
    public LongDoubleState longDoubleState(final String name) {
        return store.longDoubleState(name);
    }

    /**
     * Opens a state whose entries have a time to live, or creates it, see {@link
     * StateStore#longDoubleState(String, TimeToLive)}.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live
     * @return the state
     */
    public LongDoubleState longDoubleState(final String name, final TimeToLive timeToLive) {
        return store.longDoubleState(name, timeToLive);
    }

    /**
     * The state of a name, created when there is none; see {@link StateStore#longBytesState}.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state
     */
    public LongBytesState longBytesState(final String name) {
        return store.longBytesState(name);
    }

    /**
     * Opens a state whose entries have a time to live, or creates it, see {@link
     * StateStore#longBytesState(String, TimeToLive)}.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live
     * @return the state
     */
    public LongBytesState longBytesState(final String name, final TimeToLive timeToLive) {
        return store.longBytesState(name, timeToLive);
    }

    /**
     * Timers of longs, created when there are none; see {@link StateStore#longTimerState}.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeDomain which time makes them due
     * @return the state
     */
    public LongTimerState longTimerState(final String name, final TimeDomain timeDomain) {
        return store.longTimerState(name, timeDomain);
    }

    /**
     * The state of a name, created when there is none; see {@link StateStore#fixedBytesState}.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyLength bytes of every key
     * @param valueLength bytes of every value
     * @return the state
     */
    public FixedBytesState fixedBytesState(final String name, final int keyLength, final int valueLength) {
        return store.fixedBytesState(name, keyLength, valueLength);
    }

    /**
     * Opens a state of bytes of fixed lengths whose entries have a time to live, or creates it, see {@link
     * StateStore#fixedBytesState(String, int, int, TimeToLive)}.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyLength bytes of every key
     * @param valueLength bytes of every value
     * @param timeToLive how long entries live
     * @return the state
     */
    public FixedBytesState fixedBytesState(
            final String name, final int keyLength, final int valueLength, final TimeToLive timeToLive) {
        return store.fixedBytesState(name, keyLength, valueLength, timeToLive);
    }

    /**
     * The state of a name, created when there is none; see {@link StateStore#valueState}.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyCodec how keys become bytes
     * @param valueCodec how values become bytes
     * @param <K> type of the keys
     * @param <V> type of the values
     * @return the state
     */
    public <K, V> ValueState<K, V> valueState(final String name, final Codec<K> keyCodec, final Codec<V> valueCodec) {
        return store.valueState(name, keyCodec, valueCodec);
    }

    /**
     * A reader for the calling thread, which reads beside the writer; see {@link StateStore#reader}.
     *
     * @return a reader, confined to the calling thread
     * @throws io.quire.store.errors.StoreClosedException when the store is closed
     */
    public StoreReader reader() {
        return store.reader();
    }

    /**
     * Where a source that feeds the store stands; see {@link SourcePosition}.
     *
     * @param source its name, 1 or more bytes of UTF-8
     * @return its position, to be read and set
     */
    public SourcePosition source(final String source) {
        return store.source(source);
    }

    /**
     * Where a source that feeds the store stands; see {@link SourcePosition}.
     *
     * @param source what names it, 1..{@link BytesState#KEY_LENGTH_MAX} bytes; copied
     * @return its position, to be read and set
     */
    public SourcePosition source(final byte[] source) {
        return store.source(source);
    }

    /**
     * The state that a descriptor names, created when there is none; see {@link
     * StateStore#state(TypedStateDescriptor)}.
     *
     * @param descriptor name, kind and codecs
     * @param <K> type of the keys
     * @param <S> the state
     * @return the state
     */
    public <K, S extends TypedState<K>> S state(final TypedStateDescriptor<K, S> descriptor) {
        return store.state(descriptor);
    }

    /**
     * The state that a descriptor names, with a namespace as a part of each key; see {@link
     * StateStore#state(TypedStateDescriptor, Codec)}.
     *
     * @param descriptor name, kind and codecs
     * @param namespaceCodec how namespaces become bytes
     * @param <K> type of the keys
     * @param <N> type of the namespaces
     * @param <S> the state
     * @return the state
     */
    public <K, N, S extends TypedState<K>> NamespacedState<K, N, S> state(
            final TypedStateDescriptor<K, S> descriptor, final Codec<N> namespaceCodec) {
        return store.state(descriptor, namespaceCodec);
    }

    /**
     * Sets the key that the {@code current()} of every typed state means; see {@link StateStore#setCurrentKey}.
     *
     * @param key not null
     */
    public void setCurrentKey(final Object key) {
        store.setCurrentKey(key);
    }

    /**
     * Drops a state and gives its space back; see {@link StateStore#dropState}.
     *
     * @param name its name
     * @return whether there was one
     */
    public boolean dropState(final String name) {
        return store.dropState(name);
    }

    /** Begins a batch; see {@link StateStore#beginBatch}. */
    public void beginBatch() {
        store.beginBatch();
    }

    /** Commits a batch; see {@link StateStore#commitBatch}. */
    public void commitBatch() {
        store.commitBatch();
    }

    /**
     * Commits a batch, acknowledged no earlier than a level asks for; see {@link StateStore#commitBatch(Durability)}.
     *
     * @param least SYNC returns when the batch survives power loss, whatever the store's level
     */
    public void commitBatch(final Durability least) {
        store.commitBatch(least);
    }

    /** Waits until everything written so far survives power loss; see {@link StateStore#sync}. */
    public void sync() {
        store.sync();
    }

    /** Rolls a batch back; see {@link StateStore#rollbackBatch}. */
    public void rollbackBatch() {
        store.rollbackBatch();
    }

    /**
     * Removes entries whose time to live is over; see {@link StateStore#cleanExpired}.
     *
     * @param budgetNs nanoseconds to spend, not negative
     * @return entries and elements removed
     */
    public long cleanExpired(final long budgetNs) {
        return store.cleanExpired(budgetNs);
    }

    /** {@return what the removal of expired entries has done so far} */
    public ExpiryCounters expiryCounters() {
        return store.expiryCounters();
    }

    /** {@return the time by which entries expire; the same object each time} */
    public ExpiryClock expiryClock() {
        return store.expiryClock();
    }

    /** Takes a due checkpoint's barrier now, and removes some expired entries; see {@link StateStore#poll}. */
    public void poll() {
        store.poll();
    }

    /**
     * Gives up the writer's role; see {@link StateStore#releaseOwnership}. A writer that has nothing to write for a
     * while should call it: checkpoints that are due are then taken without it, and a {@link #close} by another thread
     * need not wait for it. Its next operation takes the role again, unless another thread has it by then.
     */
    public void releaseOwnership() {
        store.releaseOwnership();
    }

    /**
     * Takes a checkpoint. Called by the writer, its barrier is taken before the call returns; if another checkpoint is
     * under way the call waits for that one first, at most for the checkpoint timeout. Called inside a batch or by
     * another thread, the barrier comes at the writer's next operation outside a batch, or when it calls {@link #poll}
     * or {@link #releaseOwnership}, and so joining the future must not keep the writer from getting there. Called while
     * there is no writer, the barrier is taken before the call returns, or, without waiting, once the checkpoint that
     * is under way has ended.
     *
     * <p>Checkpoints asked for faster than their files can be merged would fill the disk: when their files have become
     * twice as long as the state, or superseded files wait to be deleted, a checkpoint ends, and its future completes,
     * only when merging and deleting have caught up, for half the checkpoint timeout at most.
     *
     * <p>Those who ask while a barrier is still to come, within a 64th of the checkpoint timeout of each other, get the
     * same future, so asking costs no memory however often it is done. It cannot be cancelled or completed from
     * outside; {@code orTimeout} and {@code completeOnTimeout} act on a copy, which they return.
     *
     * @return completes when the checkpoint is durable and verified, exceptionally with {@link
     *     io.quire.store.errors.CheckpointFailedException} when it failed, or when it has neither completed nor failed
     *     after the checkpoint timeout; then, or when the store is closed, at the latest
     * @throws io.quire.store.errors.StoreClosedException when the store is closed
     * @throws io.quire.store.errors.StoreFailedException when it is fail-stopped
     */
    public CompletableFuture<CheckpointInfo> checkpoint() {
        store.checkWritable();
        final boolean claimed = store.claimBriefly(); // for the barrier only
        try {
            // Whoever has the role for a moment must not wait for a checkpoint with it: a writer would wait as long.
            final boolean now = claimed ? !checkpointer.underway() : store.isWriter();
            return now && !store.inBatch() ? checkpointer.checkpointByWriter() : checkpointer.request();
        } finally {
            if (claimed) {
                store.endBriefClaim();
            }
        }
    }

    /**
     * Log position after the last write that was applied and logged. With durability NONE it does not move.
     *
     * @return position, by the writer exact, by others a moment old
     */
    public long appliedPosition() {
        return checkpointLog.position();
    }

    /**
     * Log position up to which everything survives power loss, checkpoints included. With durability NONE it moves no
     * more than {@link #appliedPosition()} does, and says nothing of the writes since: they have no position.
     *
     * @return position
     */
    public long durablePosition() {
        final long checkpointed = published.newest().cut().logPosition();
        return log == null ? checkpointed : Math.max(checkpointed, log.agent().durablePosition());
    }

    /**
     * Waits until everything up to a position survives power loss; has it forced if need be.
     *
     * @param position what {@link #appliedPosition()} returned
     * @param timeoutNs longest wait, nanoseconds
     * @return whether it does; false after the timeout
     * @throws IllegalArgumentException when nothing was appended up to there yet; waiting for what is to come would
     *     have all of it forced
     * @throws ConfigurationException when the store keeps no change log: its writes have no position that could be
     *     waited for, and survive with the next {@link #checkpoint}
     * @throws StoreFailedException when the log has failed
     */
    public boolean awaitDurable(final long position, final long timeoutNs) {
        final ChangeLogSession session = checkedLog();
        checkAppended(position);
        return session.agent().awaitDurable(position, timeoutNs);
    }

    /**
     * The same as {@link #awaitDurable} without waiting.
     *
     * @param position what {@link #appliedPosition()} returned
     * @return completes with the durable position, on the log agent's thread, which must not be kept; exceptionally
     *     with {@link StoreFailedException} when the log has failed, or {@link
     *     io.quire.store.errors.StoreClosedException} when the store was closed before
     * @throws IllegalArgumentException when nothing was appended up to there yet
     * @throws ConfigurationException when the store keeps no change log
     */
    public CompletableFuture<Long> durableFuture(final long position) {
        final ChangeLogSession session = checkedLog();
        checkAppended(position);
        return session.agent().durableFuture(position);
    }

    /** A position yet to come would stay the greatest that was asked for, and each write before it be forced. */
    private void checkAppended(final long position) {
        final long end = appendedPosition();
        if (position > end) {
            throw new IllegalArgumentException(
                    "log position was not appended yet: position=" + position + " appliedPosition=" + end);
        }
    }

    /** A subscriber may have seen what the writer has published and is about to count as applied. */
    private long appendedPosition() {
        final long written = log == null ? 0 : log.agent().writtenPosition();
        return Math.max(appliedPosition(), Math.max(written, durablePosition()));
    }

    /**
     * Log position of the oldest checkpoint kept. The log is there from this position on, until that checkpoint is
     * replaced; {@link #holdLog} and the setting {@code retainedLogLength} keep more.
     *
     * @return position
     */
    public long retainedPosition() {
        final List<Manifest> kept = published.kept();
        return kept.get(kept.size() - 1).cut().logPosition();
    }

    /**
     * Hands the changes behind a log position to a listener, and goes on with those that are made from now on, as soon
     * as they survive the death of the process: about a millisecond after the write. The listener is called by a thread
     * of its own and may be as slow as it likes: the writer neither knows nor waits. What is not deleted meanwhile can
     * be read late; see {@link #holdLog}. What was made with {@link Durability#NONE} is in no log: see {@link
     * ChangeListener#onUnlogged}.
     *
     * @param fromPosition {@link #appliedPosition()} for what is to come, {@link #retainedPosition()} for all there is,
     *     or where an earlier subscription has ended
     * @param listener takes the changes
     * @return the subscription, to be closed; closing the store ends it too
     * @throws io.quire.store.errors.LogTruncatedException when the log from that position on was deleted
     * @throws ConfigurationException when the store keeps no change log, or the position is behind its end
     */
    public ChangeSubscription subscribe(final long fromPosition, final ChangeListener listener) {
        return subscribe(fromPosition, checkedLog().agent()::writtenPosition, log::requestWrite, listener);
    }

    /**
     * The same with changes that survive power loss only, so that what was handed over is never taken back. They come
     * with the next force: soon after the write with {@link Durability#GROUP} and {@link Durability#SYNC}, with {@link
     * Durability#PROCESS} not before somebody waits for them or a checkpoint is taken.
     *
     * @param fromPosition see {@link #subscribe}
     * @param listener takes the changes
     * @return the subscription, to be closed; closing the store ends it too
     * @throws io.quire.store.errors.LogTruncatedException when the log from that position on was deleted
     * @throws ConfigurationException when the store keeps no change log, or the position is behind its end
     */
    public ChangeSubscription subscribeDurable(final long fromPosition, final ChangeListener listener) {
        return subscribe(fromPosition, checkedLog().agent()::durablePosition, () -> {}, listener);
    }

    private ChangeSubscription subscribe(
            final long fromPosition, final LongSupplier limit, final Runnable request, final ChangeListener listener) {
        final long end = appendedPosition();
        if (fromPosition < 0 || fromPosition > end) {
            throw new ConfigurationException("no such log position: found=" + fromPosition + " expected=0.." + end);
        }
        return subscriptions.start(new ChangeSubscription(
                fromPosition,
                limit,
                store::descriptor,
                (from, upTo, handler) -> new LogFollower(
                        context.storeFiles(),
                        directory.resolve(StoreDirectory.LOG_DIRECTORY),
                        published.newest().storeId(),
                        BootIdentity.currentHash(),
                        from,
                        upTo,
                        handler),
                request,
                listener,
                subscriptions::ended));
    }

    /**
     * Keeps the log from a position on, whatever checkpoints allow to be deleted, until the hold is moved, closed, or
     * the store is closed. Hold first and subscribe then, and no slowness costs the subscriber its place.
     *
     * @param position where it is to be kept from
     * @return the hold
     * @throws ConfigurationException when the store keeps no change log
     */
    public LogHold holdLog(final long position) {
        return checkedLog().retention().hold(position);
    }

    private ChangeLogSession checkedLog() {
        if (log == null) {
            throw new ConfigurationException("the store keeps no change log: durability=NONE");
        }
        return log;
    }

    /** {@return what opening found and did} */
    public RecoveryReport recoveryReport() {
        return report;
    }

    /** {@return figures of the running store} */
    public StoreStatus status() {
        final Manifest newest = published.newest();
        return StoreStatus.of(
                store.memory(),
                CheckpointCounters.of(store.memory().capture(), checkpointer, merger, throttle, newest),
                hydrator,
                log == null ? LogStatus.none(newest.cut().logPosition()) : log.status(subscriptions));
    }

    /** {@return how far the recovered pages have come into memory} */
    public HydrationProgress hydration() {
        return hydrator.progress();
    }

    /** {@return bytes of the recovered checkpoint's files read so far} */
    long checkpointBytesRead() {
        return chain.readLength();
    }

    /**
     * Waits until the background has been through all recovered pages; those that could not be loaded are counted in
     * {@link #hydration()}. Returns at once without background hydration.
     */
    public void awaitHydrated() {
        hydrator.await();
    }

    /** {@return the store in memory underneath} */
    public StateStore stateStore() {
        return store;
    }

    /** {@return real path of the store's directory} */
    public Path directory() {
        return directory;
    }

    /**
     * Closes the store; a second call does nothing. By the writer, or when there is none, a last checkpoint is taken
     * unless the settings say otherwise, so that the next open has nothing to replay. By another thread, the writer
     * is shut out first and no checkpoint is taken: what it has written since the last one is in the log, unless
     * durability is NONE. An open batch is rolled back. Blocks until files are closed.
     *
     * <p>A writer on another thread that has not called {@link #releaseOwnership} may be inside an operation. It is
     * waited for, two seconds at most; then everything but the memory is closed, and the memory is unmapped once that
     * thread has made another call, which throws {@link io.quire.store.errors.StoreClosedException}, or has ended.
     *
     * @throws io.quire.store.errors.CheckpointFailedException when the last checkpoint failed; the store is closed
     *     nevertheless, and everything acknowledged is in the log, unless durability is NONE
     * @throws io.quire.store.errors.StoreFailedException when the log could not be completed; the store is closed
     * @throws io.quire.store.errors.ConfigurationException when called by a consumer of the writer's own walk over
     *     entries; nothing was done
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        store.checkNotWalking();
        closed = true;
        store.announceClose(); // who copies a state has the role for long
        checkpointer.hurry();
        RuntimeException problem = null;
        if (store.failure() == null && store.ownedByCaller()) {
            problem = lastCheckpoint();
        }
        final boolean alone = store.closeToCallers();
        subscriptions.close();
        hydrator.stop();
        checkpointer.stop();
        if (alone) { // or somebody may be about to load a page
            published.releaseHeld();
        }
        merger.stop();
        if (log != null) {
            log.stop();
            problem = logProblem(problem);
        }
        try {
            release(alone);
        } finally {
            lock.close();
        }
        if (problem != null) {
            throw problem;
        }
    }

    private RuntimeException lastCheckpoint() {
        try {
            if (store.inBatch()) {
                store.rollbackBatch();
            }
            store.expiryClock().record(true, true);
            if (context.checkpointOnClose()) {
                checkpointer.checkpointByWriter().join();
            }
            return null;
        } catch (final java.util.concurrent.CompletionException e) {
            return e.getCause() instanceof RuntimeException cause ? cause : e;
        } catch (final RuntimeException e) {
            return e;
        } catch (final OutOfMemoryError e) { // the store is to be closed nevertheless
            return new CheckpointFailedException("the last checkpoint failed: " + e.getMessage(), e);
        }
    }

    private RuntimeException logProblem(final RuntimeException earlier) {
        final Throwable cause = log.incomplete();
        if (cause == null) {
            return earlier;
        }
        final StoreFailedException problem = new StoreFailedException(
                "the change log could not be completed: directory=" + directory + " cause: " + cause.getMessage()
                        + "; what is missing is kept in memory files until the machine stops, reopen to save it",
                cause);
        if (earlier != null) {
            problem.addSuppressed(earlier);
        }
        return problem;
    }

    private void release(final boolean alone) {
        // The ring may hold what could not be written: the next open takes it from there.
        final boolean ringNeeded = store.failure() != null || (log != null && log.incomplete() != null);
        if (alone) {
            unmap();
        }
        if (ringNeeded || !alone) { // a writer that is still inside may be about to write to the ring
            place.reclaimMemory();
        } else {
            place.remove();
        }
        if (!alone) {
            System.getLogger(DurableStateStore.class.getName())
                    .log(
                            Level.WARNING,
                            "the writer, or a reader, may still be inside an operation of the closed store: its memory"
                                    + " stays mapped until that thread makes another call or ends; a writer at rest"
                                    + " calls releaseOwnership(), directory={0}",
                            directory);
            final Thread thread = new Thread(this::unmapLater, "quire-departure");
            thread.setDaemon(true);
            thread.start(); // after the files are gone: what is there when it unmaps may be the next owner's
        }
    }

    private void unmap() {
        if (log != null) {
            log.closeRing();
        }
        store.close();
        chain.close();
    }

    /** Waits for whoever may be inside an operation; nothing else of the store is left but what that one may touch. */
    private void unmapLater() {
        while (!store.callersDeparted()) {
            LockSupport.parkNanos(this, DEPARTURE_LOOK_NS);
            Thread.interrupted(); // means nothing here and would keep the thread from parking
        }
        unmap();
    }
}
