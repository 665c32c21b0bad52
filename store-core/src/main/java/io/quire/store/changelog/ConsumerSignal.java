/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

/**
 * Wakes the consumer of a ring in case it sleeps.
 *
 * <p>Threading: called by the writer, rarely: at most once for each quarter of the ring that it fills, and while it
 * waits.
 */
@FunctionalInterface
public interface ConsumerSignal {
    /** Does nothing, for consumers that never sleep long. */
    ConsumerSignal NONE = () -> {};

    /** Wakes the consumer; returns at once, and without a system call when it does not sleep. */
    void wake();
}
