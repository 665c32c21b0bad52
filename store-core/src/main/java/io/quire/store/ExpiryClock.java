/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateCatalog;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.NotWriterException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreClosedException;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.EpochClock;

/**
 * The time by which values expire: that of the store's clock, but never less than anybody has been told before. So what
 * has expired stays so for everybody, whatever is done to the clock; also after the store was opened again, because the
 * time is recorded in the store: at every checkpoint, when it is closed by its writer, and by the writer about once a
 * {@link #RECORD_INTERVAL_MS second} while it writes entries that expire or polls. What this leaves out when the
 * process is killed stands in {@code docs/states.md}.
 *
 * <p>A clock that has jumped far ahead and is put right again is not believed until it gets there once more; {@link
 * #lagMs} tells that, and {@link #reset} is the way out.
 *
 * <p>Threading: thread-safe, lock-free, but for {@link #record} and {@link #reset}, which are the writer's.
 */
public final class ExpiryClock {
    /** Milliseconds of the clock after which a writer records the time again. */
    public static final long RECORD_INTERVAL_MS = 1000;
    /**
     * Milliseconds from which on the clock may have been wrong once: while it is behind by as many, nothing is removed
     * without being asked, so that {@link #reset} finds it.
     */
    public static final long DOUBTFUL_LAG_MS = 60_000;

    private static final long NONE = Long.MIN_VALUE; // nobody was told a time; in the store it stands as 0

    private final StateStore store;
    private final EpochClock clock;
    private final AtomicLong latestMs;
    private long recordedMs; // the writer's alone, as is the next
    private long dueMs; // when to record again
    private boolean dueInBatch;
    private boolean unlogged; // a later time is in memory than was recorded last

    ExpiryClock(final StateStore store, final EpochClock clock) {
        this.store = store;
        this.clock = clock;
        latestMs = new AtomicLong();
        recorded(store.memory().rootSlot(StateCatalog.EXPIRY_TIME_SLOT) ^ NONE);
        latestMs.set(recordedMs);
    }

    /** {@return the time by which values expire now, milliseconds of the clock} */
    public long nowMs() {
        final long timeMs = clock.time();
        long latest = latestMs.get();
        while (timeMs > latest) {
            if (latestMs.compareAndSet(latest, timeMs)) {
                return timeMs;
            }
            latest = latestMs.get();
        }
        return latest;
    }

    /**
     * {@return milliseconds that the clock is behind the time by which values expire, because it went back; 0 when it
     * is not, as usual}
     */
    public long lagMs() {
        final long latest = latestMs.get();
        final long timeMs = latest == NONE ? latest : clock.time();
        if (timeMs >= latest) {
            return 0;
        }
        final long lag = latest - timeMs;
        return lag < 0 ? Long.MAX_VALUE : lag;
    }

    /**
     * Believes the clock again, wherever it stands: for when it was put right after it had jumped ahead, for a moment
     * even, and {@link #lagMs} says that nothing would expire for too long. What counts as expired and was not removed
     * yet may be there again. What was written meanwhile keeps the time it was written at, and lives for its time to
     * live after that, unless it is written again. Recorded and acknowledged like any change. By the writer, outside of
     * batches.
     *
     * <p>A reader that asks the clock at this very moment may still have got the wrong time from it, and bring that
     * back: look at {@link #lagMs} again.
     *
     * @throws ConfigurationException inside a batch
     */
    public void reset() {
        store.beforeWrite();
        if (store.inBatch()) {
            throw new ConfigurationException("the expiry clock cannot be reset inside a batch");
        }
        final long timeMs = clock.time();
        latestMs.set(timeMs);
        store.expiryCleaner().lookAgain();
        if (unlogged || (recordedMs != NONE && recordedMs != timeMs)) {
            write(timeMs, true);
        }
    }

    /**
     * Records the time for whoever opens the store next, if a state has, or had, a time to live and somebody was told a
     * later one than was recorded. By the writer, outside of batches; for the durable layer.
     *
     * @param asked whether the clock is asked first, or the time recorded that somebody was told last
     * @param waiting whether to wait for room in the log; otherwise, where there is none, the time is kept in the
     *     store's memory alone, for the checkpoint that is about to be taken
     * @throws NotWriterException when the caller is not the writer; nothing is claimed
     * @throws StoreClosedException when the store is closed
     * @throws ConfigurationException inside a batch
     */
    public void record(final boolean asked, final boolean waiting) {
        if (!store.isWriter()) {
            throw new NotWriterException("the time by which entries expire is recorded by the writer");
        }
        if (store.closed()) {
            throw new StoreClosedException("the store is closed");
        }
        if (store.inBatch()) {
            throw new ConfigurationException("the time by which entries expire cannot be recorded inside a batch");
        }
        final long timeMs = timeToRecord(asked);
        if (timeMs > recordedMs) {
            if (waiting || store.log().hasRoomForExpiryTime()) {
                write(timeMs, false);
            } else {
                keep(timeMs);
                unlogged = true;
            }
        }
    }

    /** The time to record, or what is recorded when there is no later one, or nobody to record it for. */
    private long timeToRecord(final boolean asked) {
        if ((asked || latestMs.get() > recordedMs) && store.registry().hasTimestamps()) {
            return asked ? nowMs() : latestMs.get();
        }
        return recordedMs;
    }

    /** An entry that expires was written: records the time if that is due, for writes in a batch at its end. */
    void recordDue() {
        final long latest = latestMs.get();
        if (latest < dueMs || latest == recordedMs) {
            return;
        }
        if (store.inBatch()) {
            dueInBatch = true;
        } else {
            final long timeMs = timeToRecord(false);
            if (timeMs > recordedMs) {
                write(timeMs, false);
            }
        }
    }

    /** A batch was committed. */
    void batchCommitted() {
        if (dueInBatch) {
            dueInBatch = false;
            recordDue();
        }
    }

    private void write(final long timeMs, final boolean acknowledged) {
        keep(timeMs);
        recorded(timeMs);
        unlogged = false;
        store.log().expiryTime(timeMs, acknowledged);
    }

    private void keep(final long timeMs) {
        try {
            store.memory().rootSlot(StateCatalog.EXPIRY_TIME_SLOT, timeMs ^ NONE);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
    }

    /** The time that a record of the log says, before the store is used. */
    void replay(final long timeMs) {
        store.memory().rootSlot(StateCatalog.EXPIRY_TIME_SLOT, timeMs ^ NONE);
        recorded(timeMs);
        latestMs.set(timeMs);
    }

    private void recorded(final long timeMs) {
        recordedMs = timeMs;
        dueMs = timeMs > Long.MAX_VALUE - RECORD_INTERVAL_MS ? Long.MAX_VALUE : timeMs + RECORD_INTERVAL_MS;
    }
}
