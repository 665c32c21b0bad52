/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.Work;
import io.quire.bench.work.WorkSample;

/** Makes cells for tests. */
final class Cells {
    private Cells() {}

    static Cell.Place place(final String peer, final Work work) {
        return new Cell.Place(peer, TableShape.LONG_LONG, 1_000, KeyDistribution.UNIFORM, work);
    }

    static Cell cell(final String peer, final int fork, final int iteration, final double ns) {
        return cell(peer, fork, iteration, ns, false, true);
    }

    static Cell cell(
            final String peer,
            final int fork,
            final int iteration,
            final double ns,
            final boolean disturbed,
            final boolean kept) {
        return new Cell(
                "long-long/1000/uniform/fork-" + fork,
                place(peer, Work.GET),
                fork,
                iteration,
                1,
                new WorkSample(1_000, (long) (ns * 1_000), 8_000, 3, 42),
                200.5,
                201.25,
                0.001,
                disturbed,
                kept);
    }
}
