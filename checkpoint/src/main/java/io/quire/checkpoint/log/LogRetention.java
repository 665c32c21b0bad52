/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * Deletes log segments that no retained checkpoint needs.
 *
 * <p>Threading: thread-safe against the log agent and readers; one caller at a time.
 */
public final class LogRetention {
    private final StoreFiles files;
    private final Path directory;
    private final UUID storeId;

    /**
     * Creates it for a log.
     *
     * @param files file layer
     * @param directory of the log
     * @param storeId identity of the store
     */
    public LogRetention(final StoreFiles files, final Path directory, final UUID storeId) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
    }

    /**
     * Deletes the segments that end at or before a position, oldest first; never the newest one, and none that has a
     * damaged one before or after it.
     *
     * @param position log position of the oldest retained checkpoint, which is durable
     * @return segments deleted
     * @throws io.quire.store.errors.StoreIoException when the system refuses; what was not deleted is harmless
     */
    public int deleteBefore(final long position) {
        final List<LogSegment> live =
                LogSegments.scan(files, directory, storeId).live();
        int count = 0;
        while (count + 1 < live.size()
                && live.get(count).header() != null
                && live.get(count + 1).header() != null
                && live.get(count + 1).startPosition() <= position) {
            files.delete(live.get(count).path());
            count++;
        }
        if (count > 0) {
            files.forceDirectory(directory);
        }
        return count;
    }
}
