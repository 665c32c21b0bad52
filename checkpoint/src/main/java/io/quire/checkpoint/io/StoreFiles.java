/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.nio.file.Path;
import java.util.List;

/**
 * Every operation a durable store does on files: the seam at which tests inject faults and model a power loss.
 *
 * <p>All methods throw {@link io.quire.store.errors.StoreIoException} naming the path when the system refuses, and
 * {@link io.quire.store.errors.StoreFullException} with bytes needed and free when it is for want of space.
 *
 * <p>Threading: thread-safe. Called on the store's own threads or on the opening thread only, since an interrupt
 * closes a channel for everyone.
 */
public interface StoreFiles {
    /**
     * Creates a file that must not exist, readable and writable by its owner only (0600), following no link.
     *
     * @param path where
     * @return the open file, empty
     */
    StoreFile create(Path path);

    /**
     * Opens an existing regular file for reading, following no link.
     *
     * @param path which
     * @return the open file
     */
    StoreFile openRead(Path path);

    /**
     * Opens an existing regular file for reading and writing, following no link.
     *
     * @param path which
     * @return the open file
     */
    StoreFile openWrite(Path path);

    /**
     * Creates a directory and its missing parents; those it creates are accessible by their owner only (0700).
     *
     * @param directory which; an existing directory is left as it is
     */
    void createDirectories(Path directory);

    /**
     * Renames a file atomically, replacing the target.
     *
     * @param from existing name
     * @param to new name, in the same directory
     */
    void rename(Path from, Path to);

    /**
     * Deletes a file; a missing one is ignored.
     *
     * @param path which
     */
    void delete(Path path);

    /**
     * Makes creations, renames and deletions in a directory durable.
     *
     * @param directory which
     */
    void forceDirectory(Path directory);

    /**
     * Names of the entries of a directory, sorted; empty when it does not exist.
     *
     * @param directory which
     * @return file names without the directory
     */
    List<String> list(Path directory);

    /**
     * Whether a path exists, following no link.
     *
     * @param path which
     * @return true when something is there
     */
    boolean exists(Path path);

    /**
     * Free bytes that this process may still use on the file system of a path.
     *
     * @param path an existing file or directory
     * @return bytes, {@link Long#MAX_VALUE} when the file system does not tell
     */
    long usableSpace(Path path);
}
