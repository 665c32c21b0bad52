/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Growth to millions of entries and back: memory an entry, time of the longest put, extents given back. */
@Tag("slow")
class TableGrowthStressTest {
    private static final long SEED = 0x5eed;

    private static PagedMemory memory() {
        return PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(28)).hashSeed(SEED));
    }

    @Test
    void shouldGrowAFixedTableToMillionsAndShrinkItAgain() {
        final int count = 8_000_000;
        try (PagedMemory memory = memory()) {
            final FixedTable table = FixedTable.create(memory);
            long longestNs = 0;
            double sum = 0;
            int samples = 0;
            for (int i = 0; i < count; i++) {
                final long start = System.nanoTime();
                table.set(KeyHash.mix(i), i);
                longestNs = Math.max(longestNs, System.nanoTime() - start);
                if (i >= 500_000 && i % 50_000 == 0) {
                    sum += table.statistics().bytesPerEntry();
                    samples++;
                }
            }
            System.out.println("fixed: longest put " + longestNs / 1_000 + " us, " + sum / samples
                    + " bytes an entry averaged over growth, at the end " + table.statistics());
            assertThat(sum / samples).isLessThan(27.0);
            table.checkInvariants();
            for (int i = 0; i < count; i++) {
                if (!table.remove(KeyHash.mix(i))) {
                    throw new AssertionError("lost: " + i);
                }
            }
            table.checkInvariants();
            assertThat(table.statistics().extentCount()).isLessThan(4);
        }
    }

    @Test
    void shouldGrowARecordTableToMillionsAndShrinkItAgain() {
        final int count = 8_000_000; // more than ten splits deep: tags are refilled from records
        final byte[] key = new byte[Long.BYTES];
        final byte[] value = new byte[20];
        try (PagedMemory memory = memory()) {
            final RecordTable table = RecordTable.create(memory);
            long longestNs = 0;
            for (int i = 0; i < count; i++) {
                RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, KeyHash.mix(i));
                final long start = System.nanoTime();
                table.put(key, RawMemory.ARRAY_OFFSET, key.length, value, RawMemory.ARRAY_OFFSET, value.length);
                longestNs = Math.max(longestNs, System.nanoTime() - start);
            }
            System.out.println("records: longest put " + longestNs / 1_000 + " us, at the end " + table.statistics());
            assertThat(table.size()).isEqualTo(count);
            table.checkInvariants();
            for (int i = 0; i < count; i++) {
                RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, KeyHash.mix(i));
                if (!table.remove(key, RawMemory.ARRAY_OFFSET, key.length)) {
                    throw new AssertionError("lost: " + i);
                }
            }
            table.checkInvariants();
            assertThat(table.statistics().extentCount()).isLessThan(5);
        }
    }
}
