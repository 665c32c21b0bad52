/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a single put does while a table grows, counted in pages that it changes: never more than one split, which is two
 * segments and a few pages of directory, root, heap and extent map, however large the table has become. Nothing is
 * rehashed as a whole.
 */
class TableGrowthTest {
    private static final int SEGMENT_PAGES = SegmentDescriptor.SEGMENT_LENGTH / PageDescriptor.PAGE_LENGTH;
    /** Two segments; directory node and its parent, root, extent maps, heads of heap extents, record. */
    private static final int PAGES_MAX = 2 * SEGMENT_PAGES + 10;

    private final PagedMemory memory = PagedMemory.anonymous(3);
    private final TestMemory.Replica replica = new TestMemory.Replica();

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void shouldDoAtMostOneSplitInAPutOfLongs() {
        final FixedTable table = FixedTable.create(memory);
        grow("longs", 300_000, number -> table.set(KeyHash.mix(number), number), table::statistics);
        table.checkInvariants();
    }

    @Test
    void shouldDoAtMostOneSplitInAPutOfFixedBytes() {
        final byte[] bytes = new byte[64];
        final FixedBytesTable table = FixedBytesTable.create(memory, 16, 48);
        grow(
                "fixed bytes",
                100_000,
                number -> {
                    RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET, number);
                    table.put(bytes, RawMemory.ARRAY_OFFSET, bytes, RawMemory.ARRAY_OFFSET);
                },
                table::statistics);
        table.checkInvariants();
    }

    @Test
    void shouldDoAtMostOneSplitInAPutOfRecords() {
        final byte[] bytes = new byte[64];
        final RecordTable table = RecordTable.create(memory);
        grow(
                "records",
                300_000,
                number -> {
                    RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET, number);
                    table.put(bytes, RawMemory.ARRAY_OFFSET, 8, bytes, RawMemory.ARRAY_OFFSET, 20);
                },
                table::statistics);
        table.checkInvariants();
    }

    private void grow(
            final String what, final int count, final IntConsumer put, final Supplier<TableStatistics> statistics) {
        long segments = statistics.get().segmentCount();
        int pagesMax = 0;
        int splits = 0;
        for (int number = 0; number < count; number++) {
            if (number % 16 == 0) {
                replica.checkpoint(memory); // or pages that were changed before would not be counted
            }
            final int before = memory.dirtyPageCount();
            put.accept(number);
            pagesMax = Math.max(pagesMax, memory.dirtyPageCount() - before);
            final long segmentsNow = statistics.get().segmentCount();
            assertThat(segmentsNow - segments).isBetween(0L, 1L);
            splits += (int) (segmentsNow - segments);
            segments = segmentsNow;
        }
        System.out.println(what + ": " + splits + " splits, at most " + pagesMax + " pages changed in one put");
        assertThat(splits).isGreaterThan(40);
        assertThat(pagesMax).isGreaterThan(SEGMENT_PAGES).isLessThanOrEqualTo(PAGES_MAX);
    }
}
