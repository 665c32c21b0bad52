/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

/**
 * Backing of the windows of a store. It is scratch: nothing in it is ever read after its process has ended.
 *
 * <p>Reserving a window takes address space only. Space is taken by {@link #back} before anything touches it, so that
 * a want of space is an exception in one place and never a fault on access.
 *
 * <p>Threading: {@link PagedMemory} serialises all calls but {@link #beforeFilling}.
 */
public interface LiveMemory extends AutoCloseable {
    /**
     * Reserves the address range of a window.
     *
     * @param window index, each once and in order from 0
     * @return native pointer of its first byte, page aligned
     * @throws io.quire.store.errors.StoreFullException when the system refuses the address space
     * @throws io.quire.store.errors.StoreIoException when the file cannot be mapped
     */
    long reserveWindow(int window);

    /**
     * Takes space for a range of a reserved window and fills it with zeros. Never called twice for the same extent.
     *
     * @param address byte position in the store, extent aligned
     * @param length bytes, a multiple of the extent length; the range is inside one window
     * @throws io.quire.store.errors.StoreFullException when there is none; reads of other ranges go on
     * @throws io.quire.store.errors.StoreIoException when the file system refuses for another reason
     */
    void back(long address, long length);

    /**
     * Takes space like {@link #back}, but leaves what is in it undefined, and need not touch it: the caller writes to
     * all of it. Without the zeros less is done here, where one caller waits for the other.
     *
     * @param address byte position in the store, extent aligned
     * @param length bytes, a multiple of the extent length; the range is inside one window
     * @throws io.quire.store.errors.StoreFullException when there is none; reads of other ranges go on
     * @throws io.quire.store.errors.StoreIoException when the file system refuses for another reason
     */
    default void backUnfilled(final long address, final long length) {
        back(address, length);
    }

    /**
     * Says whether {@link #backUnfilled} has nothing to do, so that nobody need wait for a lock to call it.
     *
     * @return whether memory comes when it is written to; always the same
     */
    default boolean isBackedByFilling() {
        return false;
    }

    /**
     * Called before pages of an {@linkplain #backUnfilled unfilled} range are written to for the first time, which is
     * when memory that no file holds is really taken. By any thread, and not serialised.
     *
     * @param address byte position of the range, or of a part of it
     * @param length bytes that are about to be filled
     * @throws io.quire.store.errors.StoreFullException when there is too little memory
     */
    default void beforeFilling(final long address, final long length) {}

    /** {@return log2 of the window length in bytes} */
    int windowShift();

    /** {@return what backs the windows, and where, in words for people} */
    String description();

    /** Unmaps and releases everything. No pointer into a window may be used afterwards. */
    @Override
    void close();
}
