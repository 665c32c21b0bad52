/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Something a check of a file found wrong.
 *
 * <p>Threading: thread-safe; immutable but for the exception.
 *
 * @param path of the file
 * @param offset where in the file, in bytes
 * @param message what is wrong, with file and offset
 * @param cause what was thrown, or null when values that were read do not fit
 */
public record FileProblem(Path path, long offset, String message, StateStoreException cause) {
    /** Creates a problem. */
    public FileProblem {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(message, "message");
    }

    /** {@return whether the file is damaged; if not, it could not be read, and may be sound} */
    public boolean isDamage() {
        return cause == null || cause instanceof CorruptStoreException;
    }
}
