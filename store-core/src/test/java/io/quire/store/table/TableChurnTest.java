/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tables that insert and remove for long neither get slower nor bigger, and those that shrink give extents back. */
class TableChurnTest {
    private static final int ENTRIES = 30_000;
    private static final int TURNOVERS = 25;

    private final PagedMemory memory = PagedMemory.anonymous(11);
    private final byte[] key = new byte[16];
    private final byte[] value = new byte[256];

    @AfterEach
    void close() {
        memory.close();
    }

    /** Mean number of slots between an entry and its home: what a search that finds it looks at beforehand. */
    private double meanDistance(final RecordTable table) {
        final long[] slots = new long[RecordSlotDescriptor.SLOT_COUNT];
        long distances = 0;
        long position = 0;
        do {
            table.copySlots(position, slots);
            for (int i = 0; i < slots.length; i++) {
                if (slots[i] != 0) {
                    distances += Math.floorMod(i - RecordSlotDescriptor.home(slots[i]), slots.length);
                }
            }
            position = table.nextPosition(position);
        } while (position != 0);
        return (double) distances / table.size();
    }

    private double meanDistance(final FixedTable table) {
        final TableRoot root = TableRoot.open(memory, table.rootAddress(), TableRootDescriptor.KIND_LONG_LONG);
        final Directory directory = new Directory(memory, root, new BlockHeap(memory, root));
        long distances = 0;
        long position = 0;
        do {
            final long pointer = directory.pointer(position);
            for (int i = 0; i < FixedSlotDescriptor.SLOT_COUNT; i++) {
                final long hash = RawMemory.getLong(pointer + FixedSlotDescriptor.slotOffset(i));
                if (hash != 0) {
                    distances += Math.floorMod(i - FixedSlotDescriptor.homeIndex(hash), FixedSlotDescriptor.SLOT_COUNT);
                }
            }
            position = table.nextPosition(position);
        } while (position != 0);
        return (double) distances / table.size();
    }

    @Test
    void shouldKeepSpeedAndMemoryOfAFixedTable() {
        final FixedTable table = FixedTable.create(memory);
        for (long i = 0; i < ENTRIES; i++) {
            table.set(i, i);
        }
        final double distance = meanDistance(table);
        final long extents = table.statistics().extentCount();
        for (long i = ENTRIES; i < (long) ENTRIES * TURNOVERS; i++) {
            table.remove(i - ENTRIES);
            table.set(i, i);
        }
        table.checkInvariants();
        assertThat(meanDistance(table)).isLessThan(distance * 1.3 + 0.5);
        assertThat(table.statistics().extentCount()).isLessThanOrEqualTo(extents + 2);
    }

    @Test
    void shouldKeepSpeedAndMemoryOfARecordTable() {
        final RecordTable table = RecordTable.create(memory);
        final Random random = new Random(5);
        for (int i = 0; i < ENTRIES; i++) {
            put(table, i, random.nextInt(200));
        }
        final double distance = meanDistance(table);
        final long extents = table.statistics().extentCount();
        for (int i = ENTRIES; i < ENTRIES * TURNOVERS; i++) {
            remove(table, i - ENTRIES);
            put(table, i, random.nextInt(200));
        }
        table.checkInvariants();
        assertThat(meanDistance(table)).isLessThan(distance * 1.3 + 0.5);
        assertThat(table.statistics().extentCount()).isLessThan(extents * 11 / 10 + 12);
    }

    /** An extent that moving has stopped in may soon hold blocks of another size, at other offsets. */
    @Test
    void shouldNotGoOnInAnExtentThatHasGotBlocksOfAnotherSize() {
        final RecordTable table = RecordTable.create(memory);
        final Random random = new Random(5);
        random.nextBytes(value);
        for (int round = 0; round < 1_000; round++) {
            final int length = 20 + random.nextInt(value.length - 20);
            final int count = 1_000 + random.nextInt(1_000);
            for (int i = 0; i < count; i++) {
                put(table, i, length);
            }
            final int share = 40 + random.nextInt(50);
            for (int i = random.nextInt(count); i >= 0; i--) {
                if (random.nextInt(100) < share) {
                    remove(table, i);
                }
            }
            if (round % 30 == 0) {
                table.checkInvariants();
            }
            table.clear();
        }
    }

