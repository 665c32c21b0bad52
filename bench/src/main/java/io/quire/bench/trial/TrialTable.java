/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.store.StoreReader;
import io.quire.store.table.TableStatistics;

/**
 * A table of one of Quire's states whose values follow from their keys, so that whoever reads one can tell whether it
 * is right.
 *
 * <p>Threading: confined to the store's writer.
 */
interface TrialTable extends TrialLookup {
    /** Name of the state. */
    String STATE = "trial";

    /** Adds or overwrites the entry of a key. */
    void put(long key);

    /** Removes the entry of a key; an absent one is ignored. */
    void remove(long key);

    /** {@return entries} */
    long size();

    /** {@return what the table takes} */
    TableStatistics statistics();

    /** Checks the whole table. */
    void checkInvariants();

    /** {@return reads of the same table for one other thread, by a reader of its store} */
    TrialLookup lookup(StoreReader reader);
}
