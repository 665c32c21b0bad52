/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * One open file of a store. Positions are byte offsets from its start; there is no current position.
 *
 * <p>Threading: reads from any of the store's threads at once; one writing thread. Beside that one another may call
 * {@link #writeForced}, one at a time, where nobody else writes and without changing the file's length.
 */
public interface StoreFile extends AutoCloseable {
    /** {@return where the file is} */
    Path path();

    /**
     * Tells an open file that it was renamed, so that messages name it as it is found.
     *
     * @param path where the file is now
     */
    default void renamed(final Path path) {}

    /** {@return its length in bytes now} */
    long size();

    /**
     * Writes all remaining bytes of a buffer.
     *
     * @param position where the first byte goes
     * @param source its remaining bytes are written, and consumed
     * @throws io.quire.store.errors.StoreFullException when the disk is full
     * @throws io.quire.store.errors.StoreIoException when the write fails otherwise
     */
    void write(long position, ByteBuffer source);

    /**
     * Fills the remaining bytes of a buffer.
     *
     * @param position where the first byte is read
     * @param target filled up to its limit
     * @throws io.quire.store.errors.CorruptStoreException when the file ends before the buffer is full
     * @throws io.quire.store.errors.StoreIoException when the read fails
     */
    void read(long position, ByteBuffer target);

    /**
     * Makes everything written so far durable. After a failure it must not be called again: the system may report
     * success for data it has dropped.
     *
     * @param metadata whether the file's length and attributes too
     */
    void force(boolean metadata);

    /**
     * Writes all remaining bytes of a buffer and makes them durable in one call that an interrupt does not touch:
     * unlike {@link #write} and {@link #force} it is open to threads that are not the store's own, also while the
     * writing thread is inside one of those or {@link #preallocate}. It says nothing about other bytes of the file.
     * After a failure the file counts as one whose force has failed.
     *
     * @param position where the first byte goes, inside space that was preallocated
     * @param source its remaining bytes are written, and consumed
     * @return false where the system has no such call, or cannot afford it now; then nothing was done
     * @throws io.quire.store.errors.StoreIoException when the system refuses
     */
    default boolean writeForced(final long position, final ByteBuffer source) {
        return false;
    }

    /**
     * Reserves space by writing zeros from the current end of the file, so that a later write inside it cannot find
     * the disk full.
     *
     * @param length bytes the file has afterwards; no effect when it is that long already
     */
    void preallocate(long length);

    /**
     * Cuts the file; only used on files that nobody has mapped.
     *
     * @param length bytes to keep
     */
    void truncate(long length);

    /**
     * Maps the file for reading as it is now. The mapping outlives this file and is unmapped by its own close.
     *
     * @return the mapping
     */
    MappedFile mapRead();

    @Override
    void close();
}
