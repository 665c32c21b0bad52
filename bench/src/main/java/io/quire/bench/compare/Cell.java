/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.Message;
import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.Work;
import io.quire.bench.work.WorkSample;

/**
 * One measurement with all that it depends on: a line of the raw data.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param unit id of the unit of the plan that it belongs to
 * @param place what was measured where
 * @param fork which JVM of the contestant, from 1
 * @param iteration which of the fork's iterations, from 1
 * @param attempt how often the cell was measured, from 1
 * @param sample what was measured
 * @param probeBeforeNs probe before it, nanoseconds per dependent read
 * @param probeAfterNs probe after it
 * @param stolenShare share of the time that the hypervisor gave to others
 * @param disturbed whether the rule calls it disturbed
 * @param kept whether it counts
 */
public record Cell(
        String unit,
        Place place,
        int fork,
        int iteration,
        int attempt,
        WorkSample sample,
        double probeBeforeNs,
        double probeAfterNs,
        double stolenShare,
        boolean disturbed,
        boolean kept) {

    /**
     * What was measured where.
     *
     * @param peer name of the contestant
     * @param shape widths of keys and values
     * @param entryCount entries in the table
     * @param keys which of them are used how often
     * @param work what was done with them
     */
    public record Place(String peer, TableShape shape, long entryCount, KeyDistribution keys, Work work) {
        /**
         * Gives the same place of another contestant.
         *
         * @param otherPeer its name
         * @return the place
         */
        public Place of(final String otherPeer) {
            return new Place(otherPeer, shape, entryCount, keys, work);
        }
    }

    /**
     * Gives the same measurement with another judgement.
     *
     * @param nowDisturbed whether the rule calls it disturbed
     * @param nowKept whether it counts
     * @return the cell
     */
    public Cell judged(final boolean nowDisturbed, final boolean nowKept) {
        return new Cell(
                unit,
                place,
                fork,
                iteration,
                attempt,
                sample,
                probeBeforeNs,
                probeAfterNs,
                stolenShare,
                nowDisturbed,
                nowKept);
    }

    /**
     * Writes the cell as a line of raw data.
     *
     * @return the message
     */
    public Message toMessage() {
        final Message message = new Message()
                .with("unit", unit)
                .with("peer", place.peer())
                .with("shape", place.shape().code())
                .with("entries", place.entryCount())
                .with("keys", place.keys().code())
                .with("work", place.work().code())
                .with("fork", fork)
                .with("iteration", iteration)
                .with("attempt", attempt)
                .with("nsPerOperation", sample.nsPerOperation())
                .with("bytesPerOperation", sample.bytesPerOperation());
        Message.of(sample).fields().forEach(message::with);
        return message.with("probeBeforeNs", probeBeforeNs)
                .with("probeAfterNs", probeAfterNs)
                .with("stolenShare", stolenShare)
                .with("disturbed", disturbed)
                .with("kept", kept);
    }

    /**
     * Reads what {@link #toMessage} wrote.
     *
     * @param message a line of raw data
     * @return the cell
     */
    public static Cell of(final Message message) {
        return new Cell(
                message.text("unit"),
                new Place(
                        message.text("peer"),
                        TableShape.parse(message.text("shape")),
                        message.number("entries"),
                        KeyDistribution.parse(message.text("keys")),
                        Work.parse(message.text("work"))),
                (int) message.number("fork"),
                (int) message.number("iteration"),
                (int) message.number("attempt"),
                message.sample(),
                ((Number) message.value("probeBeforeNs")).doubleValue(),
                ((Number) message.value("probeAfterNs")).doubleValue(),
                ((Number) message.value("stolenShare")).doubleValue(),
                message.flag("disturbed"),
                message.flag("kept"));
    }
}
