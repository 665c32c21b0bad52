/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.store.errors.ConfigurationException;

/**
 * The instant a checkpoint shows.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param checkpointId its id, greater than 0 and than that of every earlier one
 * @param logPosition position in the change log behind the last change it contains
 * @param takenAtMs wall-clock time in milliseconds since 1970, for people; nothing depends on it
 */
public record CheckpointCut(long checkpointId, long logPosition, long takenAtMs) {
    /**
     * Creates a cut.
     *
     * @throws ConfigurationException when id or position is out of range
     */
    public CheckpointCut {
        if (checkpointId <= 0 || logPosition < 0) {
            throw new ConfigurationException(
                    "cut out of range: checkpointId=" + checkpointId + " logPosition=" + logPosition);
        }
    }
}
