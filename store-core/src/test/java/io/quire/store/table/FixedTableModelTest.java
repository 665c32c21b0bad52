/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random operations against a {@link HashMap}, with reopening, checkpoint and recovery, and full memory. */
class FixedTableModelTest {
    private static final long MISSING = Long.MIN_VALUE + 12345;

    @Test
    void shouldBehaveAsTheModel() {
        Seed.with(getClass(), seed -> {
            try (Run run = new Run(seed, PagedMemory.anonymous(seed))) {
                run.operations(300_000);
            }
        });
    }

    @Test
    void shouldBehaveAsTheModelWhenMemoryIsFull() {
        fillMemory(2);
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelWhenMemoryIsFullWhateverItsSize() {
        fillMemory(1);
    }

    /** Every size of memory, or each second one of which it is a matter of the seed which they are. */
    private void fillMemory(final int step) {
        Seed.with(getClass(), seed -> {
            int fullCount = 0;
            for (int extents = 3 + Math.floorMod(seed, step); extents < 24; extents += step) {
                try (Run run = new Run(seed + extents, TestMemory.limited(seed, extents))) {
                    run.pressingOperations(40_000);
                    fullCount += run.fullCount;
                }
            }
            assertThat(fullCount).isGreaterThan(100);
        });
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        Seed.with(getClass(), seed -> {
            try (Run run = new Run(seed, PagedMemory.anonymous(seed))) {
                run.operations(30_000_000);
            }
        });
    }

    private static final class Run implements AutoCloseable {
        private final Random random;
        private final Map<Long, Long> model = new HashMap<>();
        private final TestMemory.Replica replica = new TestMemory.Replica();
        private PagedMemory memory;
        private FixedTable table;
        private int universe;
        private int fullCount;

        Run(final long seed, final PagedMemory memory) {
            random = new Random(seed);
            this.memory = memory;
            table = FixedTable.create(memory);
        }

        void operations(final int count) {
            int insertPercent = 50;
            for (int i = 0; i < count; i++) {
                if (i % 20_000 == 0) {
                    insertPercent = 10 + random.nextInt(80);
                    universe = 1 << (4 + random.nextInt(14));
                }
                step(insertPercent);
            }
            compare();
        }

        /** Inserts until memory is full, removes for a while, and again. */
        void pressingOperations(final int count) {
            for (int i = 0; i < count; ) {
                final int fullBefore = fullCount;
                universe = 1 << 17;
                while (fullCount == fullBefore && i < count) {
                    step(90);
                    i++;
                }
                for (int left = random.nextInt(3_000); left > 0; left--) {
                    step(20);
                    i++;
                }
            }
            compare();
        }

        private void step(final int insertPercent) {
            try {
                operation(insertPercent);
            } catch (final StoreFullException e) {
                fullCount++;
                if (fullCount % 512 == 1) {
                    compare();
                }
            }
            assertThat(table.size()).isEqualTo(model.size());
            if (random.nextInt(20_000) == 0) {
                now();
            }
        }

        private long key() {
            switch (random.nextInt(64)) {
                case 0:
                    return memory.hashSeed(); // hash 0
                case 1:
                    return new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}[random.nextInt(4)];
                default:
                    final long key = random.nextInt(universe);
                    return random.nextBoolean() ? key : key << 40;
            }
        }

        private void operation(final int insertPercent) {
            final long key = key();
            final long value = random.nextLong();
            if (random.nextInt(100) >= insertPercent) {
                remove(key);
                return;
            }
            switch (random.nextInt(7)) {
                case 0:
                    assertThat(table.put(key, value, MISSING)).isEqualTo(model.getOrDefault(key, MISSING));
                    model.put(key, value);
                    break;
                case 1:
                    table.set(key, value);
                    model.put(key, value);
                    break;
                case 2:
                    final long sum = model.getOrDefault(key, 0L) + value;
                    assertThat(table.addAndGet(key, value)).isEqualTo(sum);
                    model.put(key, sum);
                    break;
                case 3:
                    final long before = model.getOrDefault(key, 0L);
                    assertThat(table.getAndAdd(key, value)).isEqualTo(before);
                    model.put(key, before + value);
                    break;
                case 4:
                    final long expected = random.nextBoolean() ? model.getOrDefault(key, 1L) : value;
                    assertThat(table.compareAndSet(key, expected, 5))
                            .isEqualTo(model.containsKey(key) && model.get(key) == expected);
                    model.computeIfPresent(key, (any, old) -> old == expected ? 5 : old);
                    break;
                case 5:
                    assertThat(table.putIfAbsent(key, value, MISSING)).isEqualTo(model.getOrDefault(key, MISSING));
                    model.putIfAbsent(key, value);
                    break;
                default:
                    assertThat(table.get(key, MISSING)).isEqualTo(model.getOrDefault(key, MISSING));
                    assertThat(table.containsKey(key)).isEqualTo(model.containsKey(key));
                    break;
            }
        }

        private void remove(final long key) {
            if (random.nextBoolean()) {
                assertThat(table.remove(key)).isEqualTo(model.containsKey(key));
            } else {
                assertThat(table.removeAndGet(key, MISSING)).isEqualTo(model.getOrDefault(key, MISSING));
            }
            model.remove(key);
        }

        private void now() {
            switch (random.nextInt(6)) {
                case 0:
                    table = FixedTable.open(memory, table.rootAddress());
                    break;
                case 1:
                    replica.checkpoint(memory);
                    break;
                case 2:
                    recover();
                    break;
                case 3:
                    table.clear();
                    model.clear();
                    break;
                case 4:
                    iterate();
                    break;
                default:
                    compare();
                    break;
            }
        }

        /** Goes on with what the replica knows, every page cold. Only without a limit, which would be lost. */
        private void recover() {
            replica.checkpoint(memory);
            if (fullCount == 0) {
                final long root = table.rootAddress();
                memory.close();
                memory = replica.recover();
                table = FixedTable.open(memory, root);
            }
        }

        /** A cursor sees exactly once what stays, whatever else happens. */
        private void iterate() {
            final Set<Long> staying = new HashSet<>();
            for (final long key : model.keySet()) {
                if (random.nextInt(3) > 0) {
                    staying.add(key);
                }
            }
            final List<Long> others = new ArrayList<>(model.keySet());
            others.removeAll(staying);
            final Set<Long> seen = new HashSet<>();
            final FixedTableCursor cursor = table.cursor();
            long fresh = 1L << 50;
            while (cursor.next()) {
                assertThat(seen.add(cursor.key())).isTrue();
                assertThat(model).containsEntry(cursor.key(), cursor.value());
                if (!others.isEmpty() && random.nextInt(2) == 0) {
                    final long key = others.remove(others.size() - 1);
                    table.remove(key);
                    model.remove(key);
                }
                if (fullCount == 0 && random.nextInt(3) == 0) {
                    table.set(++fresh, fresh);
                    model.put(fresh, fresh);
                }
            }
            assertThat(seen).containsAll(staying);
        }

        private void compare() {
            table.checkInvariants();
            final Map<Long, Long> scanned = new HashMap<>();
            table.forEach((key, value) -> assertThat(scanned.put(key, value)).isNull());
            assertThat(scanned).isEqualTo(model);
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
