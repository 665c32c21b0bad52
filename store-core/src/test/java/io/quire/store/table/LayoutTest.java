/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Pins what stands in pages, so that no layout changes unnoticed. */
class LayoutTest {
    @Test
    void shouldPinSegmentHeaders() {
        assertThat(SegmentDescriptor.FIXED_MAGIC).isEqualTo(0x47455346);
        assertThat(SegmentDescriptor.RECORD_MAGIC).isEqualTo(0x47455352);
        assertThat(SegmentDescriptor.FIXED_BYTES_MAGIC).isEqualTo(0x47455342);
        assertThat(SegmentDescriptor.MAGIC_OFFSET).isZero();
        assertThat(SegmentDescriptor.DEPTH_OFFSET).isEqualTo(4);
        assertThat(SegmentDescriptor.COUNT_OFFSET).isEqualTo(8);
        assertThat(SegmentDescriptor.FLAGS_OFFSET).isEqualTo(12);
        assertThat(SegmentDescriptor.ZERO_VALUE_OFFSET).isEqualTo(16);
        assertThat(SegmentDescriptor.PREFIX_OFFSET).isEqualTo(24);
        assertThat(SegmentDescriptor.HEADER_LENGTH).isEqualTo(64);
        assertThat(SegmentDescriptor.SEGMENT_LENGTH).isEqualTo(65_536);
        assertThat(SegmentDescriptor.DEPTH_MAX).isEqualTo(54);
        assertThat(SegmentDescriptor.FLAG_ZERO_HASH).isEqualTo(1);
    }

    @Test
    void shouldPinFixedSlots() {
        assertThat(FixedSlotDescriptor.HASH_OFFSET).isZero();
        assertThat(FixedSlotDescriptor.VALUE_OFFSET).isEqualTo(8);
        assertThat(FixedSlotDescriptor.SLOT_LENGTH).isEqualTo(16);
        assertThat(FixedSlotDescriptor.SLOT_COUNT).isEqualTo(4_092);
        assertThat(FixedSlotDescriptor.COUNT_MAX).isEqualTo(3_577);
        assertThat(FixedSlotDescriptor.MERGE_COUNT_MAX).isEqualTo(1_788);
        assertThat(FixedSlotDescriptor.slotOffset(0)).isEqualTo(64);
        assertThat(FixedSlotDescriptor.slotOffset(4_091)).isEqualTo(65_520);
        assertThat(FixedSlotDescriptor.slotIndex(65_520)).isEqualTo(4_091);
        assertThat(FixedSlotDescriptor.homeIndex(0x1234_5678_0000_0000L)).isZero();
        assertThat(FixedSlotDescriptor.homeIndex(0x1234_5678_FFFF_FFFFL)).isEqualTo(4_091);
        assertThat(FixedSlotDescriptor.homeIndex(0x8000_0000L)).isEqualTo(2_046);
    }

    @Test
    void shouldPinSlotsOfFixedBytes() {
        assertShape(new FixedBytesShape(8, 0), 8, 8, 128, 8_176, 7_154);
        assertShape(new FixedBytesShape(4, 4), 8, 16, 128, 4_088, 3_577);
        assertShape(new FixedBytesShape(1, 9), 8, 24, 128, 2_725, 2_043);
        assertShape(new FixedBytesShape(16, 8), 16, 24, 128, 2_725, 2_043);
        assertShape(new FixedBytesShape(64, 256), 64, 320, 384, 203, 150);
        assertThat(FixedBytesShape.HASH_OFFSET).isZero();
        assertThat(FixedBytesShape.REST_OFFSET).isEqualTo(8);
        assertThat(FixedBytesShape.ZERO_SLOT_OFFSET).isEqualTo(64);
        final FixedBytesShape shape = new FixedBytesShape(16, 8);
        assertThat(shape.nextOffset(shape.slotOffset(shape.slotCount - 1))).isEqualTo(128);
        assertThat(shape.homeOffset(0xFFFF_FFFFL)).isEqualTo(128 + 2_724 * 24);
    }

