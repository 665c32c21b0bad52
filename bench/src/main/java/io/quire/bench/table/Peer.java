/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

import java.util.List;
import java.util.Map;

/**
 * One contestant in one configuration: what it is called, what its JVM needs, how to open it.
 *
 * <p>Threading: thread-safe, immutable.
 */
public interface Peer {
    /**
     * Names the contestant.
     *
     * @return lower-case words joined by hyphens
     */
    String name();

    /**
     * Tells whether there is a table of this shape.
     *
     * @param shape widths of keys and values
     * @return whether {@link #open} works for it
     */
    boolean supports(TableShape shape);

    /**
     * Tells whether the table that {@link #open} returns is a {@link DurableTable}.
     *
     * @return whether it takes checkpoints and can be opened again
     */
    default boolean durable() {
        return false;
    }

    /**
     * Tells whether the contestant keeps what is put, so that it can be checked.
     *
     * @return false for the one that does nothing
     */
    default boolean keepsEntries() {
        return true;
    }

    /**
     * Lists the settings that matter, as they are printed beside the figures.
     *
     * @param context what will be opened
     * @return values by name, in order of importance
     */
    Map<String, String> settings(TableContext context);

    /**
     * Lists arguments that only this contestant's JVM gets.
     *
     * @return arguments of the {@code java} command
     */
    default List<String> jvmArguments() {
        return List.of();
    }

    /**
     * Tells how large the heap of the contestant's JVM must be.
     *
     * @param context what will be opened
     * @return bytes
     */
    default long heapLength(final TableContext context) {
        return 512L * 1024 * 1024;
    }

    /**
     * Estimates the memory that the contestant takes outside its heap and must have, without {@link #fileLength}.
     *
     * @param context what will be opened
     * @return bytes
     */
    long nativeLength(TableContext context);

    /**
     * Estimates the files that the contestant keeps in the directory that it is given, without checkpoints. On a disk
     * they need no memory, however large they are.
     *
     * @param context what will be opened
     * @return bytes
     */
    default long fileLength(final TableContext context) {
        return 0;
    }

    /**
     * Gives what may fill a table that this contestant opens afterwards.
     *
     * @return the same contestant, but for writes that are not synced one by one
     */
    default Peer whileLoading() {
        return this;
    }

    /**
     * Opens a table: a new one, or what is in the directory.
     *
     * @param context what to open
     * @return the table
     */
    KeyedTable open(TableContext context);
}
