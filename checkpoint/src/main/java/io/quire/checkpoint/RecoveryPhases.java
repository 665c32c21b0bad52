/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

/**
 * Where the time of opening a store went, in the order of the phases; nanoseconds. When a checkpoint was passed over,
 * the figures are those of the attempt that succeeded.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param lockNs looking at the directory, taking the lock, clearing away what dead owners have left
 * @param manifestNs finding the newest valid manifest; for a new store, writing the first one
 * @param filesNs opening and checking the checkpoint files, and all of their content when that was asked for
 * @param catalogNs reserving live memory and opening the states
 * @param replayNs reading and applying the change log
 * @param ringNs looking for a surviving ring and applying what only it held
 * @param startNs beginning the new log segment and ring
 */
public record RecoveryPhases(
        long lockNs, long manifestNs, long filesNs, long catalogNs, long replayNs, long ringNs, long startNs) {}
