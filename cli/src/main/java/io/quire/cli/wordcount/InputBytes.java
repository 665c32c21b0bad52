/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.io.IOException;

/**
 * The bytes of an input, read once from front to back.
 *
 * <p>Threading: confined to the scanning thread.
 */
interface InputBytes extends AutoCloseable {
    /**
     * Reads some bytes, waiting for the first.
     *
     * @param target where they go
     * @param offset where the first goes
     * @param length at most so many, more than 0
     * @return how many, or -1 at the end
     * @throws IOException when reading fails
     */
    int read(byte[] target, int offset, int length) throws IOException;

    /**
     * Whether reading on gives bytes without a wait that nobody can foresee.
     *
     * @return false when whoever writes the input may take his time
     * @throws IOException when asking fails
     */
    boolean ready() throws IOException;

    @Override
    void close() throws IOException;
}
