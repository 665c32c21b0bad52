/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Deletes log segments that no retained checkpoint needs, nobody holds and no setting keeps.
 *
 * <p>Threading: thread-safe.
 */
public final class LogRetention {
    private final StoreFiles files;
    private final Path directory;
    private final UUID storeId;
    private final long retainedLength;
    private final List<LogHold> holds = new ArrayList<>(); // guarded by this

    /**
     * Creates it for a log.
     *
     * @param files file layer
     * @param directory of the log
     * @param storeId identity of the store
     */
    public LogRetention(final StoreFiles files, final Path directory, final UUID storeId) {
        this(files, directory, storeId, 0);
    }

    /**
     * Creates it for a log of which more is kept than checkpoints need.
     *
     * @param files file layer
     * @param directory of the log
     * @param storeId identity of the store
     * @param retainedLength bytes of log kept before a position that could be deleted up to; not negative
     */
    public LogRetention(final StoreFiles files, final Path directory, final UUID storeId, final long retainedLength) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        this.retainedLength = retainedLength;
    }

    /**
     * Keeps the log from a position on. What was deleted before the call stays deleted, and what is being deleted is
     * waited for.
     *
     * @param position log position
     * @return to be moved on and closed
     */
    public synchronized LogHold hold(final long position) {
        final LogHold hold = new LogHold(this, position);
        holds.add(hold);
        return hold;
    }

    synchronized void release(final LogHold hold) {
        holds.remove(hold);
    }

    private long keptFrom(final long position) {
        long kept = Math.max(0, position - retainedLength);
        for (final LogHold hold : holds) {
            kept = Math.min(kept, hold.position());
        }
        return kept;
    }

    /**
     * Deletes the segments that end at or before a position, oldest first; never the newest one, and none that has a
     * damaged one before or after it.
     *
     * @param position log position of the oldest retained checkpoint, which is durable
     * @return segments deleted
     * @throws io.quire.store.errors.StoreIoException when the system refuses; what was not deleted is harmless
     */
    public synchronized int deleteBefore(final long position) {
        final long keptFrom = keptFrom(position);
        final List<LogSegment> live =
                LogSegments.scan(files, directory, storeId).live();
        int count = 0;
        while (count + 1 < live.size()
                && live.get(count).header() != null
                && live.get(count + 1).header() != null
                && live.get(count + 1).startPosition() <= keptFrom) {
            files.delete(live.get(count).path());
            count++;
        }
        if (count > 0) {
            files.forceDirectory(directory);
        }
        return count;
    }
}
