/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.contestant.Message;
import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.WriteAcknowledgements;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.KeySpace;
import io.quire.bench.work.Work;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FixedRateRunTest {
    private static final long MS_NS = 1_000_000;
    private static final double RATE = 10_000;

    @TempDir
    private Path directory;

    private FixedRateRun run(final long durationMs, final long warmMs, final FixedRateRun.CheckpointTimes checkpoints) {
        return new FixedRateRun(
                Work.PUT, RATE, durationMs * MS_NS, warmMs * MS_NS, checkpoints, 1, directory.resolve("a.hlog"));
    }

    /** Notes its keys; the first put after a checkpoint began blocks for longer than the checkpoint takes. */
    private static final class StallingTable implements DurableTable {
        private final Set<Long> keys = new HashSet<>();
        private final long checkpointMs;
        private final long stallMs;
        private boolean stalls;

        StallingTable(final long checkpointMs, final long stallMs) {
            this.checkpointMs = checkpointMs;
            this.stallMs = stallMs;
        }

        @Override
        public CompletableFuture<CheckpointCost> checkpoint() {
            stalls = true;
            return CompletableFuture.supplyAsync(
                    () -> new CheckpointCost(1, 0, checkpointMs * MS_NS),
                    CompletableFuture.delayedExecutor(checkpointMs, TimeUnit.MILLISECONDS));
        }

        @Override
        public void put(final long key, final long seed) {
            keys.add(key);
            if (stalls) {
                stalls = false;
                final long untilNs = System.nanoTime() + stallMs * MS_NS;
                while (System.nanoTime() < untilNs) {
                    LockSupport.parkNanos(MS_NS);
                }
            }
        }

        @Override
        public long get(final long key) {
            return key;
        }

        @Override
        public long addAndGet(final long key, final long delta) {
            return delta;
        }

        @Override
        public void remove(final long key) {
            keys.remove(key);
        }

        @Override
        public long scan() {
            return keys.size();
        }

        @Override
        public long size() {
            return keys.size();
        }

        @Override
        public void close() {
            keys.clear();
        }
    }

    /** A table whose writes are acknowledged by a thread of its own, a while after they were handed over. */
    private static final class LateTable implements DurableTable, WriteAcknowledgements {
        private final long lateNs;
        private final long[] handedNs = new long[1 << 20];
        private volatile int count;
        private int acknowledgedCount;

        LateTable(final long lateNs) {
            this.lateNs = lateNs;
        }

        @Override
        public void put(final long key, final long seed) {
            handedNs[count] = System.nanoTime();
            count++;
        }

        @Override
        public long writtenPosition() {
            return count;
        }

        @Override
        public long acknowledgedPosition() {
            while (acknowledgedCount < count && System.nanoTime() - handedNs[acknowledgedCount] >= lateNs) {
                acknowledgedCount++;
            }
            return acknowledgedCount;
        }

        @Override
        public WriteAcknowledgements acknowledgements() {
            return this;
        }

        @Override
        public CompletableFuture<CheckpointCost> checkpoint() {
            throw new IllegalStateException();
        }

        @Override
        public long get(final long key) {
            return key;
        }

        @Override
        public long addAndGet(final long key, final long delta) {
            return delta;
        }

        @Override
        public void remove(final long key) {
            throw new IllegalStateException();
        }

        @Override
        public long scan() {
            return 0;
        }

        @Override
        public long size() {
            return 0;
        }

        @Override
        public void close() {}
    }

    private static double percentile(final Message answer, final String name) {
        return ((Number) ((Map<?, ?>) answer.value("percentilesUs")).get(name)).doubleValue();
    }

    @Test
    void shouldTimeWritesUntilTheyAreAcknowledged() {
        final long lateMs = 40;
        final Message answer = run(200, 0, FixedRateRun.CheckpointTimes.NONE)
                .prepare(new KeySpace(1_000), KeyDistribution.UNIFORM)
                .run(new LateTable(lateMs * MS_NS));

        assertThat(count(answer, "percentilesUs")).as("the last ones too").isEqualTo(2_000);
        assertThat(percentile(answer, "p50")).isGreaterThanOrEqualTo(lateMs * 999.0);
        assertThat((Double) answer.value("firstOperationMs")).isGreaterThanOrEqualTo(lateMs);
    }

    @Test
    void shouldNotTimeReadsUntilWritesAreAcknowledged() {
        final FixedRateRun reads = new FixedRateRun(
                Work.GET, RATE, 50 * MS_NS, 0, FixedRateRun.CheckpointTimes.NONE, 1, directory.resolve("a.hlog"));

        final Message answer =
                reads.prepare(new KeySpace(10), KeyDistribution.UNIFORM).run(new LateTable(Long.MAX_VALUE));

        assertThat(count(answer, "percentilesUs")).isEqualTo(500);
    }

    @Test
    void shouldCountWhatIsDoneWithoutARateUntilItIsAcknowledged() {
        final long lateMs = 100;
        final FixedRateRun unpaced = new FixedRateRun(
                Work.PUT, 0, 10 * MS_NS, 0, FixedRateRun.CheckpointTimes.NONE, 1, directory.resolve("a.hlog"));

        final Message answer = FixedRateRun.of(unpaced.toRequest())
                .prepare(new KeySpace(10), KeyDistribution.UNIFORM)
                .run(new LateTable(lateMs * MS_NS));

        final double count = answer.number("operations");
        assertThat(count).isGreaterThan(100);
        assertThat((Double) answer.value("reachedPerSecond"))
                .as("in a tenth of a second at least")
                .isLessThanOrEqualTo(count * 10);
        assertThat(answer.flag("saturated")).isFalse();
        assertThat(answer.has("operationsPerSecond")).isFalse();
    }

    private static long count(final Message answer, final String name) {
        return ((Number) ((Map<?, ?>) answer.value(name)).get("count")).longValue();
    }

    /** A fifth of a second. */
    @Test
    void shouldCountWhatWasDueBesideACheckpointAndDoneAfterIt() {
        final StallingTable table = new StallingTable(30, 100);
        final Message answer = run(200, 0, FixedRateRun.CheckpointTimes.once())
                .prepare(new KeySpace(1_000), KeyDistribution.UNIFORM)
                .run(table);

        // Thirty milliseconds at ten operations each, all of which are done after the stall of a hundred.
        assertThat(count(answer, "duringUs")).isBetween(300L, 900L);
        assertThat(count(answer, "percentilesUs")).isEqualTo(2_000);
    }

    @Test
    void shouldNotCountWhatWasDueAfterTheCheckpoint() {
        final StallingTable table = new StallingTable(0, 0);
        final Message answer = run(200, 0, FixedRateRun.CheckpointTimes.once())
                .prepare(new KeySpace(1_000), KeyDistribution.UNIFORM)
                .run(table);

        assertThat(count(answer, "duringUs")).isBetween(1L, 1_000L);
        assertThat((List<?>) answer.value("checkpoints")).hasSize(1);
    }

    @Test
    void shouldCountTheFirstOperationFromTheStartThatItIsGiven() {
        final FixedRateRun.Prepared prepared =
                run(10, 0, FixedRateRun.CheckpointTimes.NONE).prepare(new KeySpace(10), KeyDistribution.UNIFORM);
        final long startNs = System.nanoTime() - 50 * MS_NS;

        final Message answer = prepared.run(new StallingTable(0, 0), startNs);

        assertThat((Double) answer.value("firstOperationMs")).isGreaterThanOrEqualTo(50);
    }

    @Test
    void shouldUseAsManyKeysAsEntriesOrOperations() {
        assertThat(FixedRateRun.keyCount(20_000_000, 1L << 40)).isEqualTo(20_000_000);
        assertThat(FixedRateRun.keyCount(20_000_000, 500)).isEqualTo(500);
        assertThat(FixedRateRun.keyCount(1_000, 1L << 40)).isEqualTo(FixedRateRun.KEY_COUNT_MIN);
        assertThat(FixedRateRun.keyCount(Integer.MAX_VALUE, 1L << 40)).isEqualTo(FixedRateRun.KEY_COUNT_MAX);
        assertThat(FixedRateRun.keyCount(1_000, 0)).isEqualTo(1);
    }

    @Test
    void shouldWarmUpWithOtherKeys() {
        final int entryCount = 10_000_000;
        final KeySpace keySpace = new KeySpace(entryCount);
        final StallingTable measured = new StallingTable(0, 0);
        run(50, 0, FixedRateRun.CheckpointTimes.NONE)
                .prepare(keySpace, KeyDistribution.UNIFORM)
                .run(measured);
        final StallingTable both = new StallingTable(0, 0);
        run(50, 50, FixedRateRun.CheckpointTimes.NONE)
                .prepare(keySpace, KeyDistribution.UNIFORM)
                .run(both);

        assertThat(both.keys).containsAll(measured.keys).hasSizeGreaterThan(measured.keys.size() + 450);
    }
}
