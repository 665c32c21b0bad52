/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.ConsumerSignal;
import io.quire.store.changelog.FailStop;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;

/**
 * Carries records from the ring to the log segments, and forces them.
 *
 * <p>Group commit needs no setting: what arrives during a force goes with the next one, so groups are as large as the
 * disk is slow. While nobody waits, records gather for a moment in the ring, where they are safe from the death of
 * the process. Where nothing is forced before somebody asks, it is forced all the same once it is much: a force of all
 * that was written between two checkpoints takes so long that the ring fills meanwhile.
 *
 * <p>Any failure is final: the fail stop is tripped with its cause, nothing is written or forced again, the ring
 * keeps what was not written, and everybody who waits is told.
 *
 * <p>A writer whose every write is to be forced does that itself, in {@link #awaitForced}: to wake the agent and to be
 * woken by it costs as much again as the force, and more when the cores are busy. Whoever writes and forces has the
 * <em>duty</em>, a lock that nobody waits for but the close. The agent does what the writer's thread must not: all that
 * an interrupt would break, and callers' code. It prepares space without the duty, which a busy writer seldom leaves.
 *
 * <p>Threading: {@link #doWork} and {@link #onClose} belong to the agent's thread; everything else is thread-safe.
 */
public final class LogAgent implements Agent {
    private static final long AWAIT_NS_MAX = TimeUnit.DAYS.toNanos(365);

    private final ChangeRing ring;
    private final LogWriter writer;
    private final LogSettings settings;
    private final FailStop failStop;
    private final ConsumerSignal signal;
    private final NanoClock clock;
    private final DurableWaiters waiters;
    private final boolean isForced;
    private final int forceLength;
    final LogDuty duty = new LogDuty();
    private boolean isBacklogged;
    private long backlogSinceNs; // when the oldest record not yet written, or forced, was noticed
    private volatile long writtenPosition;
    private volatile long forceCount;
    private volatile long forceNs;
    private volatile long forceNsMax;
    private volatile long forcedLength;
    private volatile long forcedLengthMax;
    private volatile long blockCount;
    private volatile long writtenLength;
    private volatile boolean isWriteRequested;
    private volatile boolean isForcedHere; // the writer is at it, with the duty
    private volatile boolean isReleaseDue; // the writer has made durable, or failed, what futures wait for

    /**
     * Creates the agent; it owns the writer from now on, and not the ring.
     *
     * @param ring where records come from; its head is the writer's position
     * @param writer where they go
     * @param settings of the log
     * @param failStop shared with the store's writer
     * @param signal wakes this agent when somebody waits for it, usually its idle strategy
     * @param clock for batching and counters
     */
    public LogAgent(
            final ChangeRing ring,
            final LogWriter writer,
            final LogSettings settings,
            final FailStop failStop,
            final ConsumerSignal signal,
            final NanoClock clock) {
        if (ring.headAcquire() != writer.position() || ring.incarnation() != writer.incarnation()) {
            throw new IllegalArgumentException("ring does not belong to the log: head=" + ring.headAcquire()
                    + " log position=" + writer.position());
        }
        this.ring = ring;
        this.writer = writer;
        this.settings = settings;
        this.failStop = failStop;
        this.signal = signal;
        this.clock = clock;
        isForced = settings.isForced();
        forceLength = settings.forceLength();
        waiters = new DurableWaiters(failStop, writer.durablePosition());
        writtenPosition = writer.position();
    }

    @Override
    public String roleName() {
        return "quire-log";
    }

    /**
     * One duty cycle: writes what is in the ring when it is worth it, and forces when somebody waits or it is time.
     *
     * @return 0 when there was nothing to do
     */
    @Override
    public int doWork() {
        if (isReleaseDue) {
            isReleaseDue = false;
            release();
        }
        if (failStop.isTripped()) {
            return 0;
        }
        final int workCount = carry();
        return workCount > 0 || isBacklogged || failStop.isTripped() ? workCount : prepare();
    }

    /** What is to be written and forced, unless the writer is at it. */
    private int carry() {
        if (!duty.tryLock()) {
            isBacklogged = false;
            if (duty.isAbandoned()) {
                fail(abandoned());
            }
            return 0;
        }
        try {
            ring.takeSpaceAhead();
            return drainAndForce(false);
        } catch (final Throwable e) {
            fail(e); // before anybody else gets the duty
            return 0;
        } finally {
            duty.unlock();
        }
    }

