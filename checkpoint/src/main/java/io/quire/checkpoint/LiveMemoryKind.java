/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

/**
 * What backs the live memory of a store. It is scratch in every case: recovery never reads it.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum LiveMemoryKind {
    /** {@link #ANONYMOUS}, and {@link #DIRECTORY}, with a warning, for a recovered state larger than free memory. */
    AUTO,
    /**
     * A file on the memory file system (/dev/shm), and private memory for what does not fit there; where there is no
     * memory file system, in the store's directory, with a warning.
     */
    SHARED,
    /** A file in the store's directory: state may be larger than memory, writes are slower. */
    DIRECTORY,
    /** Private memory of the process, in huge pages where the system has them: the fastest. */
    ANONYMOUS
}
