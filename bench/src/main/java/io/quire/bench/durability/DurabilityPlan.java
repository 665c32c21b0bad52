/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.durability;

import io.quire.bench.contestant.Message;
import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeyDistribution;
import java.nio.file.Path;
import java.util.List;

/**
 * Everything that decides what a durability run does.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param peers names of the contestants
 * @param shape widths of keys and values
 * @param stateLengths bytes of keys and values together, for each size that is measured
 * @param changedShares share of the entries changed before an incremental checkpoint, from 0 to 1
 * @param repeatCount checkpoints of each share
 * @param operationsPerSecond rate of writes during a checkpoint
 * @param meanwhileNs nanoseconds of writing at that rate, from the start of the checkpoint
 * @param forkCount JVMs of each contestant
 * @param dropCaches whether to empty the page cache before a restart
 * @param dataDirectory where contestants keep files
 * @param pinned whether the measured thread has a core for itself
 */
public record DurabilityPlan(
        List<String> peers,
        TableShape shape,
        List<Long> stateLengths,
        List<Double> changedShares,
        int repeatCount,
        double operationsPerSecond,
        long meanwhileNs,
        int forkCount,
        boolean dropCaches,
        Path dataDirectory,
        boolean pinned) {
    /** Changes are spread evenly: the worst case of an incremental checkpoint. */
    static final KeyDistribution KEYS = KeyDistribution.UNIFORM;

    int entryCount(final long stateLength) {
        return Math.toIntExact(stateLength / shape.entryLength());
    }

    /**
     * Writes the plan, to be kept beside the results.
     *
     * @return the message
     */
    public Message toMessage() {
        return new Message()
                .with("peers", peers)
                .with("shape", shape.code())
                .with("stateLengths", stateLengths)
                .with("changedShares", changedShares)
                .with("repeats", repeatCount)
                .with("operationsPerSecond", operationsPerSecond)
                .with("meanwhileNs", meanwhileNs)
                .with("forks", forkCount)
                .with("dropCaches", dropCaches)
                .with("keys", KEYS.code())
                .with("dataDirectory", dataDirectory.toString())
                .with("pinned", pinned);
    }
}
