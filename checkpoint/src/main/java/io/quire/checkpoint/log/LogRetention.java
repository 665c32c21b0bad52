/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import java.lang.System.Logger.Level;
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
     * Deletes the segments in front of the last sound one that begins at or before a position, oldest first. Damaged
     * ones in between go with them, and a warning names them; one of a format that is not known stays, and so does what
     * is behind it.
     *
     * @param position log position of the oldest retained checkpoint, which is durable
     * @return segments deleted
     * @throws io.quire.store.errors.StoreIoException when the system refuses; what was not deleted is harmless
     */
    public synchronized int deleteBefore(final long position) {
        final long keptFrom = keptFrom(position);
        final List<LogSegment> live =
                LogSegments.scan(files, directory, storeId).live();
        int needed = 0; // the first segment that is
        for (int i = 0; i < live.size() && live.get(i).startPosition() <= keptFrom; i++) {
            needed = live.get(i).problem() == null ? i : needed;
        }
        int count = 0;
        while (count < needed && isDeletable(live.get(count))) {
            files.delete(live.get(count).path());
            count++;
        }
        if (count > 0) {
            files.forceDirectory(directory);
        }
        return count;
    }

    private static boolean isDeletable(final LogSegment segment) {
        final StateStoreException problem = segment.problem();
        if (problem == null) {
            return true;
        }
        final boolean isDamaged = problem instanceof CorruptStoreException;
        System.getLogger(LogRetention.class.getName())
                .log(
                        Level.WARNING,
                        isDamaged
                                ? "a damaged log segment that is no longer needed is deleted: {0}"
                                : "log segments are kept although they are no longer needed: {0}",
                        problem.getMessage());
        return isDamaged;
    }
}
