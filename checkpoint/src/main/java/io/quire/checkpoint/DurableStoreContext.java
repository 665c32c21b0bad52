/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.live.BootIdentity;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.store.Durability;
import io.quire.store.StateStore;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PagedMemory;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemEpochClock;

/**
 * All settings of a durable store, with their defaults. Setters return this; getters have the same names; {@link
 * #conclude()} checks everything once, and the store calls it when it opens.
 *
 * <p>Threading: confined to one thread until the store is open, not changed afterwards.
 */
public final class DurableStoreContext {
    /** Default time between checkpoints, nanoseconds. */
    public static final long CHECKPOINT_INTERVAL_NS_DEFAULT = TimeUnit.SECONDS.toNanos(10);
    /** Default longest duration of a checkpoint, nanoseconds. */
    public static final long CHECKPOINT_TIMEOUT_NS_DEFAULT = TimeUnit.MINUTES.toNanos(10);
    /** Default number of checkpoints that may fail in a row: any. */
    public static final int TOLERABLE_FAILED_CHECKPOINTS_DEFAULT = Integer.MAX_VALUE;
    /** Default number of checkpoints kept. */
    public static final int RETAINED_CHECKPOINTS_DEFAULT = 2;
    /** Default length of the change-log ring, bytes. */
    public static final int CHANGE_RING_LENGTH_DEFAULT = 16 * 1024 * 1024;
    /** Default longest sleep of the log agent while there is nothing to write, nanoseconds. */
    public static final long LOG_SLEEP_NS_MAX_DEFAULT = TimeUnit.MILLISECONDS.toNanos(20);
    /** Default length of a log segment file, bytes. */
    public static final long LOG_SEGMENT_LENGTH_DEFAULT = 64L * 1024 * 1024;
    /** Default length of the capture pool, bytes. */
    public static final int CAPTURE_POOL_LENGTH_DEFAULT = 64 * 1024 * 1024;
    /** Default most checkpoint files that make up a checkpoint before background merging has caught up. */
    public static final int CHAIN_LENGTH_MAX_DEFAULT = 8;

    private static final double CPU_SHARE_MIN = 0.01;
    private static final double CPU_SHARE_MAX = 2;

    private Path directory;
    private Durability durability = Durability.PROCESS;
    private long checkpointIntervalNs = CHECKPOINT_INTERVAL_NS_DEFAULT;
    private long checkpointTimeoutNs = CHECKPOINT_TIMEOUT_NS_DEFAULT;
    private long minPauseBetweenCheckpointsNs;
    private int tolerableFailedCheckpoints = TOLERABLE_FAILED_CHECKPOINTS_DEFAULT;
    private long checkpointBandwidth;
    private double checkpointCpuShare = Runtime.getRuntime().availableProcessors() > 2 ? CPU_SHARE_MAX : 1;
    private int retainedCheckpoints = RETAINED_CHECKPOINTS_DEFAULT;
    private boolean checkpointOnClose = true;
    private LiveMemoryKind liveMemory = LiveMemoryKind.AUTO;
    private boolean hugePages = true;
    private Path sharedMemoryDirectory = Path.of("/dev/shm");
    private long liveMemoryLengthMax = 1L << 43;
    private int windowShift = PagedMemory.WINDOW_SHIFT_MAX;
    private int changeRingLength = CHANGE_RING_LENGTH_DEFAULT;
    private Supplier<? extends IdleStrategy> fullRingIdleStrategy = DurableStoreContext::backOff;
    private long logSleepNsMax = LOG_SLEEP_NS_MAX_DEFAULT;
    private long logSegmentLength = LOG_SEGMENT_LENGTH_DEFAULT;
    private long retainedLogLength;
    private boolean compressLog;
    private int capturePoolLength = CAPTURE_POOL_LENGTH_DEFAULT;
    private int chainLengthMax = CHAIN_LENGTH_MAX_DEFAULT;
    private boolean compressCheckpoints = true;
    private boolean hydrateInBackground = true;
    private long hydrationBytesPerSecond;
    private boolean verifyOnOpen;
    private long bootIdHash;
    private boolean acceptLossOnFallback;
    private StoreFiles storeFiles = new DiskStoreFiles();
    private Consumer<Thread> threadStarter = Thread::start;
    private CheckpointStorage checkpointStorage;
    private ProgressListener recoveryProgress = ProgressListener.NONE;
    private EpochClock expiryClock = SystemEpochClock.INSTANCE;
    private long expiryBudgetNs = StateStore.EXPIRY_BUDGET_NS_DEFAULT;

