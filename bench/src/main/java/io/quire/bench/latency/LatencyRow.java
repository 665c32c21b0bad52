/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import io.quire.bench.contestant.Message;
import java.util.List;
import java.util.Map;

/**
 * One pass of one contestant: a line of the raw data.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param peer name of the contestant
 * @param scenario what else happened
 * @param rate as it was asked for
 * @param fork which JVM of the contestant, from 1
 * @param answer what the contestant measured
 */
record LatencyRow(String peer, LatencyScenario scenario, String rate, int fork, Message answer) {
    private static final String REACHED = "reachedPerSecond";
    private static final List<String> DURING = List.of("p99.9", "max");
    private static final List<String> RECOVERY = List.of("openMs", "firstOperationMs", "tailOperations");

    /** Gives everything, to be read by {@link #ofJournal}. */
    Message toJournal() {
        return new Message()
                .with("peer", peer)
                .with("scenario", scenario.code())
                .with("rate", rate)
                .with("fork", fork)
                .with("answer", answer.fields());
    }

    static LatencyRow ofJournal(final Message row) {
        return new LatencyRow(
                row.text("peer"),
                LatencyScenario.parse(row.text("scenario")),
                row.text("rate"),
                (int) row.number("fork"),
                Message.of((Map<?, ?>) row.value("answer")));
    }

    /** Gives the line of {@code latency.csv}. */
    Message toMessage() {
        final Message row = new Message()
                .with("peer", peer)
                .with("scenario", scenario.code())
                .with("rate", rate)
                .with("fork", fork)
                .with("operations", answer.number("operations"))
                .with(
                        "operationsPerSecond",
                        answer.has("operationsPerSecond") ? answer.value("operationsPerSecond") : "")
                .with(REACHED, hasReached() ? answer.value(REACHED) : "")
                .with("saturated", answer.has("saturated") ? answer.value("saturated") : "");
        LatencyPercentiles.names().forEach(name -> row.with(name + "Us", percentile(name)));
        for (final String name : DURING) {
            row.with("during-" + name + "Us", hasCheckpoints() ? during(name) : "");
        }
        for (final String name : RECOVERY) {
            row.with(name, recovered() ? answer.value(name) : "");
        }
        return row;
    }

    double percentile(final String name) {
        return ((Number) ((Map<?, ?>) answer.value("percentilesUs")).get(name)).doubleValue();
    }

    /** Tells whether it was counted how many operations were done in a second: not while growing. */
    boolean hasReached() {
        return answer.has(REACHED);
    }

    double reachedPerSecond() {
        return ((Number) answer.value(REACHED)).doubleValue();
    }

    /** Tells whether the pass began with opening the table. */
    boolean recovered() {
        return answer.has("openMs");
    }

    double milliseconds(final String name) {
        return ((Number) answer.value(name)).doubleValue();
    }

    /** Tells whether a checkpoint began during the pass. */
    boolean hasCheckpoints() {
        return answer.has("checkpoints") && !((List<?>) answer.value("checkpoints")).isEmpty();
    }

    /** Gives a percentile, in microseconds, over the operations that a checkpoint ran beside, from due to done. */
    double during(final String name) {
        return ((Number) ((Map<?, ?>) answer.value("duringUs")).get(name)).doubleValue();
    }

    /** Tells whether another row is a repetition of this one in another fork. */
    boolean repeats(final LatencyRow other) {
        return peer.equals(other.peer) && scenario == other.scenario && rate.equals(other.rate);
    }
}
