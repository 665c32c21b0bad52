/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

/**
 * What the owner of the memory has to know of a thread that reads tables beside the writer: when it is inside, so that
 * nothing is unmapped under it, and when the writer is too fast for it.
 *
 * <p>Threading: confined to the reading thread.
 */
public abstract class ReadSession {
    /** Creates a session. */
    protected ReadSession() {}

    /**
     * Checks the caller without entering, for what keeps things between reads.
     *
     * @throws io.quire.store.errors.StateStoreException when it is not the thread of the session, or must not read
     */
    protected abstract void checkOpen();

    /**
     * The thread is about to read memory. Not nested.
     *
     * @throws io.quire.store.errors.StateStoreException when it must not, which {@link #leave} need not follow
     */
    protected abstract void enter();

    /** The thread holds no pointer into memory any more. */
    protected abstract void leave();

    /**
     * What was read cannot be believed and is to be read again: waits for a moment.
     *
     * @param failures how often in a row, this time included
     * @throws io.quire.store.errors.StateStoreException when it was often enough
     */
    protected abstract void failed(int failures);
}