    /**
     * Checks all settings together.
     *
     * @return this
     * @throws ConfigurationException naming the setting, what was found and what is expected
     */
    public DurableStoreContext conclude() {
        if (directory == null) {
            throw new ConfigurationException("no directory was given");
        }
        check("checkpointIntervalNs", checkpointIntervalNs, 0, Long.MAX_VALUE);
        check("checkpointTimeoutNs", checkpointTimeoutNs, 1, Long.MAX_VALUE);
        check("minPauseBetweenCheckpointsNs", minPauseBetweenCheckpointsNs, 0, Long.MAX_VALUE);
        check("tolerableFailedCheckpoints", tolerableFailedCheckpoints, 0, Integer.MAX_VALUE);
        check("checkpointBandwidth", checkpointBandwidth, 0, Long.MAX_VALUE);
        if (!(checkpointCpuShare >= CPU_SHARE_MIN && checkpointCpuShare <= CPU_SHARE_MAX)) {
            throw new ConfigurationException("checkpointCpuShare is out of range: found=" + checkpointCpuShare
                    + " expected=" + CPU_SHARE_MIN + ".." + CPU_SHARE_MAX);
        }
        check("retainedCheckpoints", retainedCheckpoints, 2, 1000);
        check("liveMemoryLengthMax", liveMemoryLengthMax, 1L << PagedMemory.WINDOW_SHIFT_MIN, 1L << 43);
        check("windowShift", windowShift, PagedMemory.WINDOW_SHIFT_MIN, PagedMemory.WINDOW_SHIFT_MAX);
        checkPowerOfTwo("changeRingLength", changeRingLength, 64 * 1024, 1 << 30);
        if (fullRingIdleStrategy == null) {
            throw new ConfigurationException("no fullRingIdleStrategy was given");
        }
        check("logSleepNsMax", logSleepNsMax, 0, TimeUnit.SECONDS.toNanos(1));
        check("logSegmentLength", logSegmentLength, 64 * 1024, 1L << 40);
        check("retainedLogLength", retainedLogLength, 0, Long.MAX_VALUE);
        checkPowerOfTwo("capturePoolLength", capturePoolLength, PageCapture.POOL_LENGTH_MIN, 1 << 30);
        check("chainLengthMax", chainLengthMax, 2, 64);
        check("hydrationBytesPerSecond", hydrationBytesPerSecond, 0, Long.MAX_VALUE);
        check("expiryBudgetNs", expiryBudgetNs, 0, Long.MAX_VALUE);
        if (expiryClock == null) {
            throw new ConfigurationException("no expiryClock was given");
        }
        return this;
    }

    /** {@return directory of the store; created when missing, not null; required} */
    public Path directory() {
        return directory;
    }

    /**
     * Directory of the store.
     *
     * @param value created when missing, not null; required
     * @return this
     */
    public DurableStoreContext directory(final Path value) {
        directory = value;
        return this;
    }

    /** {@return when a write counts as acknowledged; not null} */
    public Durability durability() {
        return durability;
    }

    /**
     * When a write counts as acknowledged.
     *
     * @param value not null
     * @return this
     */
    public DurableStoreContext durability(final Durability value) {
        durability = value;
        return this;
    }

    /**
     * {@return time from the start of a checkpoint to the start of the next; nanoseconds; 0 = only on demand and at
     * close}
     */
    public long checkpointIntervalNs() {
        return checkpointIntervalNs;
    }

    /**
     * Time from the start of a checkpoint to the start of the next.
     *
     * @param value nanoseconds; 0 = only on demand and at close
     * @return this
     */
    public DurableStoreContext checkpointIntervalNs(final long value) {
        checkpointIntervalNs = value;
        return this;
    }

    /** {@return longest duration of a checkpoint, from its request to its verified manifest; nanoseconds} */
    public long checkpointTimeoutNs() {
        return checkpointTimeoutNs;
    }

