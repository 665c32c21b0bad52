/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.nio.file.Path;

/**
 * Reads any part of an immutable file, on callers' threads, which an interrupt must not disturb. Bytes leave it only by
 * copy into private memory.
 *
 * <p>Threading: thread-safe; close only after the last reader has left.
 */
public interface RangeReader extends AutoCloseable {
    /** {@return where the file is, for messages} */
    Path path();

    /** {@return its length in bytes} */
    long size();

    /**
     * Copies bytes to native memory.
     *
     * @param position offset of the first byte in the file
     * @param targetPointer native pointer
     * @param length bytes
     * @throws io.quire.store.errors.CorruptStoreException when the range is not inside the file
     * @throws io.quire.store.errors.StoreIoException when the bytes cannot be had
     */
    void copy(long position, long targetPointer, int length);

    @Override
    void close();
}
