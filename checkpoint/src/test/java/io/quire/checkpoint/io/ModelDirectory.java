/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A directory in {@link FaultStoreFiles}: its entries as everyone sees them, as the disk surely has them, and the
 * changes between the two.
 *
 * <p>Threading: confined to its file system's lock.
 */
final class ModelDirectory {
    /** One name goes, one name comes, or both at once in a rename. */
    private record Change(String removed, String added, ModelInode inode) {}

    private final SortedMap<String, ModelInode> entries = new TreeMap<>();
    private final SortedMap<String, ModelInode> durableEntries = new TreeMap<>();
    private final List<Change> pending = new ArrayList<>();

    SortedMap<String, ModelInode> entries() {
        return entries;
    }

    void create(final String name, final ModelInode inode) {
        change(new Change(null, name, inode));
    }

    void delete(final String name) {
        change(new Change(name, null, null));
    }

    void rename(final String from, final String to) {
        change(new Change(from, to, entries.get(from)));
    }

    private void change(final Change change) {
        apply(entries, change);
        pending.add(change);
    }

    /** Puts a file there that needs no force. */
    void putDurable(final String name, final ModelInode inode) {
        entries.put(name, inode);
        durableEntries.put(name, inode);
    }

    void force() {
        durableEntries.clear();
        durableEntries.putAll(entries);
        pending.clear();
    }

    /** {@return the directory as a power loss leaves it: any of the unforced changes happened, in order or not} */
    ModelDirectory afterPowerLoss(final Random random, final int sectorLength) {
        final SortedMap<String, ModelInode> names = new TreeMap<>(durableEntries);
        final boolean journaled = random.nextBoolean();
        final int journaledCount = random.nextInt(pending.size() + 1);
        for (int i = 0; i < pending.size(); i++) {
            if (journaled ? i < journaledCount : random.nextBoolean()) {
                apply(names, pending.get(i));
            }
        }
        final ModelDirectory after = new ModelDirectory();
        names.forEach((name, inode) -> after.putDurable(name, inode.afterPowerLoss(random, sectorLength)));
        return after;
    }

    /** {@return the directory as the next process finds it when only this one was killed} */
    ModelDirectory afterKill() {
        final ModelDirectory after = new ModelDirectory();
        after.entries.putAll(entries);
        after.durableEntries.putAll(durableEntries);
        after.pending.addAll(pending);
        return after;
    }

    private static void apply(final SortedMap<String, ModelInode> names, final Change change) {
        if (change.removed != null) {
            names.remove(change.removed);
        }
        if (change.added != null) {
            names.put(change.added, change.inode);
        }
    }
}
