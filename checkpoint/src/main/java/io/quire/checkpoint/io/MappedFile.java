/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.nio.file.Path;

/**
 * A read-only mapping of an immutable file, for reads on callers' threads, which an interrupt must not disturb.
 * Bytes leave it only by copy into private memory; nothing is checksummed or decompressed in place, since a bad page
 * under native code would end the JVM.
 *
 * <p>Threading: thread-safe; close only after the last reader has left.
 */
public interface MappedFile extends AutoCloseable {
    /** {@return where the file is} */
    Path path();

    /** {@return bytes mapped} */
    long size();

    /**
     * Copies bytes to native memory.
     *
     * @param position offset of the first byte in the file
     * @param targetPointer native pointer
     * @param length bytes
     * @throws io.quire.store.errors.CorruptStoreException when the range is not inside the file
     * @throws io.quire.store.errors.StoreIoException when the device cannot deliver a page
     */
    void copy(long position, long targetPointer, int length);

    @Override
    void close();
}
