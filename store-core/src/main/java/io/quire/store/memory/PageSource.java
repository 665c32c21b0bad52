/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

/**
 * Where the content of a cold page comes from: after recovery, the checkpoint files.
 *
 * <p>Threading: thread-safe; pages are loaded by the writer, by readers and by the background at once.
 */
@FunctionalInterface
public interface PageSource {
    /**
     * Writes the complete content of a page, zeros where nothing was ever stored.
     *
     * @param page page number
     * @param targetPointer native pointer to 4096 writable bytes
     * @throws io.quire.store.errors.CorruptStoreException when what is stored fails its checks
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    void load(int page, long targetPointer);
}
