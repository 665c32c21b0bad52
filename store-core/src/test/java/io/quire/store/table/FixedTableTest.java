/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FixedTableTest {
    private static final long SEED = 0x5eedL;
    private static final long MISSING = -77;

    private final PagedMemory memory = PagedMemory.anonymous(SEED);
    private final FixedTable table = FixedTable.create(memory);

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void shouldKeepEveryKindOfKey() {
        // The key equal to the seed is the one whose hash is 0, the mark of an empty slot.
        final long[] keys = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, SEED, ~SEED};
        for (final long key : keys) {
            assertThat(table.get(key, MISSING)).isEqualTo(MISSING);
            assertThat(table.containsKey(key)).isFalse();
            assertThat(table.put(key, key ^ 5, MISSING)).isEqualTo(MISSING);
            assertThat(table.get(key, MISSING)).isEqualTo(key ^ 5);
            assertThat(table.put(key, 0, MISSING)).isEqualTo(key ^ 5);
            assertThat(table.containsKey(key)).isTrue();
            table.checkInvariants();
        }
        assertThat(table.size()).isEqualTo(keys.length);
        for (final long key : keys) {
            assertThat(table.removeAndGet(key, MISSING)).isZero();
            assertThat(table.remove(key)).isFalse();
            table.checkInvariants();
        }
        assertThat(table.size()).isZero();
    }

    @Test
    void shouldFindTheKeysOfABatchWhereverTheyStand() {
        final int count = 3 * FixedSlotDescriptor.COUNT_MAX; // segments as full as they get, so that searches are long
        final long[] keys = new long[count / FixedTable.BATCH_COUNT_MAX * FixedTable.BATCH_COUNT_MAX];
        final long[] values = new long[keys.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = i % 16 == 0 ? SEED + i / 16 : 31L * i;
            if (i % 5 != 0 || keys[i] == SEED) {
                table.set(keys[i], ~keys[i]);
            }
        }
        for (int from = 0; from < keys.length; from += FixedTable.BATCH_COUNT_MAX) {
            table.getAll(keys, from, FixedTable.BATCH_COUNT_MAX, values, MISSING);
        }
        assertThat(values[0]).as("the key whose hash marks an empty slot").isEqualTo(~SEED);
        for (int i = 0; i < keys.length; i++) {
            assertThat(values[i]).isEqualTo(table.get(keys[i], MISSING));
        }
    }

    @Test
    void shouldReadModifyWriteInPlace() {
        for (final long key : new long[] {7, SEED}) {
            assertThat(table.addAndGet(key, 5)).isEqualTo(5);
            assertThat(table.addAndGet(key, -7)).isEqualTo(-2);
            assertThat(table.getAndAdd(key, 10)).isEqualTo(-2);
            assertThat(table.compareAndSet(key, 7, 1)).isFalse();
            assertThat(table.compareAndSet(key, 8, 1)).isTrue();
            assertThat(table.putIfAbsent(key, 9, MISSING)).isEqualTo(1);
            assertThat(table.remove(key)).isTrue();
            assertThat(table.compareAndSet(key, 0, 1)).isFalse();
            assertThat(table.getAndAdd(key, 3)).isZero();
            assertThat(table.remove(key)).isTrue();
            assertThat(table.putIfAbsent(key, 9, MISSING)).isEqualTo(MISSING);
            table.set(key, 11);
            assertThat(table.get(key, MISSING)).isEqualTo(11);
        }
        table.checkInvariants();
    }

    @Test
    void shouldGrowShrinkAndGiveExtentsBack() {
        final int count = 100_000;
        for (long key = 0; key < count; key++) {
            table.set(key, ~key);
        }
        table.checkInvariants();
        assertThat(table.statistics().segmentCount()).isBetween(28L, 64L);
        for (long key = 0; key < count; key++) {
            assertThat(table.get(key, MISSING)).isEqualTo(~key);
        }
        for (long key = 0; key < count; key++) {
            assertThat(table.removeAndGet(key, MISSING)).isEqualTo(~key);
        }
        table.checkInvariants();
        assertThat(table.size()).isZero();
        assertThat(table.statistics().segmentCount()).isEqualTo(1);
        assertThat(table.statistics().extentCount()).isEqualTo(2);
        assertThat(memory.extentsByKind()[ExtentKind.FIXED_SEGMENT.code()]).isEqualTo(1);
    }

    @Test
    void shouldClearAndDrop() {
        for (long key = 0; key < 50_000; key++) {
            table.set(key, key);
        }
        table.set(SEED, 1);
        table.clear();
        table.checkInvariants();
        assertThat(table.size()).isZero();
        assertThat(table.containsKey(SEED)).isFalse();
        assertThat(table.containsKey(5)).isFalse();
        for (long key = 0; key < 50_000; key++) {
            table.set(key, key);
        }
        table.checkInvariants();
        table.drop();
        assertThat(memory.extentsByKind()[ExtentKind.FIXED_SEGMENT.code()]).isZero();
        assertThat(memory.extentsByKind()[ExtentKind.PAGES.code()]).isZero();
        assertThatThrownBy(() -> table.get(1, 2)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> table.set(1, 2)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(table::size).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(table::drop).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldReopenByItsRoot() {
        for (long key = 0; key < 20_000; key++) {
            table.set(key, key * 3);
        }
        final FixedTable reopened = FixedTable.open(memory, table.rootAddress());
        reopened.checkInvariants();
        assertThat(reopened.size()).isEqualTo(20_000);
        assertThat(reopened.get(777, MISSING)).isEqualTo(2331);
    }

    @Test
    void shouldRefuseToOpenWhatIsNoTableOfThisKind() {
        final RecordTable other = RecordTable.create(memory);
        assertThatThrownBy(() -> FixedTable.open(memory, other.rootAddress()))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("kind");
        assertThatThrownBy(() -> FixedTable.open(memory, table.rootAddress() + 4096))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("magic");
        for (final long address : new long[] {0, -1, 17, 1L << 40}) {
            assertThatThrownBy(() -> FixedTable.open(memory, address)).isInstanceOf(CorruptStoreException.class);
        }
    }

    @Test
    void shouldRefuseToOpenUnderAnotherSeed() {
        RawMemory.putLong(
                memory.forWrite(table.rootAddress() + TableRootDescriptor.HASH_CHECK_OFFSET, Long.BYTES),
                new KeyHash(SEED + 1).check());
        assertThatThrownBy(() -> FixedTable.open(memory, table.rootAddress()))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("seed");
    }

    @Test
    void shouldScanEveryEntryOnce() {
        final Map<Long, Long> expected = new HashMap<>();
        for (long key = -10_000; key < 10_000; key++) {
            table.set(key * 7, key);
            expected.put(key * 7, key);
        }
        table.set(SEED, 4);
        expected.put(SEED, 4L);
        final Map<Long, Long> scanned = new HashMap<>();
        table.forEach((key, value) -> assertThat(scanned.put(key, value)).isNull());
        assertThat(scanned).isEqualTo(expected);
        final Map<Long, Long> stepped = new HashMap<>();
        final FixedTableCursor cursor = table.cursor();
        while (cursor.next()) {
            assertThat(stepped.put(cursor.key(), cursor.value())).isNull();
        }
        assertThat(cursor.next()).isFalse();
        assertThat(stepped).isEqualTo(expected);
    }

    @Test
    void shouldIterateWhileSegmentsSplitAndMerge() {
        for (long key = 0; key < 30_000; key++) {
            table.set(key, key);
        }
        final Set<Long> seen = new HashSet<>();
        final FixedTableCursor cursor = table.cursor();
        long fresh = 30_000;
        int steps = 0;
        while (cursor.next()) {
            assertThat(seen.add(cursor.key())).isTrue();
            steps++;
            if (steps < 15_000) {
                for (int i = 0; i < 5; i++) {
                    table.set(fresh++, 1); // splits
                }
            } else {
                for (int i = 0; i < 20 && fresh > 30_000; i++) {
                    table.remove(--fresh); // merges
                }
            }
        }
        for (long key = 0; key < 30_000; key++) {
            assertThat(seen.contains(key)).isTrue();
        }
        table.checkInvariants();
    }

    @Test
    void shouldSeeNothingTwiceWhenSegmentsMergeAcrossThePosition() {
        for (int breakAt = 1_000; breakAt < 30_000; breakAt += 1_777) {
            for (long key = 0; key < 30_000; key++) {
                table.set(key, key);
            }
            final Set<Long> seen = new HashSet<>();
            final FixedTableCursor cursor = table.cursor();
            while (seen.size() < breakAt && cursor.next()) {
                seen.add(cursor.key());
            }
            for (long key = 0; key < 30_000; key++) {
                if (key % 40 != 0) {
                    table.remove(key);
                }
            }
            assertThat(table.statistics().segmentCount()).isEqualTo(1);
            while (cursor.next()) {
                assertThat(seen.add(cursor.key())).isTrue();
            }
            for (long key = 0; key < 30_000; key += 40) {
                assertThat(seen.contains(key)).isTrue();
            }
        }
    }

    @Test
    void shouldNotSeeWhatWasRemovedAndSeeValuesOfTheMoment() {
        for (long key = 0; key < 3_000; key++) {
            table.set(key, 0);
        }
        final FixedTableCursor cursor = table.cursor();
        assertThat(cursor.next()).isTrue();
        final long first = cursor.key();
        for (long key = 0; key < 3_000; key++) {
            table.set(key, 1);
            if (key % 2 == 0) {
                table.remove(key);
            }
        }
        long count = 0;
        while (cursor.next()) {
            assertThat(cursor.key() % 2).isEqualTo(1);
            assertThat(cursor.value()).isEqualTo(1);
            count++;
        }
        assertThat(count).isEqualTo(first % 2 == 1 ? 1_499 : 1_500);
    }

    @Test
    void shouldGrowAndShrinkDeepWhereHashesAreAlike() {
        final KeyHash keyHash = new KeyHash(SEED);
        for (long i = 0; i < 5_000; i++) {
            table.set(keyHash.keyOf(i << 40 | i), i); // shares 11 bits
            table.set(keyHash.keyOf(0x7A5L << 52 | i), ~i); // shares 51 bits
        }
        table.checkInvariants();
        assertThat(table.statistics().directoryNodeCount()).isBetween(6L, 12L);
        for (long i = 0; i < 5_000; i++) {
            assertThat(table.get(keyHash.keyOf(i << 40 | i), MISSING)).isEqualTo(i);
            assertThat(table.get(keyHash.keyOf(0x7A5L << 52 | i), MISSING)).isEqualTo(~i);
        }
        final FixedTableCursor cursor = table.cursor();
        int count = 0;
        while (cursor.next()) {
            count++;
        }
        assertThat(count).isEqualTo(10_000);
        for (long i = 0; i < 5_000; i++) {
            assertThat(table.remove(keyHash.keyOf(0x7A5L << 52 | i))).isTrue();
            assertThat(table.remove(keyHash.keyOf(i << 40 | i))).isTrue();
            if (i % 500 == 0) {
                table.checkInvariants();
            }
        }
        table.checkInvariants();
        assertThat(table.statistics().segmentCount()).isEqualTo(1);
        assertThat(table.statistics().directoryNodeCount()).isZero();
    }

    @Test
    void shouldTouchOneLineToOverwriteAndThreeToInsert() {
        for (long key = 0; key < 10_000; key++) {
            table.set(key, key);
        }
        final TestMemory.Replica replica = new TestMemory.Replica();
        replica.checkpoint(memory);
        table.set(77, 5);
        replica.checkpoint(memory);
        assertThat(replica.lineCount).isEqualTo(1);
        table.addAndGet(78, 5);
        table.compareAndSet(78, 83, 1);
        replica.checkpoint(memory);
        assertThat(replica.lineCount).isEqualTo(1);
        table.set(10_001, 5);
        replica.checkpoint(memory);
        assertThat(replica.lineCount).isEqualTo(3);
        table.get(5, 1);
        table.remove(-5);
        table.compareAndSet(5, 1, 2);
        replica.checkpoint(memory);
        assertThat(replica.lineCount).isZero();
    }

    @Test
    void shouldTakeAtMostTwentySevenBytesAnEntryAveragedOverGrowth() {
        double sum = 0;
        int samples = 0;
        for (long key = 0; key < 400_000; key++) {
            table.set(key * 0x9E3779B97F4A7C15L, key);
            if (key >= 100_000 && key % 1_000 == 0) {
                sum += table.statistics().bytesPerEntry();
                samples++;
            }
        }
        assertThat(sum / samples).isLessThan(27.0);
    }
}