    /**
     * Longest duration of a checkpoint, from its request to its verified manifest. One that takes longer fails, and
     * what it would have saved goes with the next.
     *
     * @param value nanoseconds, greater than 0
     * @return this
     */
    public DurableStoreContext checkpointTimeoutNs(final long value) {
        checkpointTimeoutNs = value;
        return this;
    }

    /**
     * {@return shortest time from the end of a checkpoint to the start of the next that the interval asks for;
     * nanoseconds}
     */
    public long minPauseBetweenCheckpointsNs() {
        return minPauseBetweenCheckpointsNs;
    }

    /**
     * Shortest time from the end of a checkpoint, successful or not, to the start of the next that the interval asks
     * for. Checkpoints on demand do not wait for it.
     *
     * @param value nanoseconds; 0 = none
     * @return this
     */
    public DurableStoreContext minPauseBetweenCheckpointsNs(final long value) {
        minPauseBetweenCheckpointsNs = value;
        return this;
    }

    /** {@return how many checkpoints may fail in a row before the store refuses further writes; 0 or more} */
    public int tolerableFailedCheckpoints() {
        return tolerableFailedCheckpoints;
    }

    /**
     * How many checkpoints may fail in a row. One more and the store is fail-stopped: reads go on, every write throws
     * with the cause. Unless set, any number may: with a change log nothing is lost meanwhile, but it grows.
     *
     * @param value 0 = the first failure stops the store
     * @return this
     */
    public DurableStoreContext tolerableFailedCheckpoints(final int value) {
        tolerableFailedCheckpoints = value;
        return this;
    }

    /** {@return most bytes a second that checkpoints and merges together write; 0 = no limit} */
    public long checkpointBandwidth() {
        return checkpointBandwidth;
    }

    /**
     * Most bytes a second that checkpoints and merges together write. It gives way while the capture pool is more
     * than half full, because the writer would have to wait otherwise.
     *
     * @param value bytes a second; 0 = no limit
     * @return this
     */
    public DurableStoreContext checkpointBandwidth(final long value) {
        checkpointBandwidth = value;
        return this;
    }

    /** {@return cores that checkpointing may take, and merging as much of one; 0.01..2} */
    public double checkpointCpuShare() {
        return checkpointCpuShare;
    }

    /**
     * Most of a core that the checkpointing and the merging thread each take while they have work; merging rests while
     * a checkpoint is under way. It gives way while the capture pool is more than half full. With more than 1 there is
     * a further thread that writes long checkpoint files while the first goes on compressing. That takes a third core:
     * where there are two, the writer would wait for its turn on one of them.
     *
     * @param value 0.01..2; 1 = no limit, more = no limit and the further thread; default 2 on a machine of more than
     *     two processors, else 1
     * @return this
     */
    public DurableStoreContext checkpointCpuShare(final double value) {
        checkpointCpuShare = value;
        return this;
    }

    /** {@return how many completed checkpoints are kept; 2..1000} */
    public int retainedCheckpoints() {
        return retainedCheckpoints;
    }

    /**
     * How many completed checkpoints are kept.
     *
     * @param value 2..1000
     * @return this
     */
    public DurableStoreContext retainedCheckpoints(final int value) {
        retainedCheckpoints = value;
        return this;
    }

    /**
     * {@return whether closing takes a last checkpoint, so that the next open replays nothing; false leaves the
     * changes since the last one to the change log}
     */
    public boolean checkpointOnClose() {
        return checkpointOnClose;
    }

    /**
     * Whether closing takes a last checkpoint, so that the next open replays nothing.
     *
     * @param value false leaves the changes since the last one to the change log
     * @return this
     */
    public DurableStoreContext checkpointOnClose(final boolean value) {
        checkpointOnClose = value;
        return this;
    }

    /** {@return what backs the live memory; not null} */
    public LiveMemoryKind liveMemory() {
        return liveMemory;
    }

    /**
     * What backs the live memory.
     *
     * @param value not null
     * @return this
     */
    public DurableStoreContext liveMemory(final LiveMemoryKind value) {
        liveMemory = value;
        return this;
    }

    /** {@return whether the system is asked for huge pages behind live memory; true = where it has them} */
    public boolean hugePages() {
        return hugePages;
    }

