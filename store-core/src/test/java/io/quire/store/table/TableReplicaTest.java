/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every change is announced: after each burst of operations a store recovered from the announced lines only is whole
 * and equals the model. Keys are chosen by their hashes, so that few of them make a deep directory; values fill
 * extents fast.
 */
class TableReplicaTest {
    private static final long SEED = 0x5eed;
    private static final long MISSING = Long.MIN_VALUE;
    private static final int BURSTS = 200; // tables grow and shrink once
    private static final int BURSTS_SLOW = 600;

    private final KeyHash keyHash = new KeyHash(SEED);

    private static PagedMemory memory() {
        return PagedMemory.create(
                new PagedMemory.Builder(new AnonymousMemory(TestMemory.SMALL_WINDOW_SHIFT)).hashSeed(SEED));
    }

    /** Key number i: a third of them share the first level of the directory with no other, a third the second too. */
    private long key(final int number) {
        if (number == 0) {
            return keyHash.keyOf(0);
        }
        return keyHash.keyOf(KeyHash.mix(number) >>> (number % 3 * DirectoryDescriptor.WIDTH_MAX));
    }

    /** Share of inserts: rises and falls, so that tables grow, shrink to nothing and grow again. */
    private static boolean insert(final Random random, final int burst) {
        return random.nextInt(100) < (burst / 100 % 2 == 0 ? 92 : 4);
    }

    /** Mostly few, so that no change is hidden behind others of its page. */
    private static int operations(final Random random) {
        return random.nextInt(3) > 0 ? random.nextInt(5) : random.nextInt(2_500);
    }

    @Test
    void shouldAnnounceEveryChangeOfAFixedTable() {
        announceFixedTable(BURSTS);
    }

    @Test
    @Tag("slow")
    void shouldAnnounceEveryChangeOfAFixedTableThatGrowsAndShrinksSeveralTimes() {
        announceFixedTable(BURSTS_SLOW);
    }

    private void announceFixedTable(final int bursts) {
        Seed.with(getClass(), seed -> {
            final Random random = new Random(seed);
            final Map<Long, Long> model = new HashMap<>();
            final TestMemory.Replica replica = new TestMemory.Replica();
            try (PagedMemory memory = memory()) {
                final FixedTable table = FixedTable.create(memory);
                for (int burst = 0; burst < bursts; burst++) {
                    final int operations = operations(random);
                    for (int i = 0; i < operations; i++) {
                        final long key = key(random.nextInt(60_000));
                        if (insert(random, burst)) {
                            table.set(key, i);
                            model.put(key, (long) i);
                        } else {
                            for (int left = 0; left < 30; left++) {
                                final long victim = key(random.nextInt(60_000));
                                table.remove(victim);
                                model.remove(victim);
                            }
                        }
                    }
                    if (random.nextInt(100) == 0) {
                        table.clear();
                        model.clear();
                    }
                    replica.checkpoint(memory);
                    try (PagedMemory recovered = replica.recover()) {
                        compare(FixedTable.open(recovered, table.rootAddress()), model);
                    }
                }
            }
        });
    }

    private static void compare(final FixedTable table, final Map<Long, Long> model) {
        table.checkInvariants();
        assertThat(table.size()).isEqualTo(model.size());
        model.forEach((key, value) -> {
            if (table.get(key, MISSING) != value) {
                throw new AssertionError("key=" + key + " found=" + table.get(key, MISSING) + " expected=" + value);
            }
        });
    }

    @Test
    void shouldAnnounceEveryChangeOfARecordTable() {
        announceRecordTable(BURSTS);
    }

    @Test
    @Tag("slow")
    void shouldAnnounceEveryChangeOfARecordTableThatGrowsAndShrinksSeveralTimes() {
        announceRecordTable(BURSTS_SLOW);
    }

    private void announceRecordTable(final int bursts) {
        Seed.with(getClass(), seed -> {
            final Random random = new Random(seed);
            final Map<Long, byte[]> model = new HashMap<>();
            final TestMemory.Replica replica = new TestMemory.Replica();
            try (PagedMemory memory = memory()) {
                final RecordTable table = RecordTable.create(memory);
                for (int burst = 0; burst < bursts; burst++) {
                    final int operations = operations(random);
                    final boolean longValues = burst % 200 < 50 || burst % 100 > 80;
                    for (int i = 0; i < operations; i++) {
                        if (insert(random, burst)) {
                            put(table, model, random, longValues);
                        } else {
                            for (int left = 0; left < 30; left++) {
                                remove(table, model, key(random.nextInt(60_000)));
                            }
                        }
                    }
                    if (random.nextInt(100) == 0) {
                        table.clear();
                        model.clear();
                    }
                    replica.checkpoint(memory);
                    try (PagedMemory recovered = replica.recover()) {
                        compare(RecordTable.open(recovered, table.rootAddress()), model);
                    }
                }
            }
        });
    }

