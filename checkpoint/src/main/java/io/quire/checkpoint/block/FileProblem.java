/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Something a check of a file found wrong.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param path of the file
 * @param offset where in the file, in bytes
 * @param message what is wrong, with file and offset
 */
public record FileProblem(Path path, long offset, String message) {
    /** Creates a problem. */
    public FileProblem {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(message, "message");
    }
}
