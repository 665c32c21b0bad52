/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

/**
 * What {@link FaultStoreFiles} does to a call.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum FileFault {
    /**
     * The device fails: nothing happens but an exception. A force that fails also loses what it should have made
     * durable, while it can still be read, as Linux does; the next force then succeeds.
     */
    IO_ERROR,
    /** No space is left: calls that need space fail, others do not notice. */
    DISK_FULL,
    /** A write writes the first part and then fails as by {@link #DISK_FULL}; others are as by {@link #IO_ERROR}. */
    SHORT_WRITE,
    /** A write writes some of its sectors and then fails as by {@link #IO_ERROR}, as do all others. */
    TORN_WRITE,
    /** The process dies before the call does anything. */
    CRASH_BEFORE,
    /** The process dies after the call did what it should. */
    CRASH_AFTER
}
