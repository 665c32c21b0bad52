/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.log.LogRetention;

/**
 * Stands for the change log of a store that keeps none: the position is where the last one ended.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class NoChangeLog implements CheckpointLog {
    private final long position;
    private final LogRetention retention;

    NoChangeLog(final long position, final LogRetention retention) {
        this.position = position;
        this.retention = retention;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public boolean awaitDurable(final long awaited, final long timeoutNs) {
        return true; // nothing is logged, so nothing is awaited
    }

    @Override
    public void deleteBefore(final long before) {
        retention.deleteBefore(before);
    }
}
