/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import io.quire.bench.contestant.Message;
import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.Work;
import java.nio.file.Path;
import java.util.List;

/**
 * Everything that decides what a latency run does.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param peers names of the contestants
 * @param shape widths of keys and values
 * @param entryCount entries in the table
 * @param keys which of them are used how often
 * @param work get, put or rmw
 * @param scenarios what else happens
 * @param rates operations per second, "half" for half of what the contestant can do, or "max" for all
 * @param forkCount JVMs of each contestant
 * @param durationNs nanoseconds measured in each scenario
 * @param warmNs nanoseconds of warming up before each pass
 * @param checkpointIntervalNs nanoseconds between checkpoints
 * @param dataDirectory where contestants keep files
 * @param pinned whether the measured thread has a core for itself
 */
public record LatencyPlan(
        List<String> peers,
        TableShape shape,
        int entryCount,
        KeyDistribution keys,
        Work work,
        List<LatencyScenario> scenarios,
        List<String> rates,
        int forkCount,
        long durationNs,
        long warmNs,
        long checkpointIntervalNs,
        Path dataDirectory,
        boolean pinned) {
    /** The rate that stands for half of the contestant's maximum. */
    public static final String HALF = "half";
    /** Stands for no rate: each operation is due when the one before returns. */
    public static final String MAX = "max";

    private static final double OPERATIONS_PER_SECOND_MAX = 1e9;

    /** Checks the values. */
    public LatencyPlan {
        for (final String rate : rates) {
            if (!HALF.equals(rate) && !MAX.equals(rate) && !isRate(rate)) {
                throw new IllegalArgumentException("a rate is half, max, or greater than 0 and at most "
                        + (long) OPERATIONS_PER_SECOND_MAX + ": found=" + rate);
            }
        }
    }

    private static boolean isRate(final String rate) {
        try {
            final double operationsPerSecond = Double.parseDouble(rate);
            return operationsPerSecond > 0 && operationsPerSecond <= OPERATIONS_PER_SECOND_MAX;
        } catch (final NumberFormatException e) {
            return false;
        }
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
                .with("entries", entryCount)
                .with("keys", keys.code())
                .with("work", work.code())
                .with("scenarios", scenarios.stream().map(LatencyScenario::code).toList())
                .with("rates", rates)
                .with("forks", forkCount)
                .with("durationNs", durationNs)
                .with("warmNs", warmNs)
                .with("checkpointIntervalNs", checkpointIntervalNs)
                .with("dataDirectory", dataDirectory.toString())
                .with("pinned", pinned);
    }
}
