/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.RawMemory;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/**
 * The writer's end of a ring: claims space, pads at the end of the body, publishes, and waits when the ring is full.
 *
 * <p>Invariants: committed is not after published, which is not after position, which is not after the limit, which is
 * neither after head + capacity nor after the end of the body; between published and position are whole records.
 *
 * <p>Threading: confined to the writer; the committed position and the stall counters may be read by any thread.
 */
final class RingProducer {
    private static final VarHandle COMMITTED;

    static {
        try {
            COMMITTED = MethodHandles.lookup().findVarHandle(RingProducer.class, "committed", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ChangeRing ring;
    private final FailStop failStop;
    private final IdleStrategy idleStrategy;
    private final ConsumerSignal signal;
    private final NanoClock clock;
    private final long bodyPointer;
    private final long tailPointer;
    private final long capacity;
    private final long indexMask;
    private final long limitStep;

    private long position; // where the next record goes
    private long limit; // claims that end here or before need no look at the consumer
    private long published; // the tail as the consumer sees it
    private volatile long committed; // published, and no group open; for threads that outlive the mapping
    private volatile long stallCount;
    private volatile long stallNs;

    RingProducer(
            final ChangeRing ring,
            final FailStop failStop,
            final IdleStrategy idleStrategy,
            final ConsumerSignal signal,
            final NanoClock clock) {
        this.ring = ring;
        this.failStop = failStop;
        this.idleStrategy = idleStrategy;
        this.signal = signal;
        this.clock = clock;
        bodyPointer = ring.bodyPointer();
        tailPointer = ring.tailPointer();
        capacity = ring.capacity();
        indexMask = capacity - 1;
        limitStep = capacity / 4;
        position = ring.tailAcquire();
        published = position;
        committed = position;
        limit = position;
    }

    /**
     * Space for one record at the current position. Claiming again without {@link #advance} gives the same space.
     *
     * @param length bytes, a multiple of 8, at most the ring's maximum record length
     * @return native pointer
     */
    long claim(final int length) {
        if (position + length > limit || failStop.isTripped()) {
            makeRoom(length);
        }
        return bodyPointer + (position & indexMask);
    }

    /** Whether a record of so many bytes finds room without waiting, also where the end of the body is in its way. */
    boolean hasRoom(final int length) {
        final long untilEnd = capacity - (position & indexMask);
        final long needed = untilEnd < length ? untilEnd + length : length;
        return position + needed - ring.headAcquire() <= capacity;
    }

    /** Moves behind a record that was written to the space claimed. */
    void advance(final int length) {
        position += length;
    }

    /** Makes everything up to the current position visible to the consumer; a group may be open. */
    private void publish() {
        RawMemory.putLongRelease(tailPointer, position);
        published = position;
    }

    /** Makes everything up to the current position visible to the consumer; a group ends there. */
    void commit() {
        publish();
        COMMITTED.setRelease(this, position);
    }

    /** Log position up to which records are published; the writer only. */
    long published() {
        return published;
    }

    /** Log position after the last complete group published; any thread. */
    long committed() {
        return committed;
    }

    /** Forgets records that were not published yet. */
    void rewind(final long toPosition) {
        assert toPosition >= published && toPosition <= position : "toPosition=" + toPosition;
        position = toPosition;
        limit = toPosition;
    }

    long position() {
        return position;
    }

    long stallCount() {
        return stallCount;
    }

    long stallNs() {
        return stallNs;
    }

    private void makeRoom(final int length) {
        failStop.check();
        final int toEnd = (int) (capacity - (position & indexMask));
        if (length > toEnd) {
            awaitRoom(toEnd);
            takeSpace(toEnd);
            writePad(toEnd);
        }
        final long head = awaitRoom(length);
        takeSpace(length);
        final long bodyEnd = (position & ~indexMask) + capacity;
        // In steps, so that the consumer is looked at, and woken, well before the ring is full.
        limit = Math.min(Math.min(Math.min(head + capacity, bodyEnd), ring.spaceEnd()), position + limitStep);
    }

    /** In the first lap the consumer takes space ahead of this; whoever is quicker takes it himself. */
    private void takeSpace(final int length) {
        if (position + length > ring.spaceEnd()) {
            signal.wake();
            try {
                ring.takeSpace(position + length);
            } catch (final StoreFullException e) {
                // To whoever changes something, "full" would mean that nothing was changed.
                throw new StoreIoException(e.getMessage(), e);
            }
        }
    }

    private void writePad(final int length) {
        final long pointer = bodyPointer + (position & indexMask);
        RawMemory.putLong(
                pointer + ChangeRecordDescriptor.LENGTH_OFFSET,
                ChangeRecordDescriptor.lengthTypeFlags(length, ChangeRecordDescriptor.TYPE_PAD, (byte) 0));
        advance(length);
    }

    private long awaitRoom(final int length) {
        final long head = ring.headAcquire();
        if (position - head >= limitStep) {
            signal.wake();
        }
        if (position + length - head <= capacity) {
            return head;
        }
        // The consumer can only make room for records that it sees.
        publish();
        return stall(length);
    }

    private long stall(final int length) {
        final long startNs = clock.nanoTime();
        stallCount++;
        idleStrategy.reset();
        try {
            while (true) {
                signal.wake();
                final long head = ring.headAcquire();
                if (position + length - head <= capacity) {
                    return head;
                }
                failStop.check();
                idleStrategy.idle();
            }
        } finally {
            stallNs += clock.nanoTime() - startNs;
        }
    }
}
