/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.TableShape;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class WorkRunnerTest {
    private static final int ENTRY_COUNT = 1_000;

    /** A table that counts what is done to it. */
    private static class CountingTable implements KeyedTable {
        private final Map<Long, Long> map = new HashMap<>();
        private int gets;
        private int puts;
        private int adds;
        private int removes;

        @Override
        public long get(final long key) {
            gets++;
            return map.getOrDefault(key, MISSING);
        }

        @Override
        public void put(final long key, final long seed) {
            puts++;
            map.put(key, seed);
        }

        @Override
        public long addAndGet(final long key, final long delta) {
            adds++;
            return map.merge(key, delta, Long::sum);
        }

        @Override
        public void remove(final long key) {
            removes++;
            map.remove(key);
        }

        @Override
        public long scan() {
            return map.values().stream().mapToLong(Long::longValue).sum();
        }

        @Override
        public long size() {
            return map.size();
        }

        @Override
        public void close() {
            map.clear();
        }
    }

    private final CountingTable table = new CountingTable();
    private final WorkRunner runner =
            new WorkRunner(table, TableShape.LONG_LONG, new KeySpace(ENTRY_COUNT), KeyDistribution.UNIFORM, 100);

    @Test
    void shouldLoadEveryEntryOnce() {
        final WorkSample sample = runner.load(true);

        assertThat(sample.operationCount()).isEqualTo(ENTRY_COUNT);
        assertThat(table.size()).isEqualTo(ENTRY_COUNT);
        assertThat(table.puts).isEqualTo(ENTRY_COUNT);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LOAD")
    void shouldDoAsManyOperationsAsAskedAndKeepTheSize(final Work work) {
        runner.load(true);

        final WorkSample sample = runner.run(work, 500, 1);

        assertThat(sample.operationCount()).isEqualTo(work == Work.SCAN ? ENTRY_COUNT : 500);
        assertThat(sample.durationNs()).isPositive();
        assertThat(table.size()).isEqualTo(ENTRY_COUNT);
    }

    @Test
    void shouldDoWhatTheWorkSays() {
        runner.load(true);
        table.puts = 0;

        table.gets = 0;
        runner.run(Work.GET, 500, 1);
        assertThat(table.gets).as("500, and as many to check").isEqualTo(2 * 500);
        runner.run(Work.RMW, 500, 1);
        assertThat(table.adds).isEqualTo(500);
        runner.run(Work.REMOVE_INSERT, 500, 1);
        assertThat(table.removes).isEqualTo(500);
        assertThat(table.puts).isEqualTo(500);
    }

    @Test
    void shouldMixReadsAndWritesAsTheNameSays() {
        runner.load(true);
        table.puts = 0;
        table.gets = 0;

        runner.run(Work.MIXED_95, 10_000, 1);

        assertThat(table.puts).isBetween(400, 600);
        assertThat(table.gets - (10_000 - table.puts)).as("a sample to check").isBetween(200, 500);
    }

    @Test
    void shouldFailWhenTheTableLosesAnEntry() {
        runner.load(true);
        table.map.clear();

        assertThatThrownBy(() -> runner.run(Work.GET, 500, 1)).hasMessageContaining("not found: count=500");
    }

    @Test
    void shouldFailWhenTheTableFindsWhatIsNotThere() {
        runner.load(true);
        for (int i = 0; i < ENTRY_COUNT; i++) {
            table.map.put(KeySpace.absentKeyOf(i), 1L);
        }
        final KeyedTable lying = new CountingTable() {
            @Override
            public long get(final long key) {
                return 1;
            }
        };

        final WorkRunner liar =
                new WorkRunner(lying, TableShape.LONG_LONG, new KeySpace(10), KeyDistribution.UNIFORM, 1);

        assertThatThrownBy(() -> liar.run(Work.MISS, 10, 1)).hasMessageContaining("absent entries found: count=10");
    }

    /** Leaves out one operation in ten of one kind, or does it wrongly. */
    private static final class SlackTable extends CountingTable {
        private final String slack;
        private int turn;

        SlackTable(final String slack) {
            this.slack = slack;
        }

        private boolean slacks(final String kind) {
            return slack.equals(kind) && turn++ % 10 == 9;
        }

        @Override
        public long get(final long key) {
            return super.get(key) + (slacks("get") ? 1 : 0);
        }

        @Override
        public void put(final long key, final long seed) {
            if (!slacks("put")) {
                super.put(key, seed);
            }
        }

        @Override
        public long addAndGet(final long key, final long delta) {
            return slacks("add") ? get(key) : super.addAndGet(key, delta);
        }

        @Override
        public void remove(final long key) {
            if (!slacks("remove")) {
                super.remove(key);
            }
        }

        @Override
        public long scan() {
            return super.scan() - (slack.equals("scan") ? 1 : 0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "get, GET",
        "get, MIXED_50",
        "get, MIXED_95",
        "put, LOAD",
        "add, RMW",
        "remove, REMOVE_INSERT",
        "remove, INSERT",
        "scan, SCAN"
    })
    void shouldFailWhenTheTableLeavesOutWork(final String kind, final Work work) {
        final SlackTable slack = new SlackTable(kind);
        final WorkRunner watching =
                new WorkRunner(slack, TableShape.LONG_LONG, new KeySpace(ENTRY_COUNT), KeyDistribution.UNIFORM, 100);

        assertThatThrownBy(() -> {
                    watching.load(true);
                    watching.run(work == Work.LOAD ? Work.SCAN : work, 500, 1);
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("wrong result");
    }

    @ParameterizedTest
    @EnumSource(names = {"PUT", "INSERT", "REMOVE_INSERT", "MIXED_50"})
    void shouldFailWhenTheTableLeavesOutPutsAfterTheLoad(final Work work) {
        final CountingTable loaded = new CountingTable() {
            private int turn;

            @Override
            public void put(final long key, final long seed) {
                if (++turn <= ENTRY_COUNT || turn % 10 != 0) {
                    super.put(key, seed);
                }
            }
        };
        final WorkRunner watching =
                new WorkRunner(loaded, TableShape.LONG_LONG, new KeySpace(ENTRY_COUNT), KeyDistribution.UNIFORM, 100);
        watching.load(true);

        assertThatThrownBy(() -> watching.run(work, 500, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldFailWhenAnAddMakesAnEntryThatWasMissing() {
        runner.load(true);
        table.map.clear();

        assertThatThrownBy(() -> runner.run(Work.RMW, 500, 1)).hasMessageContaining("sum of rmw");
    }

    @Test
    void shouldCheckOnlyPresenceWhenOthersHaveChangedValues() {
        runner.load(true);
        table.map.replaceAll((key, value) -> value + 1);
        runner.forget();

        assertThat(runner.run(Work.GET, 500, 1).operationCount()).isEqualTo(500);
        table.map.clear();
        assertThatThrownBy(() -> runner.run(Work.GET, 500, 1)).hasMessageContaining("not found");
    }
}