    /** Without the duty: a writer that forces each write would leave no time for it, and wait for it where it does. */
    private int prepare() {
        try {
            return isForced && writer.prepare() ? 1 : 0;
        } catch (final Throwable e) {
            fail(e);
            return 0;
        }
    }

    private void release() {
        if (failStop.isTripped()) {
            waiters.fail();
        } else {
            waiters.release();
        }
    }

    private static StoreFailedException abandoned() {
        return new StoreFailedException(
                "a thread of the store's writer was stopped while it was about to write to the change log");
    }

    private void fail(final Throwable cause) {
        failStop.trip(cause);
        waiters.fail();
    }

    private int drainAndForce(final boolean isClosing) {
        final boolean isRequested = isWriteRequested;
        if (isRequested) {
            isWriteRequested = false; // before the tail is read, so that whoever asks later is not passed over
        }
        final long tail = ring.tailAcquire();
        final long written = writer.position();
        final long durable = writer.durablePosition();
        final boolean isAwaited = Math.min(waiters.requestedPosition(), tail) > durable;
        final boolean isMuch = forceLength > 0 && written - durable >= forceLength;
        final boolean isForceDue = isAwaited || isMuch || (isForced && tail > durable);
        if (tail == written && !isForceDue) {
            isBacklogged = false;
            return 0;
        }
        final boolean isPatient = !isClosing && !isAwaited && !isRequested;
        if (isPatient && tail - written < settings.batchLength() && !hasLingered()) {
            return 0;
        }
        isBacklogged = false;
        drain(written, tail);
        if (isForceDue) {
            force();
        }
        return 1;
    }

    private boolean hasLingered() {
        final long nowNs = clock.nanoTime();
        if (!isBacklogged) {
            isBacklogged = true;
            backlogSinceNs = nowNs;
        }
        return nowNs - backlogSinceNs >= settings.lingerNs();
    }

    private void drain(final long from, final long to) {
        long position = from;
        while (position < to) {
            final int available = (int) Math.min(to - position, ring.contiguousLength(position));
            position += writer.append(ring.pointerOf(position), available);
            ring.headRelease(position);
            writtenPosition = position;
        }
        blockCount = writer.blockCount();
        writtenLength = writer.writtenLength();
        if (writer.durablePosition() > waiters.durablePosition()) {
            waiters.advance(writer.durablePosition()); // full segments were forced on the way
        }
    }

    private void force() {
        final long startNs = clock.nanoTime();
        final long durableBefore = writer.durablePosition();
        writer.force();
        countForce(startNs, durableBefore);
        waiters.advance(writer.durablePosition());
    }

    private void countForce(final long startNs, final long durableBefore) {
        final long durationNs = clock.nanoTime() - startNs;
        final long length = writer.durablePosition() - durableBefore;
        forceNs += durationNs;
        forceNsMax = Math.max(forceNsMax, durationNs);
        forcedLength += length;
        forcedLengthMax = Math.max(forcedLengthMax, length);
        forceCount = writer.forceCount();
    }

    /**
     * Makes everything up to a position survive a power loss, for a write that was promised to: by this very thread
     * when it is little, else it waits for the agent. The store's writer only; an interrupt does not end it, and its
     * flag is kept.
     *
     * @param position log position, not behind what is in the ring
     * @throws io.quire.store.errors.StoreFailedException when the log has failed, or fails meanwhile
     * @throws StoreClosedException when the store was closed before the position was durable
     */
    public void awaitForced(final long position) {
        if (waiters.durablePosition() < position && !forceHere()) {
            awaitDurable(position, AWAIT_NS_MAX);
        }
    }

    /** Writes and forces what is in the ring on this thread; false when that is left to the agent, or has failed. */
    boolean forceHere() {
        if (!duty.tryLock()) {
            return false;
        }
        isForcedHere = true;
        try {
            return !failStop.isTripped() && drainForced();
        } catch (final Throwable e) {
            failStop.trip(e);
            requestRelease();
            return false; // waiting for the agent throws it
        } finally {
            isForcedHere = false;
            duty.unlock();
        }
    }