    private static void assertShape(
            final FixedBytesShape shape,
            final int valueOffset,
            final int slotLength,
            final int firstSlotOffset,
            final int slotCount,
            final int countMax) {
        assertThat(shape.valueOffset).isEqualTo(valueOffset);
        assertThat(shape.slotLength).isEqualTo(slotLength);
        assertThat(shape.firstSlotOffset).isEqualTo(firstSlotOffset);
        assertThat(shape.slotCount).isEqualTo(slotCount);
        assertThat(shape.countMax).isEqualTo(countMax);
        assertThat(shape.mergeCountMax()).isEqualTo(countMax / 2);
    }

    @Test
    void shouldPinLists() {
        assertThat(TableRootDescriptor.KIND_LIST).isEqualTo(10);
        assertThat(TableRootDescriptor.OWNER_OFFSET).isEqualTo(4_032);
        assertThat(ListDescriptor.COUNT_OFFSET).isZero();
        assertThat(ListDescriptor.FIRST_OFFSET).isEqualTo(8);
        assertThat(ListDescriptor.LAST_OFFSET).isEqualTo(16);
        assertThat(ListDescriptor.GENERATION_OFFSET).isEqualTo(24);
        assertThat(ListDescriptor.HEAD_LENGTH).isEqualTo(32);
        assertThat(ListDescriptor.NEXT_OFFSET).isZero();
        assertThat(ListDescriptor.USED_OFFSET).isEqualTo(8);
        assertThat(ListDescriptor.LENGTH_OFFSET).isEqualTo(12);
        assertThat(ListDescriptor.ITEMS_OFFSET).isEqualTo(16);
        assertThat(ListDescriptor.ELEMENTS_FIELD).isZero();
        assertThat(ListDescriptor.GENERATION_FIELD).isEqualTo(1);
        final byte[] prefix = new byte[3];
        ListDescriptor.putPrefix(prefix, 0, 300);
        assertThat(prefix).containsExactly(-84, 2, 0);
    }

    @Test
    void shouldPinMaps() {
        assertThat(MapDescriptor.KEY_TRAILER_LENGTH).isEqualTo(4);
        assertThat(MapDescriptor.PREVIOUS_OFFSET).isZero();
        assertThat(MapDescriptor.NEXT_OFFSET).isEqualTo(8);
        assertThat(MapDescriptor.LINKS_LENGTH).isEqualTo(16);
        assertThat(MapDescriptor.COUNT_OFFSET).isZero();
        assertThat(MapDescriptor.FIRST_OFFSET).isEqualTo(8);
        assertThat(MapDescriptor.LAST_OFFSET).isEqualTo(16);
        assertThat(MapDescriptor.HEAD_LENGTH).isEqualTo(24);
        assertThat(MapDescriptor.HEADS_FIELD).isZero();
    }

    @Test
    void shouldPinTimers() {
        assertThat(TimerDescriptor.KEY_TRAILER_LENGTH).isEqualTo(12);
        assertThat(TimerDescriptor.KEY_LENGTH_MAX).isEqualTo(1_048_564);
        assertThat(TimerDescriptor.VALUE_LENGTH).isEqualTo(24);
        assertThat(TimerDescriptor.NODE_MAGIC).isEqualTo(0x4e515451);
        assertThat(TimerDescriptor.MAGIC_OFFSET).isZero();
        assertThat(TimerDescriptor.LEVEL_OFFSET).isEqualTo(4);
        assertThat(TimerDescriptor.START_OFFSET).isEqualTo(8);
        assertThat(TimerDescriptor.COUNT_OFFSET).isEqualTo(12);
        assertThat(TimerDescriptor.HEADER_LENGTH).isEqualTo(16);
        assertThat(TimerDescriptor.TIMESTAMP_OFFSET).isZero();
        assertThat(TimerDescriptor.SEQUENCE_OFFSET).isEqualTo(8);
        assertThat(TimerDescriptor.ADDRESS_OFFSET).isEqualTo(16);
        assertThat(TimerDescriptor.ELEMENT_LENGTH).isEqualTo(24);
        assertThat(TimerDescriptor.COUNT_MAX).isEqualTo(42);
        assertThat(TimerDescriptor.NODE_LENGTH).isEqualTo(1_024);
        assertThat(TimerDescriptor.LEVEL_MAX).isEqualTo(15);
        assertThat(TimerDescriptor.TOP_FIELD).isEqualTo(1);
        assertThat(TimerDescriptor.SEQUENCE_FIELD).isEqualTo(2);
        assertThat(TimerDescriptor.placeOffset(41)).isEqualTo(1_000);
        final byte[] key = {7, 1, 0, 0, 0, 0, 0, 0, -128, 1, 0, 0, 0};
        assertThat(TimerDescriptor.isEntryKey(key, RawMemory.ARRAY_OFFSET, 13)).isTrue();
        assertThat(TimerDescriptor.isEntryKey(key, RawMemory.ARRAY_OFFSET + 1, 12))
                .isFalse();
        assertThat(TimerDescriptor.isEntryKey(key, RawMemory.ARRAY_OFFSET, 11)).isFalse();
        assertThat(TimerDescriptor.timestamp(key, RawMemory.ARRAY_OFFSET, 13)).isEqualTo(Long.MIN_VALUE + 1);
    }

