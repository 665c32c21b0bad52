/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.contestant.Message;
import java.nio.file.Path;
import java.util.List;

/**
 * What trials are made.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param trials names of trials
 * @param kinds tables
 * @param entryCount entries of tables that do not grow
 * @param turnovers how often each entry of a churning table is replaced
 * @param growTo entries of a table that grows
 * @param repeatCount tables that grow, one after the other
 * @param roundCount slices with and without a reader
 * @param sliceNs length of such a slice, about
 * @param dataDirectory where stores are
 * @param pinned whether threads are put on cores
 */
record TablesPlan(
        List<String> trials,
        List<TableKind> kinds,
        int entryCount,
        int turnovers,
        int growTo,
        int repeatCount,
        int roundCount,
        long sliceNs,
        Path dataDirectory,
        boolean pinned) {
    static final String CHURN = "churn";
    static final String GROWTH = "growth";
    static final String READERS = "readers";

    /** {@return the plan, to be kept beside the results} */
    Message toMessage() {
        return new Message()
                .with("trials", trials)
                .with("kinds", kinds.stream().map(TableKind::code).toList())
                .with("entries", entryCount)
                .with("turnovers", turnovers)
                .with("growTo", growTo)
                .with("repeats", repeatCount)
                .with("rounds", roundCount)
                .with("sliceNs", sliceNs)
                .with("dataDirectory", dataDirectory.toString())
                .with("pinned", pinned);
    }
}
