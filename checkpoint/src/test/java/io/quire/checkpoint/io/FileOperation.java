/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

/**
 * The calls of the file layer that {@link FaultStoreFiles} counts.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum FileOperation {
    CREATE,
    OPEN_READ,
    OPEN_WRITE,
    CREATE_DIRECTORIES,
    RENAME,
    DELETE,
    FORCE_DIRECTORY,
    LIST,
    EXISTS,
    USABLE_SPACE,
    SIZE,
    WRITE,
    READ,
    FORCE,
    PREALLOCATE,
    TRUNCATE,
    MAP,
    COPY,
    CLOSE;

    /** {@return whether a full disk can stop it} */
    public boolean needsSpace() {
        return this == CREATE || this == WRITE || this == PREALLOCATE || this == CREATE_DIRECTORIES;
    }
}