    @Test
    void shouldPinRecordSlots() {
        assertThat(RecordSlotDescriptor.SLOT_LENGTH).isEqualTo(8);
        assertThat(RecordSlotDescriptor.SLOT_COUNT).isEqualTo(8_184);
        assertThat(RecordSlotDescriptor.COUNT_MAX).isEqualTo(6_544);
        assertThat(RecordSlotDescriptor.MERGE_COUNT_MAX).isEqualTo(3_272);
        final long header = RecordSlotDescriptor.header(0xABC0_0000_FFFF_FFFFL, 4);
        assertThat(header).isEqualTo(8_183L << 51 | 0b10111100001L << 40);
        final long slot = RecordSlotDescriptor.slot(header, 0x7_FFFF_FFF0L);
        assertThat(slot).isEqualTo(header | 0x7FFF_FFFFL);
        assertThat(RecordSlotDescriptor.record(slot)).isEqualTo(0x7_FFFF_FFF0L);
        assertThat(RecordSlotDescriptor.home(slot)).isEqualTo(8_183);
        assertThat(RecordSlotDescriptor.record(RecordSlotDescriptor.slot(0, (1L << 44) - 16)))
                .isEqualTo((1L << 44) - 16);
        assertThat(RecordSlotDescriptor.slotOffset(8_183)).isEqualTo(65_528);
        assertThat(RecordSlotDescriptor.slotIndex(65_528)).isEqualTo(8_183);
    }

    @Test
    void shouldFindInAWindowOfSlotsWhatASearchSlotBySlotFinds() {
        final SplittableRandom random = new SplittableRandom(11);
        final long pointer = RawMemory.allocate(RecordSlotDescriptor.WINDOW_LENGTH);
        int found = 0;
        for (int round = 0; round < 100_000; round++) {
            final long hash = random.nextLong();
            final int depth = random.nextInt(SegmentDescriptor.DEPTH_MAX + 1);
            final int home = RecordSlotDescriptor.homeIndex(hash);
            final long header = RecordSlotDescriptor.header(hash, depth);
            int expected = 0;
            for (int i = 0; i < RecordSlotDescriptor.WINDOW_COUNT; i++) {
                final long slot = slotLike(header, random);
                RawMemory.putLong(pointer + i * RecordSlotDescriptor.SLOT_LENGTH, slot);
                expected |= slot == 0 || RecordSlotDescriptor.matches(slot, header) ? 1 << i : 0;
            }
            final long wanted = RecordSlotDescriptor.homeAndTag(home, hash, depth);
            assertThat(wanted).isEqualTo(header >>> RecordSlotDescriptor.TAG_SHIFT);
            assertThat(RecordSlotDescriptor.window(pointer, wanted)).isEqualTo(expected);
            found += Integer.bitCount(expected);
        }
        RawMemory.free(pointer);
        assertThat(found).isBetween(80_000, 320_000);
    }