    /**
     * Whether the system is asked for huge pages behind live memory, which make random access to much of it faster.
     * That takes Java 22 and Linux; without them nothing is asked for, and nothing else changes.
     *
     * @param value true = where it has them
     * @return this
     */
    public DurableStoreContext hugePages(final boolean value) {
        hugePages = value;
        return this;
    }

    /** {@return where the memory file system is mounted; an absolute path} */
    public Path sharedMemoryDirectory() {
        return sharedMemoryDirectory;
    }

    /**
     * Where the memory file system is mounted.
     *
     * @param value an absolute path
     * @return this
     */
    public DurableStoreContext sharedMemoryDirectory(final Path value) {
        sharedMemoryDirectory = value;
        return this;
    }

    /** {@return most live memory the store may take; bytes, 1 MiB..8 TiB} */
    public long liveMemoryLengthMax() {
        return liveMemoryLengthMax;
    }

    /**
     * Most live memory the store may take; more only while a batch is taken back whose freed memory is in use again. A
     * store that takes more already, because it was larger once, can be opened, but does not grow.
     *
     * @param value bytes, 1 MiB..8 TiB
     * @return this
     */
    public DurableStoreContext liveMemoryLengthMax(final long value) {
        liveMemoryLengthMax = value;
        return this;
    }

    /**
     * {@return length of one mapping of live memory; fixed when a store is created, ignored afterwards; log2 of
     * bytes, 20..30}
     */
    public int windowShift() {
        return windowShift;
    }

    /**
     * Length of one mapping of live memory; fixed when a store is created, ignored afterwards.
     *
     * @param value log2 of bytes, 20..30
     * @return this
     */
    public DurableStoreContext windowShift(final int value) {
        windowShift = value;
        return this;
    }

    /** {@return length of the change-log ring; bytes, a power of two, 64 KiB..1 GiB} */
    public int changeRingLength() {
        return changeRingLength;
    }

    /**
     * Length of the change-log ring.
     *
     * @param value bytes, a power of two, 64 KiB..1 GiB
     * @return this
     */
    public DurableStoreContext changeRingLength(final int value) {
        changeRingLength = value;
        return this;
    }

    /** {@return makes what the writer does while the ring is full; not null} */
    public Supplier<? extends IdleStrategy> fullRingIdleStrategy() {
        return fullRingIdleStrategy;
    }

    /**
     * What the writer does while the ring is full, because the log agent, or the disk behind it, is slower. By default
     * it spins, yields, then sleeps up to 200 us; a writer with a core of its own may spin only.
     *
     * @param value makes a new one for each store that is opened; not null
     * @return this
     */
    public DurableStoreContext fullRingIdleStrategy(final Supplier<? extends IdleStrategy> value) {
        fullRingIdleStrategy = value;
        return this;
    }

    private static IdleStrategy backOff() {
        return new BackoffIdleStrategy(100, 10, 1000, TimeUnit.MICROSECONDS.toNanos(200));
    }

    /** {@return longest sleep of the log agent while there is nothing to write; nanoseconds, 0..1 s} */
    public long logSleepNsMax() {
        return logSleepNsMax;
    }

    /**
     * Longest sleep of the log agent while there is nothing to write. It is woken before it is over when the ring fills
     * up or somebody waits for a position.
     *
     * @param value nanoseconds, 0..1 s; 0 = it never sleeps and takes a core for itself
     * @return this
     */
    public DurableStoreContext logSleepNsMax(final long value) {
        logSleepNsMax = value;
        return this;
    }

    /** {@return bytes of log that are kept although no checkpoint needs them; not negative} */
    public long retainedLogLength() {
        return retainedLogLength;
    }

    /**
     * How much of the log is kept although no checkpoint needs it, for subscribers that resume behind a position, also
     * when the store was closed meanwhile. Whole segments are kept, so that it is at least this much.
     *
     * @param value bytes before the end of the log; not negative
     * @return this
     */
    public DurableStoreContext retainedLogLength(final long value) {
        retainedLogLength = value;
        return this;
    }

    /** {@return whether blocks of the log are compressed; true = LZ4} */
    public boolean compressLog() {
        return compressLog;
    }