    @Test
    void shouldAnnounceEveryChangeOfATableOfFixedBytes() {
        announceFixedBytes(BURSTS);
    }

    @Test
    @Tag("slow")
    void shouldAnnounceEveryChangeOfATableOfFixedBytesThatGrowsAndShrinksSeveralTimes() {
        announceFixedBytes(BURSTS_SLOW);
    }

    private void announceFixedBytes(final int bursts) {
        Seed.with(getClass(), seed -> {
            final Random random = new Random(seed);
            final Map<Long, Integer> model = new HashMap<>();
            final TestMemory.Replica replica = new TestMemory.Replica();
            final byte[] value = new byte[40];
            try (PagedMemory memory = memory()) {
                final FixedBytesTable table = FixedBytesTable.create(memory, Long.BYTES, value.length);
                for (int burst = 0; burst < bursts; burst++) {
                    final int operations = operations(random);
                    for (int i = 0; i < operations; i++) {
                        final long key = key(random.nextInt(60_000));
                        if (insert(random, burst)) {
                            value[random.nextInt(value.length)]++;
                            table.put(bytes(key), RawMemory.ARRAY_OFFSET, value, RawMemory.ARRAY_OFFSET);
                            model.put(key, Arrays.hashCode(value));
                        } else {
                            for (int left = 0; left < 30; left++) {
                                final long victim = key(random.nextInt(60_000));
                                table.remove(bytes(victim), RawMemory.ARRAY_OFFSET);
                                model.remove(victim);
                            }
                        }
                    }
                    replica.checkpoint(memory);
                    try (PagedMemory recovered = replica.recover()) {
                        compare(FixedBytesTable.open(recovered, table.rootAddress()), model);
                    }
                }
            }
        });
    }

    private static void compare(final FixedBytesTable table, final Map<Long, Integer> model) {
        table.checkInvariants();
        assertThat(table.size()).isEqualTo(model.size());
        final byte[] value = new byte[table.valueLength()];
        model.forEach((key, hash) -> {
            final long entry = table.find(bytes(key), RawMemory.ARRAY_OFFSET);
            RawMemory.copy(null, table.valuePointer(entry), value, RawMemory.ARRAY_OFFSET, value.length);
            assertThat(Arrays.hashCode(value)).isEqualTo(hash);
        });
    }

    private void put(
            final RecordTable table, final Map<Long, byte[]> model, final Random random, final boolean longValues) {
        final long key = key(random.nextInt(longValues ? 400 : 60_000));
        final int length = longValues ? random.nextInt(random.nextInt(20) == 0 ? 80_000 : 9_000) : random.nextInt(40);
        final byte[] value = new byte[length];
        random.nextBytes(value);
        table.put(bytes(key), RawMemory.ARRAY_OFFSET, Long.BYTES, value, RawMemory.ARRAY_OFFSET, length);
        table.tidy();
        model.put(key, value);
    }

    private static void remove(final RecordTable table, final Map<Long, byte[]> model, final long key) {
        final boolean removed = table.remove(bytes(key), RawMemory.ARRAY_OFFSET, Long.BYTES);
        table.tidy();
        assertThat(removed).isEqualTo(model.remove(key) != null);
    }

    private static byte[] bytes(final long key) {
        final byte[] bytes = new byte[Long.BYTES];
        RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET, key);
        return bytes;
    }

    private static void compare(final RecordTable table, final Map<Long, byte[]> model) {
        table.checkInvariants();
        assertThat(table.size()).isEqualTo(model.size());
        model.forEach((key, value) -> {
            final long record = table.find(bytes(key), RawMemory.ARRAY_OFFSET, Long.BYTES);
            if (record == RecordTable.NOT_FOUND
                    || table.valueLength(record) != value.length
                    || !RawMemory.equal(value, RawMemory.ARRAY_OFFSET, table.valuePointer(record), value.length)) {
                throw new AssertionError("key=" + key + " record=" + record + " expected length=" + value.length);
            }
        });
    }
}