    /** An empty slot, or one of a header that differs in one bit or none, whose tag has shrunk by some splits. */
    private static long slotLike(final long header, final SplittableRandom random) {
        if (random.nextInt(4) == 0) {
            return 0;
        }
        final int tagBit = RecordSlotDescriptor.TAG_SHIFT + 1 + random.nextInt(Long.SIZE - 1);
        long slot =
                RecordSlotDescriptor.slot(header ^ (tagBit < Long.SIZE ? 1L << tagBit : 0), 16L << random.nextInt(40));
        for (int splits = random.nextInt(RecordSlotDescriptor.TAG_BITS); splits > 0; splits--) {
            final int kept = -1 << splits & RecordSlotDescriptor.TAG_MASK;
            slot = RecordSlotDescriptor.withTag(slot, RecordSlotDescriptor.tag(slot) & kept | 1 << splits);
        }
        return slot;
    }

    @Test
    void shouldShiftTagsThroughSplitsAndMerges() {
        final long hash = 0xD3A5_9B17_6C2E_4F81L;
        long slot = RecordSlotDescriptor.slot(RecordSlotDescriptor.header(hash, 3), 4096);
        for (int depth = 3; depth < 13; depth++) {
            assertThat(RecordSlotDescriptor.tagLength(slot)).isEqualTo(13 - depth);
            assertThat(RecordSlotDescriptor.matches(slot, RecordSlotDescriptor.header(hash, depth)))
                    .isTrue();
            assertThat(RecordSlotDescriptor.matches(slot, RecordSlotDescriptor.header(hash ^ 1L << 63 - depth, depth)))
                    .isFalse();
            assertThat(RecordSlotDescriptor.matches(slot, RecordSlotDescriptor.header(hash ^ 1L << 30, depth)))
                    .isFalse(); // another home
            assertThat(RecordSlotDescriptor.firstTagBit(slot)).isEqualTo((hash << depth) < 0);
            slot = RecordSlotDescriptor.splitTag(slot);
            assertThat(RecordSlotDescriptor.record(slot)).isEqualTo(4096);
        }
        assertThat(RecordSlotDescriptor.tagLength(slot)).isZero();
        assertThat(RecordSlotDescriptor.matches(slot, RecordSlotDescriptor.header(hash, 13)))
                .isTrue();
        for (int depth = 13; depth > 0; depth--) {
            slot = RecordSlotDescriptor.mergeTag(slot, (hash << (depth - 1)) < 0);
            assertThat(RecordSlotDescriptor.tagLength(slot)).isEqualTo(Math.min(10, 14 - depth));
            assertThat(RecordSlotDescriptor.matches(slot, RecordSlotDescriptor.header(hash, depth - 1)))
                    .isTrue();
        }
        assertThat(slot).isEqualTo(RecordSlotDescriptor.slot(RecordSlotDescriptor.header(hash, 0), 4096));
    }

    @Test
    void shouldPinTheDirectory() {
        assertThat(DirectoryDescriptor.WIDTH_MAX).isEqualTo(9);
        assertThat(DirectoryDescriptor.NODE_LENGTH).isEqualTo(4_096);
        assertThat(DirectoryDescriptor.ENTRY_COUNT_MAX).isEqualTo(512);
        final long segment = DirectoryDescriptor.segmentReference(0x7FF_FFFF_0000L, 54);
        assertThat(segment).isEqualTo(0x7FF_FFFF_0036L);
        assertThat(DirectoryDescriptor.isNode(segment)).isFalse();
        assertThat(DirectoryDescriptor.depth(segment)).isEqualTo(54);
        assertThat(DirectoryDescriptor.address(segment)).isEqualTo(0x7FF_FFFF_0000L);
        final long node = DirectoryDescriptor.nodeReference(0x3000, 9);
        assertThat(node).isEqualTo(0x3049);
        assertThat(DirectoryDescriptor.isNode(node)).isTrue();
        assertThat(DirectoryDescriptor.width(node)).isEqualTo(9);
        assertThat(DirectoryDescriptor.address(node)).isEqualTo(0x3000);
        assertThat(DirectoryDescriptor.entryOffset(-1L, 9)).isEqualTo(4_088);
        assertThat(DirectoryDescriptor.entryOffset(Long.MIN_VALUE, 1)).isEqualTo(8);
        assertThat(DirectoryDescriptor.prefix(-1L, 0)).isZero();
        assertThat(DirectoryDescriptor.prefix(-1L, 4)).isEqualTo(0xFL << 60);
    }