    /**
     * Whether blocks of the log are compressed, each by itself and only where that makes it shorter. Costs the log
     * agent about a nanosecond a byte, not the writer; saves disk and bandwidth.
     *
     * @param value true = LZ4
     * @return this
     */
    public DurableStoreContext compressLog(final boolean value) {
        compressLog = value;
        return this;
    }

    /** {@return length at which a log segment file is full; bytes, 64 KiB..1 TiB} */
    public long logSegmentLength() {
        return logSegmentLength;
    }

    /**
     * Length at which a log segment file is full.
     *
     * @param value bytes, 64 KiB..1 TiB
     * @return this
     */
    public DurableStoreContext logSegmentLength(final long value) {
        logSegmentLength = value;
        return this;
    }

    /**
     * {@return room for lines that the writer saves before the checkpointer takes them; bytes, a power of two, 64
     * KiB..1 GiB}
     */
    public int capturePoolLength() {
        return capturePoolLength;
    }

    /**
     * Most room for lines that the writer saves before the checkpointer takes them. Taken in chunks of up to 256 KiB
     * when they are first needed, kept until the store is closed. When it is full the writer waits.
     *
     * @param value bytes, a power of two, 64 KiB..1 GiB
     * @return this
     */
    public DurableStoreContext capturePoolLength(final int value) {
        capturePoolLength = value;
        return this;
    }

    /** {@return how many files may make up a checkpoint before merging must shorten the chain; 2..64} */
    public int chainLengthMax() {
        return chainLengthMax;
    }

    /**
     * How many files may make up a checkpoint before merging must shorten the chain.
     *
     * @param value 2..64
     * @return this
     */
    public DurableStoreContext chainLengthMax(final int value) {
        chainLengthMax = value;
        return this;
    }

    /** {@return whether blocks of checkpoint files are compressed; true = LZ4} */
    public boolean compressCheckpoints() {
        return compressCheckpoints;
    }

    /**
     * Whether blocks of checkpoint files are compressed.
     *
     * @param value true = LZ4
     * @return this
     */
    public DurableStoreContext compressCheckpoints(final boolean value) {
        compressCheckpoints = value;
        return this;
    }

    /**
     * {@return whether pages not yet touched are loaded in the background after recovery; false = on first touch
     * only}
     */
    public boolean hydrateInBackground() {
        return hydrateInBackground;
    }

    /**
     * Whether pages not yet touched are loaded in the background after recovery.
     *
     * @param value false = on first touch only
     * @return this
     */
    public DurableStoreContext hydrateInBackground(final boolean value) {
        hydrateInBackground = value;
        return this;
    }

    /**
     * {@return how fast pages are loaded in the background after recovery, so that disk and memory stay free for
     * others; bytes a second, 0 = as fast as it goes}
     */
    public long hydrationBytesPerSecond() {
        return hydrationBytesPerSecond;
    }

    /**
     * How fast pages are loaded in the background after recovery. A page that is touched is loaded at once whatever the
     * rate.
     *
     * @param value bytes a second, 0 = as fast as it goes
     * @return this
     */
    public DurableStoreContext hydrationBytesPerSecond(final long value) {
        hydrationBytesPerSecond = value;
        return this;
    }

    /**
     * {@return whether opening reads and checks everything in the files of the checkpoint first; false = each block is
     * checked when it is needed}
     */
    public boolean verifyOnOpen() {
        return verifyOnOpen;
    }

    /**
     * Whether opening reads and checks everything in the files of the checkpoint first. Then damage anywhere in them
     * lets recovery go back to the checkpoint before, if the log has the rest; met later, when nobody can go back any
     * more, it is an error of whoever needs the page. Takes about a second for each gigabyte of files.
     *
     * @param value false = each block is checked when it is needed
     * @return this
     */
    public DurableStoreContext verifyOnOpen(final boolean value) {
        verifyOnOpen = value;
        return this;
    }

    /** Identity of the running system's boot; another one than the system's in tests that restart it. */
    long bootIdHash() {
        return bootIdHash == 0 ? BootIdentity.currentHash() : bootIdHash;
    }

    DurableStoreContext bootIdHash(final long value) {
        bootIdHash = value;
        return this;
    }

    /** {@return how the threads of checkpoints and merging are started} */
    Consumer<Thread> threadStarter() {
        return threadStarter;
    }

