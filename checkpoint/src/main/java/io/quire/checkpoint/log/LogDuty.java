/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The duty of a log agent, as a lock. It may have been taken by a thread that was stopped ({@code Thread.stop}, up to
 * Java 19) before it could give it back: nobody ever gets it then, but nobody else writes to the log either.
 *
 * <p>Threading: thread-safe.
 */
class LogDuty extends ReentrantLock {
    private static final long serialVersionUID = 1L;
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Whether the thread that has it is dead. */
    boolean isAbandoned() {
        final Thread owner = getOwner();
        // Alive when it gave it back, it may be dead a moment later.
        return owner != null && !owner.isAlive() && getOwner() == owner;
    }

    /** Waits for it; false when whoever has it is dead. */
    boolean lockUnlessAbandoned() {
        while (!tryLock()) {
            if (isAbandoned()) {
                return false;
            }
            LockSupport.parkNanos(this, LOOK_NS);
        }
        return true;
    }
}
