/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.ReaderStarvedException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.table.ReadSession;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * One thread that reads beside the writer. It says that it is inside before it looks whether the store is closed, and
 * whoever closes says so before looking who is inside; both with full ordering, so one of them sees the other.
 *
 * <p>Threading: confined to its thread, but for {@link #isInside} and {@link #isStarving}.
 */
final class ReaderSession extends ReadSession {
    private static final int SPINS = 64;
    private static final int INSIDE = 16;

    private final Readers readers;
    private final Thread thread;
    /** Element {@link #INSIDE} alone is used, so that it shares its lines with nothing: it is written twice a read. */
    private final AtomicLongArray inside = new AtomicLongArray(2 * INSIDE);

    private volatile boolean starving;
    private long starvingSinceNs;
    private boolean closed;

    ReaderSession(final Readers readers, final Thread thread) {
        this.readers = readers;
        this.thread = thread;
    }

    boolean threadIsAlive() {
        return thread.isAlive();
    }

    /** Whether the thread may be reading memory; a thread that has ended is not. */
    boolean isInside() {
        return inside.get(INSIDE) != 0 && thread.isAlive();
    }

    /** Whether the thread does not get through. */
    boolean isStarving() {
        return starving && thread.isAlive();
    }

    @Override
    protected void enter() {
        checkThread();
        inside.set(INSIDE, 1);
        if (readers.closed()) {
            leave();
            throw readers.refused();
        }
    }

    @Override
    protected void checkOpen() {
        checkThread();
        if (readers.closed()) {
            throw readers.refused();
        }
    }

    private void checkThread() {
        if (Thread.currentThread() != thread) {
            throw wrongThread();
        }
        if (closed) {
            throw new StoreClosedException("the reader is closed");
        }
    }

    private ConfigurationException wrongThread() {
        return new ConfigurationException("a reader belongs to the thread that asked for it: thread=" + thread.getName()
                + " caller=" + Thread.currentThread().getName() + "; ask for one in each thread");
    }

    @Override
    protected void leave() {
        if (starving) {
            starving = false;
        }
        inside.lazySet(INSIDE, 0);
    }

    @Override
    protected void failed(final int failures) {
        if (failures <= SPINS) {
            Thread.onSpinWait();
            return;
        }
        if (!starving) {
            starvingSinceNs = System.nanoTime();
            starving = true;
        }
        if (failures % SPINS == 1) {
            if (System.nanoTime() - starvingSinceNs > readers.starvedNs()) {
                throw new ReaderStarvedException("the writer changed what was read each time: attempts=" + failures
                        + " seconds=" + TimeUnit.NANOSECONDS.toSeconds(readers.starvedNs()) + "; read again");
            }
            readers.requestTurn();
        }
        Thread.yield();
    }

    /** Ends the session; by its thread, or by anybody when that has ended. */
    void close() {
        if (Thread.currentThread() != thread && thread.isAlive()) {
            throw wrongThread();
        }
        closed = true;
        readers.forget(this);
    }
}