    /** Replaces how threads are started, for tests of a system that has no more of them. */
    DurableStoreContext threadStarter(final Consumer<Thread> value) {
        threadStarter = value;
        return this;
    }

    /**
     * {@return whether to go back to an older checkpoint although changes after it are lost, when the newest is
     * damaged; false = such an open fails and says what would be lost}
     */
    public boolean acceptLossOnFallback() {
        return acceptLossOnFallback;
    }

    /**
     * Whether to go back to an older checkpoint although changes after it are lost, when the newest is damaged; and to
     * end the change log where it is damaged, or where it goes on behind changes that are in neither it nor the
     * checkpoint. What was given up, and why, is in the report of the recovery.
     *
     * @param value false = such an open fails and says what would be lost
     * @return this
     */
    public DurableStoreContext acceptLossOnFallback(final boolean value) {
        acceptLossOnFallback = value;
        return this;
    }

    /** {@return the file layer; not null} */
    public StoreFiles storeFiles() {
        return storeFiles;
    }

    /**
     * The file layer.
     *
     * @param value not null
     * @return this
     */
    public DurableStoreContext storeFiles(final StoreFiles value) {
        storeFiles = value;
        return this;
    }

    /** {@return where checkpoint files and manifests are kept; null = in the directory of the store} */
    public CheckpointStorage checkpointStorage() {
        return checkpointStorage;
    }

    /**
     * Where checkpoint files and manifests are kept, if not in the directory of the store: an object store, say. The
     * directory keeps the change log, the lock and what belongs to an open store. The store does not close the storage.
     *
     * <p>A storage is of one store, and a store is opened with the same storage always: what the two keep belongs
     * together. A directory that is opened with an empty storage, or without the storage it had, is refused when that
     * can be told, because it has a log or checkpoints of its own. When the directory is lost, the storage alone gives
     * the newest checkpoint: opened with a new directory, and with {@link #acceptLossOnFallback(boolean)} since the
     * changes in the log are lost. {@link StoreInspection}, {@link StoreVerifier} and {@link StoreLog} look at
     * directories only.
     *
     * @param value keeps what its contract says, which everything rests on; null = in the directory of the store
     * @return this
     */
    public DurableStoreContext checkpointStorage(final CheckpointStorage value) {
        checkpointStorage = value;
        return this;
    }

    /** {@return told how far replay of the log has come; not null} */
    public ProgressListener recoveryProgress() {
        return recoveryProgress;
    }

    /**
     * Told how far replay of the log has come.
     *
     * @param value not null
     * @return this
     */
    public DurableStoreContext recoveryProgress(final ProgressListener value) {
        recoveryProgress = value;
        return this;
    }

    /** {@return tells the time by which entries with a time to live expire; not null} */
    public EpochClock expiryClock() {
        return expiryClock;
    }

    /**
     * Tells the time by which entries with a time to live expire, the system's by default. Another one serves tests,
     * and stores that live by the time of their events. The time by which entries expire never goes back with it, also
     * not while the store is closed, see {@link io.quire.store.ExpiryClock}.
     *
     * @param value milliseconds since 1970 or any other moment, the same for the life of the store; asked by the writer
     *     and by readers, so thread-safe; not null
     * @return this
     */
    public DurableStoreContext expiryClock(final EpochClock value) {
        expiryClock = value;
        return this;
    }

    /** {@return nanoseconds that the writer spends at once on removing what has expired; 0 = only when asked} */
    public long expiryBudgetNs() {
        return expiryBudgetNs;
    }

    /**
     * Time that the writer spends at once on removing what has expired.
     *
     * @param value nanoseconds; 0 = only when asked, see {@link DurableStateStore#cleanExpired}
     * @return this
     */
    public DurableStoreContext expiryBudgetNs(final long value) {
        expiryBudgetNs = value;
        return this;
    }

    private static void check(final String name, final long value, final long min, final long max) {
        if (value < min || value > max) {
            throw new ConfigurationException(
                    name + " is out of range: found=" + value + " expected=" + min + ".." + max);
        }
    }

    private static void checkPowerOfTwo(final String name, final int value, final int min, final int max) {
        check(name, value, min, max);
        if (Integer.bitCount(value) != 1) {
            throw new ConfigurationException(name + " must be a power of two: found=" + value);
        }
    }
}
