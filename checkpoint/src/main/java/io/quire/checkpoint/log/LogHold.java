/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

/**
 * Keeps the change log from a position on, for somebody who will read it from there: until it is moved on, closed, or
 * the store is closed. The log grows as long as it stays where it is.
 *
 * <p>Threading: thread-safe.
 */
public final class LogHold implements AutoCloseable {
    private final LogRetention retention;
    private volatile long position;

    LogHold(final LogRetention retention, final long position) {
        this.retention = retention;
        this.position = position;
    }

    /** {@return log position from which the log is kept} */
    public long position() {
        return position;
    }

    /**
     * Gives up what is before a position; the next checkpoint deletes it if nobody else needs it.
     *
     * @param newPosition log position; an earlier one than the current has no effect
     */
    public void moveTo(final long newPosition) {
        synchronized (this) {
            position = Math.max(position, newPosition);
        }
    }

    /** Gives up everything; a second call has no effect. */
    @Override
    public void close() {
        retention.release(this);
    }
}