    private boolean drainForced() {
        final long tail = ring.tailAcquire();
        long position = writer.position();
        if (tail - position > settings.maxBlockLength() || writer.durablePosition() != position) {
            return false; // one force for many blocks is quicker; and this one is for its own block only
        }
        final boolean wasSpaceShort = writer.isSpaceShort();
        while (position < tail) {
            final int length = (int) Math.min(tail - position, ring.contiguousLength(position));
            final long startNs = clock.nanoTime();
            if (!writer.appendForced(ring.pointerOf(position), length)) {
                return false;
            }
            countForce(startNs, position);
            position += length;
            ring.headRelease(position);
            writtenPosition = position;
        }
        blockCount = writer.blockCount();
        writtenLength = writer.writtenLength();
        if (waiters.publish(writer.durablePosition())) {
            requestRelease();
        }
        if (!wasSpaceShort && writer.isSpaceShort()) {
            signal.wake(); // once: from here on it does not sleep for long before it has looked
        }
        return true;
    }

    private void requestRelease() {
        isReleaseDue = true;
        signal.wake();
    }

    /**
     * Writes and forces the rest, seals the log and closes its files; then every method of the store's writer throws.
     */
    @Override
    public void onClose() {
        final boolean isTaken = duty.lockUnlessAbandoned();
        try {
            if (!isTaken) {
                fail(abandoned());
            }
            if (!failStop.isTripped()) {
                writeRest();
            }
            fail(new StoreClosedException("the store is closed"));
            writer.close();
        } finally {
            if (isTaken) {
                duty.unlock();
            }
        }
    }

    private void writeRest() {
        try {
            drainAndForce(true);
            writer.seal();
            waiters.advance(writer.durablePosition());
        } catch (final Throwable e) {
            fail(e);
        }
    }

    /** {@return log position up to which records are in the log segments} */
    public long writtenPosition() {
        return writtenPosition;
    }

    /** {@return log position up to which records survive a power loss} */
    public long durablePosition() {
        return waiters.durablePosition();
    }

    /**
     * Waits until everything before a position survives a power loss; asks for a force where the durability does not
     * give one by itself. An interrupt does not end the wait, and its flag is kept.
     *
     * @param position log position, as the change log has returned it
     * @param timeoutNs nanoseconds to wait at most
     * @return whether it is durable
     * @throws io.quire.store.errors.StoreFailedException when the log has failed, or fails meanwhile
     * @throws StoreClosedException when the store was closed before the position was durable
     */
    public boolean awaitDurable(final long position, final long timeoutNs) {
        if (waiters.durablePosition() >= position) {
            return true;
        }
        failStop.check();
        if (waiters.request(position)) {
            signal.wake();
        }
        return waiters.await(position, timeoutNs);
    }

    /**
     * The same without waiting.
     *
     * @param position log position, as the change log has returned it
     * @return completes with the durable position, on the log agent's thread, or exceptionally like awaitDurable
     */
    public CompletableFuture<Long> durableFuture(final long position) {
        if (waiters.request(position)) {
            signal.wake();
        }
        return waiters.future(position);
    }

    /**
     * Has what is in the ring written without waiting for more, for somebody who reads the segments. Returns at once.
     */
    public void requestWrite() {
        if (isForcedHere) {
            return; // it is being written, or the agent is woken for it, and could do nothing before
        }
        isWriteRequested = true;
        signal.wake();
    }

    /** {@return how often a file was forced} */
    public long forceCount() {
        return forceCount;
    }

    /** {@return nanoseconds spent forcing} */
    public long forceNs() {
        return forceNs;
    }

    /** {@return nanoseconds of the longest force} */
    public long forceNsMax() {
        return forceNsMax;
    }

    /** {@return bytes of records that forces have made durable; divided by their number, the size of a group} */
    public long forcedLength() {
        return forcedLength;
    }

    /** {@return bytes of records of the largest group that was made durable at once} */
    public long forcedLengthMax() {
        return forcedLengthMax;
    }

    /** {@return blocks written} */
    public long blockCount() {
        return blockCount;
    }

    /** {@return bytes of blocks written, headers included, after compression} */
    public long writtenLength() {
        return writtenLength;
    }
}
