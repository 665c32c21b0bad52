/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.Message;
import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.Work;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that decides what a comparison does; a run is resumed only with an equal plan.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param peers names of the contestants
 * @param shapes widths of keys and values
 * @param entryCounts sizes of the tables
 * @param distributions which keys are used how often
 * @param works what is timed
 * @param pace how often and for how long
 * @param dataDirectory where contestants keep files
 * @param pinned whether the measured thread has a core for itself
 */
public record ComparePlan(
        List<String> peers,
        List<TableShape> shapes,
        List<Integer> entryCounts,
        List<KeyDistribution> distributions,
        List<Work> works,
        Pace pace,
        Path dataDirectory,
        boolean pinned) {

    /**
     * How often and for how long.
     *
     * @param forkCount JVMs of each contestant, one after the other
     * @param iterationCount timed iterations of each work in each fork
     * @param iterationNs nanoseconds of an iteration
     * @param warmNs nanoseconds of warming up each work, at least
     * @param warmFactorMax how many times as long a work is warmed up whose pace still changes
     * @param repeatMax how often a disturbed cell is measured again
     * @param limitNs nanoseconds for all units, 0 for no limit; a unit past its share begins no second iteration
     */
    public record Pace(
            int forkCount,
            int iterationCount,
            long iterationNs,
            long warmNs,
            int warmFactorMax,
            int repeatMax,
            long limitNs) {}

    /**
     * What is measured from one start of JVMs to their end: one fork of all contestants, of one shape and size.
     *
     * @param shape widths of keys and values
     * @param entryCount entries in the table
     * @param keys which of them are used how often
     * @param fork from 1
     */
    public record Unit(TableShape shape, int entryCount, KeyDistribution keys, int fork) {
        /**
         * Names the unit.
         *
         * @return a name that no other unit of the plan has
         */
        public String id() {
            return shape.code() + "/" + entryCount + "/" + keys.code() + "/fork-" + fork;
        }

        /**
         * Names what is measured, for people.
         *
         * @return a title
         */
        public String title() {
            return String.format(
                    java.util.Locale.ROOT, "%s, %,d entries, %s keys", shape.title(), entryCount, keys.title());
        }
    }

    /**
     * Lists the units in the order in which they run: all of the first forks, then all of the second.
     *
     * @return units
     */
    public List<Unit> units() {
        final List<Unit> units = new ArrayList<>();
        for (int fork = 1; fork <= pace.forkCount(); fork++) {
            for (final int entryCount : entryCounts) {
                for (final TableShape shape : shapes) {
                    for (final KeyDistribution keys : distributions) {
                        units.add(new Unit(shape, entryCount, keys, fork));
                    }
                }
            }
        }
        return units;
    }

    /**
     * Writes the plan, to be kept beside the results and compared before resuming.
     *
     * @return the message
     */
    public Message toMessage() {
        return new Message()
                .with("peers", peers)
                .with("shapes", shapes.stream().map(TableShape::code).toList())
                .with("entries", entryCounts)
                .with("keys", distributions.stream().map(KeyDistribution::code).toList())
                .with("works", works.stream().map(Work::code).toList())
                .with("forks", pace.forkCount())
                .with("iterations", pace.iterationCount())
                .with("iterationNs", pace.iterationNs())
                .with("warmNs", pace.warmNs())
                .with("warmFactorMax", pace.warmFactorMax())
                .with("repeatMax", pace.repeatMax())
                .with("limitNs", pace.limitNs())
                .with("dataDirectory", dataDirectory.toString())
                .with("pinned", pinned);
    }
}
