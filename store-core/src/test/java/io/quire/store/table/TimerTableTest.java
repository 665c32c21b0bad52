/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimerTableTest {
    private static final long AT = RawMemory.ARRAY_OFFSET;
    private static final int COUNT = 50_000;
    private static final int KEY_LENGTH = Long.BYTES + TimerDescriptor.KEY_TRAILER_LENGTH;

    private final PagedMemory memory = PagedMemory.anonymous(3);
    private final TimerTable table = TimerTable.create(memory);
    private final RecordTable entries = RecordTable.open(memory, table.rootAddress());

    @AfterEach
    void close() {
        memory.close();
    }

    private static byte[] entryKey(final long key, final long timestamp) {
        final byte[] bytes = new byte[KEY_LENGTH];
        RawMemory.putLong(bytes, AT, key);
        RawMemory.putLong(bytes, AT + Long.BYTES, timestamp);
        RawMemory.putInt(bytes, AT + 2 * Long.BYTES, Long.BYTES);
        return bytes;
    }

    private void fill(final int count, final LongUnaryOperator timestampOf) {
        for (long key = 0; key < count; key++) {
            table.insert(entryKey(key, timestampOf.applyAsLong(key)), AT, KEY_LENGTH, TimerTable.NEW);
        }
    }

    private void remove(final long key, final long timestamp) {
        final byte[] bytes = entryKey(key, timestamp);
        table.remove(table.find(bytes, AT, KEY_LENGTH), bytes, AT, KEY_LENGTH);
    }

    private void removeFirst() {
        final byte[] bytes = new byte[KEY_LENGTH];
        RawMemory.copy(null, table.entryKeyPointer(table.first()), bytes, AT, KEY_LENGTH);
        table.remove(table.first(), bytes, AT, KEY_LENGTH);
    }

    private long nodes() {
        return entries.heap.blocksInUse(SizeClasses.ofLength(TimerDescriptor.NODE_LENGTH));
    }

    private static long scattered(final long key) {
        return Long.reverse(key * 0x9E3779B97F4A7C15L);
    }

    @Test
    void shouldFillNodesWhenTimersComeInTheOrderOfTime() {
        fill(COUNT, key -> key);
        table.checkInvariants();
        assertThat(nodes()).isLessThan(COUNT / 40);
    }

    @Test
    void shouldFillNodesWhenAllTimersAreOfOneTime() {
        fill(COUNT, key -> 7);
        table.checkInvariants();
        assertThat(nodes()).isLessThan(COUNT / 40);
    }

    @Test
    void shouldHalfFillNodesAtLeastInAnyOrder() {
        fill(COUNT, key -> -key);
        table.checkInvariants();
        assertThat(nodes()).isLessThan(COUNT / 19);
        table.clear();
        fill(COUNT, TimerTableTest::scattered);
        table.checkInvariants();
        assertThat(nodes()).isLessThan(COUNT / 23);
    }

    @Test
    void shouldMergeNodesWhateverTheOrderOfDeletion() {
        fill(COUNT, TimerTableTest::scattered);
        final List<Long> keys = new ArrayList<>();
        for (long key = 0; key < COUNT; key++) {
            keys.add(key);
        }
        Collections.shuffle(keys, new Random(5));
        for (final long key : keys.subList(0, COUNT - 2_000)) {
            remove(key, scattered(key));
        }
        table.checkInvariants();
        assertThat(nodes()).isLessThan(2_000 / 9);
        for (final long key : keys.subList(COUNT - 2_000, COUNT)) {
            remove(key, scattered(key));
        }
        table.checkInvariants();
        assertThat(nodes()).isZero();
    }

    @Test
    void shouldKeepBoundsWhenNodesAboveTheLeavesAreMerged() {
        final int ofLeaf = TimerDescriptor.COUNT_MAX;
        final int ofNode = ofLeaf * ofLeaf;
        fill(3 * ofNode, key -> key); // three full nodes over full leaves
        for (int key = ofNode; key < ofNode + ofLeaf; key++) { // the second node loses its first leaf
            remove(key, key);
        }
        final byte[] late = entryKey(-1, ofNode + 5); // before what the first leaf begins with that is left
        table.insert(late, AT, KEY_LENGTH, TimerTable.NEW);
        for (int key = 0; key < 32 * ofLeaf; key++) {
            remove(key, key);
        }
        for (int key = ofNode + 20 * ofLeaf; key < 2 * ofNode; key++) {
            remove(key, key);
        }
        table.checkInvariants();
        assertThat(table.ceiling(ofNode, 0)).isEqualTo(table.find(late, AT, KEY_LENGTH));
        while (!table.isEmpty()) {
            removeFirst();
        }
        assertThat(nodes()).isZero();
    }

    @Test
    void shouldChangeFewLines() {
        fill(COUNT, TimerTableTest::scattered);
        final TestMemory.Replica replica = new TestMemory.Replica();
        replica.checkpoint(memory);
        removeFirst();
        replica.checkpoint(memory);
        assertThat(replica.lineCount).isLessThan(25);
        remove(COUNT / 2, scattered(COUNT / 2));
        replica.checkpoint(memory);
        assertThat(replica.lineCount).isLessThan(35);
    }

    @Test
    void shouldPutATimerBackToItsPlaceAndNewOnesBehind() {
        fill(100, key -> 7);
        final byte[] third = entryKey(3, 7);
        final long sequence = table.sequence(table.find(third, AT, KEY_LENGTH));
        assertThat(sequence).isEqualTo(4);
        remove(3, 7);
        remove(4, 7);
        table.insert(third, AT, KEY_LENGTH, sequence);
        table.insert(entryKey(4, 7), AT, KEY_LENGTH, TimerTable.NEW);
        table.checkInvariants();
        assertThat(table.ceiling(7, sequence)).isEqualTo(table.find(third, AT, KEY_LENGTH));
        assertThat(table.ceiling(7, 101)).isEqualTo(table.find(entryKey(4, 7), AT, KEY_LENGTH));
        assertThat(table.ceiling(7, 102)).isEqualTo(TimerTable.NONE);
        assertThat(table.ceiling(6, Long.MAX_VALUE - 1)).isEqualTo(table.first());
    }

    @Test
    void shouldFindDamage() {
        fill(COUNT, TimerTableTest::scattered);
        final long top = entries.root.ownerField(TimerDescriptor.TOP_FIELD);
        final long bound = TimerDescriptor.placeOffset(start(top) + 1);
        long leaf = top;
        while (RawMemory.getInt(memory.forRead(leaf) + TimerDescriptor.LEVEL_OFFSET) > 0) {
            leaf = RawMemory.getLong(
                    memory.forRead(leaf) + TimerDescriptor.placeOffset(start(leaf)) + TimerDescriptor.ADDRESS_OFFSET);
        }
        final long element = leaf + TimerDescriptor.placeOffset(start(leaf) + 1);
        flip(element + TimerDescriptor.TIMESTAMP_OFFSET, 1, "timestamp");
        flip(element + TimerDescriptor.TIMESTAMP_OFFSET, earliest(element), "order of the queue");
        flip(element + TimerDescriptor.SEQUENCE_OFFSET, 1, "sequence");
        flip(element + TimerDescriptor.ADDRESS_OFFSET, 1L << 10, "");
        flip(top + bound + TimerDescriptor.TIMESTAMP_OFFSET, earliest(top + bound), "bound in the queue");
        flip(top + bound + TimerDescriptor.ADDRESS_OFFSET, 1L << 10, "");
        flip(leaf, 1, "magic of a queue's node");
        flip(leaf, 1L << 32, "level");
        flip(leaf + TimerDescriptor.START_OFFSET, 1L << 38, "elements of a node");
        table.checkInvariants();
        final MapTable map = MapTable.open(memory, table.rootAddress());
        final byte[] key = entryKey(9, scattered(9));
        map.remove(key, AT, KEY_LENGTH);
        assertThatThrownBy(table::checkInvariants).isInstanceOf(CorruptStoreException.class);
    }

    private int start(final long node) {
        return RawMemory.getInt(memory.forRead(node) + TimerDescriptor.START_OFFSET);
    }

    /** What makes of an element's timestamp the earliest one. */
    private long earliest(final long element) {
        return RawMemory.getLong(memory.forRead(element) + TimerDescriptor.TIMESTAMP_OFFSET) ^ Long.MIN_VALUE;
    }

    /** Damages eight bytes, lets it be found, and repairs them. */
    private void flip(final long address, final long bits, final String message) {
        final long pointer = memory.forWrite(address, Long.BYTES);
        RawMemory.putLong(pointer, RawMemory.getLong(pointer) ^ bits);
        assertThatThrownBy(table::checkInvariants)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining(message);
        RawMemory.putLong(pointer, RawMemory.getLong(pointer) ^ bits);
    }
}
