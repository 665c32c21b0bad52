/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.changelog.ChangeGroupAssembler;
import io.quire.store.changelog.ChangeRecordHandler;
import io.quire.store.errors.CorruptStoreException;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Reads the log from a position on and follows it while it is being written, through the segment files: the writer
 * neither knows nor waits. A follower may be as slow as it likes, until retention deletes the segments that it still
 * needs.
 *
 * <p>Complete groups are handed over, in order. The position that a handler was given at a group's end is where a later
 * follower can resume.
 *
 * <p>Threading: confined to one thread; never the one that writes the store.
 */
public final class LogFollower implements AutoCloseable {
    private final LogReader reader;
    private final LongSupplier limit;
    private final ChangeGroupAssembler assembler;

    /**
     * Starts behind a position.
     *
     * @param files file layer
     * @param directory of the log
     * @param storeId identity of the store
     * @param bootIdHash hash of the identity of the running system's boot
     * @param fromPosition log position, 0 or where a group has ended
     * @param limit log position that is not passed: of a live log its {@link LogAgent#writtenPosition}, or {@link
     *     LogAgent#durablePosition} to see nothing that a power loss may undo
     * @param handler receives the changes
     * @throws CorruptStoreException when the log does not reach back to the position
     */
    public LogFollower(
            final StoreFiles files,
            final Path directory,
            final UUID storeId,
            final long bootIdHash,
            final long fromPosition,
            final LongSupplier limit,
            final ChangeRecordHandler handler) {
        this.limit = limit;
        reader = new LogReader(files, directory, storeId, bootIdHash, fromPosition);
        assembler = new ChangeGroupAssembler(handler);
    }

    /**
     * Hands over the changes of the next block, if there is one before the limit. Does not wait.
     *
     * @return whether there was one
     * @throws CorruptStoreException when the log is damaged there, or segments were deleted that were not read yet
     */
    public boolean poll() {
        // Behind the limit the writer may be at work: what is there looks like damage to a reader that looks too early.
        if (reader.position() >= limit.getAsLong() || !reader.next()) {
            return false;
        }
        assembler.accept(reader.startPosition(), reader.pointer(), reader.length());
        return true;
    }

    /** {@return log position after the last group handed over, -1 before the first block; reading may resume there} */
    public long position() {
        return assembler.groupEndPosition();
    }

    /** {@return records handed over} */
    public long recordCount() {
        return assembler.recordCount();
    }

    @Override
    public void close() {
        reader.close();
        assembler.close();
    }
}
