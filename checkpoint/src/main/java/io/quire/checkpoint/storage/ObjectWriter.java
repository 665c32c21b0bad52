/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.storage;

import java.nio.ByteBuffer;

/**
 * Takes the bytes of an object one after the other. Unless it is completed, closing removes what was written.
 *
 * <p>Threading: one thread at a time, one of the store's own; a long object is handed over to another that writes it,
 * and back.
 */
public interface ObjectWriter extends AutoCloseable {
    /**
     * Appends bytes.
     *
     * @param source its remaining bytes are written, and consumed
     * @throws io.quire.store.errors.StoreFullException when there is no space
     * @throws io.quire.store.errors.StoreIoException when the write fails otherwise
     */
    void write(ByteBuffer source);

    /**
     * Makes what was written so far durable, so that completing has less to do; where that cannot be done in parts it
     * does nothing. After a failure the object is lost: close, and do not try again.
     */
    void sync();

    /**
     * Makes the object whole and durable. After a failure it is lost: close, and do not try again.
     */
    void complete();

    /** Ends writing; an object that was not completed is removed, and so is one when this throws. */
    @Override
    void close();
}
