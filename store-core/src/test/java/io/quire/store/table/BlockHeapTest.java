/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BlockHeapTest {
    private final PagedMemory memory = PagedMemory.anonymous(1);
    private final TableRoot root = TableRoot.create(memory, TableRootDescriptor.KIND_RECORD);
    private final BlockHeap heap = new BlockHeap(memory, root);

    @AfterEach
    void close() {
        memory.close();
    }

    private long recordExtents() {
        return memory.extentsByKind()[ExtentKind.RECORD_HEAP.code()];
    }

    @Test
    void shouldFillAnExtentBeforeItTakesAnother() {
        final int sizeClass = SizeClasses.ofLength(2_048);
        final int blocks = SizeClasses.blocksPerExtent(sizeClass);
        for (int i = 0; i < blocks; i++) {
            heap.allocate(sizeClass, 2_048);
        }
        assertThat(recordExtents()).isEqualTo(1);
        heap.allocate(sizeClass, 2_048);
        assertThat(recordExtents()).isEqualTo(2);
        assertThat(heap.blocksInUse(sizeClass)).isEqualTo(blocks + 1);
        assertThat(heap.freeLength()).isEqualTo(13L * 4_096 + (blocks - 1L) * 2_048 + 4_096);
    }

    @Test
    void shouldReuseFreedBlocksOfAnyExtentFirst() {
        final List<Long> blocks = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            blocks.add(heap.allocateRecord(16_320)); // four to an extent
        }
        assertThat(recordExtents()).isEqualTo(5);
        final List<Long> freed = List.of(blocks.get(1), blocks.get(9), blocks.get(17));
        freed.forEach(block -> heap.freeRecord(block, 16_320));
        final List<Long> again = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            again.add(heap.allocateRecord(16_320));
        }
        assertThat(again).containsExactlyInAnyOrderElementsOf(freed);
        assertThat(recordExtents()).isEqualTo(5);
    }

    @Test
    void shouldKeepOneUnusedExtentAndGiveBackTheRest() {
        final List<Long> blocks = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            blocks.add(heap.allocateRecord(16_320));
        }
        blocks.forEach(block -> heap.freeRecord(block, 16_320));
        assertThat(recordExtents()).isEqualTo(1);
        final long block = heap.allocateRecord(16_320);
        heap.freeRecord(block, 16_320);
        assertThat(recordExtents()).isEqualTo(1);
        assertThat(heap.allocateRecord(16_320)).isEqualTo(block);
    }

    @Test
    void shouldHandOutDisjointBlocksThatKeepTheirContent() {
        Seed.with(getClass(), seed -> {
            final Random random = new Random(seed);
            final Map<Long, Integer> lengths = new HashMap<>();
            final List<Long> order = new ArrayList<>();
            for (int i = 0; i < 100_000; i++) {
                if (order.isEmpty() || random.nextInt(100) < (i / 20_000 % 2 == 0 ? 60 : 40)) {
                    final int length = random.nextInt(50) == 0 ? random.nextInt(100_000) : random.nextInt(700);
                    final long block = heap.allocateRecord(Math.max(16, length));
                    assertThat(lengths.put(block, Math.max(16, length))).isNull();
                    order.add(block);
                    fill(block, Math.max(16, length));
                } else {
                    Collections.swap(order, random.nextInt(order.size()), order.size() - 1);
                    release(order.remove(order.size() - 1), lengths);
                }
            }
            order.forEach(block -> release(block, lengths));
        });
    }

    private void fill(final long block, final int length) {
        RawMemory.setMemory(memory.forRead(block, length), length, (byte) (block >>> 4));
    }

    private void release(final long block, final Map<Long, Integer> lengths) {
        final int length = lengths.remove(block);
        final long pointer = memory.forRead(block, length);
        for (int i = 0; i < length; i++) {
            if (RawMemory.getByte(pointer + i) != (byte) (block >>> 4)) {
                throw new AssertionError("overwritten: block=" + block + " length=" + length + " offset=" + i);
            }
        }
        heap.freeRecord(block, length);
    }

    @Test
    void shouldLeaveAllAsItWasWhenTheStoreIsFull() {
        try (PagedMemory small = TestMemory.limited(1, 4)) {
            final TableRoot smallRoot = TableRoot.create(small, TableRootDescriptor.KIND_RECORD);
            final BlockHeap smallHeap = new BlockHeap(small, smallRoot);
            smallHeap.allocateRecord(100);
            smallHeap.allocateRecord(50_000);
            assertThatThrownBy(() -> smallHeap.allocateRecord(200)).isInstanceOf(StoreFullException.class);
            assertThatThrownBy(() -> smallHeap.allocateRecord(50_000)).isInstanceOf(StoreFullException.class);
            assertThat(smallHeap.extentCount()).isEqualTo(3);
            smallHeap.allocateRecord(100);
            assertThat(smallHeap.blocksInUse(SizeClasses.ofLength(100))).isEqualTo(2);
        }
    }
}
