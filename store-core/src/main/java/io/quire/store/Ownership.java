/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.errors.WrongThreadException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Which thread may write. Claiming and releasing go through one atomic reference, so that a hand-over also makes the
 * old writer's work visible to the new one.
 *
 * <p>Threading: thread-safe.
 */
final class Ownership {
    private final AtomicReference<Thread> owner = new AtomicReference<>();

    void claim() {
        final Thread current = Thread.currentThread();
        if (!owner.compareAndSet(null, current) && owner.get() != current) {
            final Thread other = owner.get();
            throw new WrongThreadException("only the writer may write: writer="
                    + (other == null ? "none" : other.getName()) + " caller=" + current.getName()
                    + "; the writer hands over with releaseOwnership()");
        }
    }

    boolean tryClaimFor(final Runnable claimed) {
        if (owner.compareAndSet(null, Thread.currentThread())) {
            claimed.run();
            return true;
        }
        return false;
    }

    void release() {
        owner.set(null);
    }

    void revoke() {
        owner.set(null);
    }
}
