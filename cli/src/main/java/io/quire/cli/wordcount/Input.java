/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.io.IOException;

/**
 * Something whose words are counted.
 *
 * <p>Threading: immutable; opened by the scanning thread.
 */
interface Input {
    /** {@return its name for messages} */
    String name();

    /** {@return what its position is kept under in the store; nobody changes the array} */
    byte[] key();

    /** {@return whether a later run goes on where an earlier one stopped} */
    boolean resumable();

    /** {@return bytes it has now, -1 when unknown} */
    long length();

    /**
     * Compares the input with what an earlier run saw of it.
     *
     * @param position where that run stopped
     * @return whether there is anything to read
     * @throws io.quire.cli.CommandFailure when it is not the same input any more, or cannot be read
     */
    boolean check(FilePosition position);

    /**
     * Opens it.
     *
     * @param offset first byte to be read
     * @return its bytes
     * @throws IOException when it cannot be opened
     */
    InputBytes open(long offset) throws IOException;
}