    /** In the order of insertion, in which each extent is left with little before the next one is touched. */
    @Test
    void shouldGiveExtentsBackHoweverItShrinks() {
        shrink("in order", i -> i, i -> i % 100 != 0);
        shrink("in reverse", i -> ENTRIES - 1 - i, i -> i % 100 != 0);
        shrink("scattered", i -> (int) (i * 7_919L % ENTRIES), i -> i % 100 != 0);
        shrink("every second, then the others", i -> i < ENTRIES / 2 ? 2 * i : 2 * i - ENTRIES + 1, i -> i % 64 != 0);
        shrink("the first half", i -> i, i -> i < ENTRIES * 49 / 50);
        shrink("down to a third in order", i -> i, i -> i % 3 != 0);
        shrink("down to a fifth scattered", i -> (int) (i * 7_919L % ENTRIES), i -> i % 5 != 0);
    }

    private interface Choice {
        boolean removed(int number);
    }

    private void shrink(final String how, final IntUnaryOperator order, final Choice choice) {
        final RecordTable table = RecordTable.create(memory);
        for (int i = 0; i < ENTRIES; i++) {
            put(table, i, 100);
        }
        final long full = table.statistics().extentCount();
        int left = ENTRIES;
        for (int i = 0; i < ENTRIES; i++) {
            final int number = order.applyAsInt(i);
            if (choice.removed(number)) {
                remove(table, number);
                left--;
            }
        }
        table.checkInvariants();
        assertThat(table.size()).isEqualTo(left);
        for (int i = 0; i < ENTRIES; i++) {
            assertThat(table.find(keyOf(i), RawMemory.ARRAY_OFFSET, key.length) != RecordTable.NOT_FOUND)
                    .isEqualTo(!choice.removed(i));
        }
        final TableStatistics statistics = table.statistics();
        final long recordExtents = extentsOf(left * 128L);
        final long segmentExtents = statistics.segmentCount();
        System.out.println(how + ": " + full + " extents, then " + statistics.extentCount() + " for " + left
                + " entries, which is at least " + recordExtents + " and " + segmentExtents + " segments");
        assertThat(statistics.extentCount()).as(how).isLessThanOrEqualTo(3 * recordExtents + segmentExtents + 5);
        assertThat(segmentExtents).as(how).isLessThanOrEqualTo(1 + left / (RecordSlotDescriptor.MERGE_COUNT_MAX / 2));
        table.drop();
        assertThat(memory.extentsByKind()[ExtentKind.RECORD_HEAP.code()]).isZero();
    }

    private static long extentsOf(final long length) {
        return (length + PageDescriptor.EXTENT_LENGTH - 1) / PageDescriptor.EXTENT_LENGTH;
    }

    @Test
    void shouldReuseWhatAShrinkingTableGaveBack() {
        final List<Long> limits = new ArrayList<>();
        final RecordTable table = RecordTable.create(memory);
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < ENTRIES; i++) {
                put(table, i, 40 + 40 * (round % 3)); // another size class each time
            }
            limits.add((long) memory.pageLimit());
            for (int i = 0; i < ENTRIES; i++) {
                remove(table, i);
            }
            assertThat(table.statistics().extentCount()).isLessThan(6);
        }
        assertThat(limits.get(4)).isLessThanOrEqualTo(limits.get(2));
    }

    private byte[] keyOf(final int number) {
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, number);
        return key;
    }

    private void put(final RecordTable table, final int number, final int length) {
        table.put(keyOf(number), RawMemory.ARRAY_OFFSET, key.length, value, RawMemory.ARRAY_OFFSET, length);
        table.tidy();
    }

    private void remove(final RecordTable table, final int number) {
        assertThat(table.remove(keyOf(number), RawMemory.ARRAY_OFFSET, key.length))
                .isTrue();
        table.tidy();
    }
}
