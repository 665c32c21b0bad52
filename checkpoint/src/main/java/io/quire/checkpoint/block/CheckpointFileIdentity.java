/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.checkpoint.io.StoreFileNames;
import io.quire.store.errors.ConfigurationException;
import java.util.Objects;
import java.util.UUID;

/**
 * Which checkpoint file a file is; written in its header and repeated in manifests.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param storeId the store that wrote it
 * @param fileNumber number that gives the file its name; never used twice in a directory, greater than 0
 * @param oldestCheckpointId first checkpoint whose changes it holds, greater than 0
 * @param newestCheckpointId last checkpoint whose changes it holds; the same unless files were merged
 */
public record CheckpointFileIdentity(UUID storeId, long fileNumber, long oldestCheckpointId, long newestCheckpointId) {
    /**
     * Creates an identity.
     *
     * @throws ConfigurationException when a number is out of range
     */
    public CheckpointFileIdentity {
        Objects.requireNonNull(storeId, "storeId");
        if (fileNumber <= 0 || oldestCheckpointId <= 0 || newestCheckpointId < oldestCheckpointId) {
            throw new ConfigurationException("checkpoint file identity out of range: fileNumber=" + fileNumber
                    + " oldestCheckpointId=" + oldestCheckpointId + " newestCheckpointId=" + newestCheckpointId);
        }
    }

    /** {@return name of the file in its directory} */
    public String fileName() {
        return StoreFileNames.checkpointFile(fileNumber);
    }

    // Written out: the equality of records is made at run time, which is a good part of opening in a young JVM.
    @Override
    public boolean equals(final Object other) {
        return this == other
                || (other instanceof CheckpointFileIdentity that
                        && fileNumber == that.fileNumber
                        && oldestCheckpointId == that.oldestCheckpointId
                        && newestCheckpointId == that.newestCheckpointId
                        && storeId.equals(that.storeId));
    }

    @Override
    public int hashCode() {
        return 31 * storeId.hashCode() + Long.hashCode(fileNumber);
    }
}
