/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * When a write counts as acknowledged, and so what it survives.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum Durability {
    /** Applied to memory. A crash loses everything after the last completed checkpoint. No change log is kept. */
    NONE,
    /** In the change-log ring. Survives the death of the process at any instant, without a system call per write. */
    PROCESS,
    /** In the ring; forced to the device together with its neighbours soon after. {@code awaitDurable} says when. */
    GROUP,
    /** Forced to the device before the call returns. Survives power loss. */
    SYNC
}
