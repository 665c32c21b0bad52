/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

import java.nio.file.Path;

/**
 * What an adapter is told when it opens its contestant.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param shape widths of keys and values
 * @param entryCount entries that will be loaded
 * @param spareEntryCount entries that may be there beyond them at any time
 * @param directory where to keep files; exists, and is empty for a new table
 * @param durable whether checkpoints will be taken, so that the files must be a durable contestant's
 */
public record TableContext(TableShape shape, long entryCount, long spareEntryCount, Path directory, boolean durable) {

    /**
     * Tells for how many entries a contestant that must know beforehand makes room.
     *
     * @return entries
     */
    public long entryCountMax() {
        return entryCount + spareEntryCount;
    }
}
