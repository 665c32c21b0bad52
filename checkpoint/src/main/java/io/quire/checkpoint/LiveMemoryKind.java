/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

/**
 * What backs the live memory of a store. It is scratch in every case: recovery never reads it.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum LiveMemoryKind {
    /** {@link #SHARED} when the memory file system has room for it, otherwise {@link #ANONYMOUS}. */
    AUTO,
    /** A file on the memory file system (/dev/shm); where there is none, in the store's directory, with a warning. */
    SHARED,
    /** A file in the store's directory: state may be larger than memory, writes are slower. */
    DIRECTORY,
    /** Private memory of the process. */
    ANONYMOUS
}