    @Test
    void shouldPinHeapExtents() {
        assertThat(HeapExtentDescriptor.MAGIC).isEqualTo(0x58455048);
        assertThat(HeapExtentDescriptor.MAGIC_OFFSET).isZero();
        assertThat(HeapExtentDescriptor.CLASS_OFFSET).isEqualTo(4);
        assertThat(HeapExtentDescriptor.USED_OFFSET).isEqualTo(8);
        assertThat(HeapExtentDescriptor.BUMP_OFFSET).isEqualTo(12);
        assertThat(HeapExtentDescriptor.FREE_OFFSET).isEqualTo(16);
        assertThat(HeapExtentDescriptor.NEXT_OFFSET).isEqualTo(20);
        assertThat(HeapExtentDescriptor.PREV_OFFSET).isEqualTo(24);
        assertThat(HeapExtentDescriptor.EXTENTS_OFFSET).isEqualTo(28);
        assertThat(HeapExtentDescriptor.HEADER_LENGTH).isEqualTo(64);
        assertThat(HeapExtentDescriptor.FREE_BLOCK_NEXT_OFFSET).isZero();
        assertThat(HeapExtentDescriptor.FREE_BLOCK_MARK_OFFSET).isEqualTo(4);
        assertThat(HeapExtentDescriptor.FREE_MARK).isEqualTo(-1);
        assertThat(HeapExtentDescriptor.extentNumber((1L << 43) - 1)).isEqualTo((1 << 27) - 1);
        assertThat(HeapExtentDescriptor.extentAddress((1 << 27) - 1)).isEqualTo((1L << 43) - 65_536);
        assertThat(HeapExtentDescriptor.extentOf(0x12_3456)).isEqualTo(0x12_0000);
    }

    @Test
    void shouldPinRecords() {
        assertThat(RecordDescriptor.KEY_LENGTH_OFFSET).isZero();
        assertThat(RecordDescriptor.VALUE_LENGTH_OFFSET).isEqualTo(4);
        assertThat(RecordDescriptor.KEY_OFFSET).isEqualTo(8);
        assertThat(RecordDescriptor.valueOffset(0)).isEqualTo(8);
        assertThat(RecordDescriptor.valueOffset(1)).isEqualTo(16);
        assertThat(RecordDescriptor.valueOffset(8)).isEqualTo(16);
        assertThat(RecordDescriptor.length(8, 100)).isEqualTo(116);
        assertThat(RecordTable.MAX_KEY_LENGTH).isEqualTo(1_048_576);
        assertThat(RecordTable.MAX_VALUE_LENGTH).isEqualTo(67_108_864);
    }

    @Test
    void shouldPinTableRoots() {
        assertThat(TableRootDescriptor.MAGIC).isEqualTo(0x4c425451);
        assertThat(TableRootDescriptor.KIND_LONG_LONG).isEqualTo(1);
        assertThat(TableRootDescriptor.KIND_RECORD).isEqualTo(2);
        assertThat(TableRootDescriptor.KIND_FIXED_BYTES).isEqualTo(3);
        assertThat(TableRootDescriptor.VERSION).isEqualTo(1);
        assertThat(TableRootDescriptor.MAGIC_OFFSET).isZero();
        assertThat(TableRootDescriptor.KIND_OFFSET).isEqualTo(4);
        assertThat(TableRootDescriptor.VERSION_OFFSET).isEqualTo(8);
        assertThat(TableRootDescriptor.SEGMENTS_OFFSET).isEqualTo(12);
        assertThat(TableRootDescriptor.DIRECTORY_OFFSET).isEqualTo(16);
        assertThat(TableRootDescriptor.ENTRIES_OFFSET).isEqualTo(24);
        assertThat(TableRootDescriptor.PAYLOAD_OFFSET).isEqualTo(32);
        assertThat(TableRootDescriptor.HASH_CHECK_OFFSET).isEqualTo(40);
        assertThat(TableRootDescriptor.COUNTERS_LENGTH).isEqualTo(48);
        assertThat(TableRootDescriptor.KEY_LENGTH_OFFSET).isEqualTo(48);
        assertThat(TableRootDescriptor.VALUE_LENGTH_OFFSET).isEqualTo(52);
        assertThat(TableRootDescriptor.classOffset(0)).isEqualTo(64);
        assertThat(TableRootDescriptor.classOffset(SizeClasses.LARGE)).isEqualTo(64 + 38 * 8);
        assertThat(TableRootDescriptor.CLASS_EXTENTS_OFFSET).isEqualTo(4);
        assertThat(TableRootDescriptor.classOffset(SizeClasses.COUNT)).isLessThan(TableRootDescriptor.ROOT_LENGTH);
    }

