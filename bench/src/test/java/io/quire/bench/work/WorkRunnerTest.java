/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.bench.table.KeyedTable;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
    private final WorkRunner runner = new WorkRunner(table, new KeySpace(ENTRY_COUNT), KeyDistribution.UNIFORM, 100);

    @Test
    void shouldLoadEveryEntryOnce() {
        final WorkSample sample = runner.load();

        assertThat(sample.operationCount()).isEqualTo(ENTRY_COUNT);
        assertThat(table.size()).isEqualTo(ENTRY_COUNT);
        assertThat(table.puts).isEqualTo(ENTRY_COUNT);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LOAD")
    void shouldDoAsManyOperationsAsAskedAndKeepTheSize(final Work work) {
        runner.load();

        final WorkSample sample = runner.run(work, 500, 1);

        assertThat(sample.operationCount()).isEqualTo(work == Work.SCAN ? ENTRY_COUNT : 500);
        assertThat(sample.durationNs()).isPositive();
        assertThat(table.size()).isEqualTo(ENTRY_COUNT);
    }

    @Test
    void shouldDoWhatTheWorkSays() {
        runner.load();
        table.puts = 0;

        runner.run(Work.GET, 500, 1);
        assertThat(table.gets).isEqualTo(500);
        runner.run(Work.RMW, 500, 1);
        assertThat(table.adds).isEqualTo(500);
        runner.run(Work.REMOVE_INSERT, 500, 1);
        assertThat(table.removes).isEqualTo(500);
        assertThat(table.puts).isEqualTo(500);
    }

    @Test
    void shouldMixReadsAndWritesAsTheNameSays() {
        runner.load();
        table.puts = 0;

        runner.run(Work.MIXED_95, 10_000, 1);

        assertThat(table.puts).isBetween(400, 600);
        assertThat(table.gets).isEqualTo(10_000 - table.puts);
    }

    @Test
    void shouldFailWhenTheTableLosesAnEntry() {
        runner.load();
        table.map.clear();

        assertThatThrownBy(() -> runner.run(Work.GET, 500, 1)).hasMessageContaining("not found: count=500");
    }

    @Test
    void shouldFailWhenTheTableFindsWhatIsNotThere() {
        runner.load();
        for (int i = 0; i < ENTRY_COUNT; i++) {
            table.map.put(KeySpace.absentKeyOf(i), 1L);
        }
        final KeyedTable lying = new CountingTable() {
            @Override
            public long get(final long key) {
                return 1;
            }
        };

        assertThatThrownBy(
                        () -> new WorkRunner(lying, new KeySpace(10), KeyDistribution.UNIFORM, 1).run(Work.MISS, 10, 1))
                .hasMessageContaining("absent entries found: count=10");
    }
}