    @Test
    void shouldPinSizeClasses() {
        assertThat(SizeClasses.NODE).isZero();
        assertThat(SizeClasses.LARGE).isEqualTo(38);
        assertThat(SizeClasses.BLOCK_LENGTH_MAX).isEqualTo(32_704);
        final int[] lengths = {
            4096, 16, 32, 48, 64, 80, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536,
            1792, 2048, 2496, 2944, 3584, 4352, 4992, 5952, 7232, 8128, 9344, 10880, 13056, 16320, 21824, 32704
        };
        for (int sizeClass = 0; sizeClass < lengths.length; sizeClass++) {
            assertThat(SizeClasses.blockLength(sizeClass)).isEqualTo(lengths[sizeClass]);
        }
        assertThat(SizeClasses.blocksPerExtent(SizeClasses.NODE)).isEqualTo(15);
        assertThat(SizeClasses.blocksPerExtent(1)).isEqualTo(4_092);
        assertThat(SizeClasses.blocksPerExtent(37)).isEqualTo(2);
        assertThat(SizeClasses.extentKind(SizeClasses.NODE)).isEqualTo(ExtentKind.PAGES);
        assertThat(SizeClasses.extentKind(1)).isEqualTo(ExtentKind.RECORD_HEAP);
        assertThat(SizeClasses.extentKind(SizeClasses.LARGE)).isEqualTo(ExtentKind.LARGE_RECORD);
        assertThat(SizeClasses.largeExtentCount(65_472)).isEqualTo(1);
        assertThat(SizeClasses.largeExtentCount(65_473)).isEqualTo(2);
    }

    @Test
    void shouldFindTheSmallestClassThatFits() {
        for (int length = 0; length <= SizeClasses.BLOCK_LENGTH_MAX; length++) {
            final int sizeClass = SizeClasses.ofLength(length);
            assertThat(SizeClasses.blockLength(sizeClass)).isGreaterThanOrEqualTo(length);
            if (sizeClass > SizeClasses.FIRST_RECORD) {
                assertThat(SizeClasses.blockLength(sizeClass - 1)).isLessThan(length);
            }
        }
        assertThat(SizeClasses.ofLength(SizeClasses.BLOCK_LENGTH_MAX + 1)).isEqualTo(SizeClasses.LARGE);
    }

    @Test
    void shouldTouchNoMoreLinesThanAPaddedBlockAndWasteLittle() {
        for (int sizeClass = 5; sizeClass < SizeClasses.LARGE; sizeClass++) {
            final int length = SizeClasses.blockLength(sizeClass);
            final int padded = (length + PageDescriptor.LINE_LENGTH - 1) / PageDescriptor.LINE_LENGTH;
            final int blocks = SizeClasses.blocksPerExtent(sizeClass);
            for (int block = 0; block < blocks; block++) {
                final int offset = SizeClasses.firstOffset(sizeClass) + block * length;
                final int last = offset + length - 1;
                assertThat(last / PageDescriptor.LINE_LENGTH - offset / PageDescriptor.LINE_LENGTH + 1)
                        .isLessThanOrEqualTo(padded);
            }
            assertThat((double) blocks * length / PageDescriptor.EXTENT_LENGTH).isGreaterThan(0.94);
        }
    }
}
