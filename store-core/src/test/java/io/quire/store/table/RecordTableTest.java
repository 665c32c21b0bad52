/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecordTableTest {
    private final PagedMemory memory = PagedMemory.anonymous(0x5eedL);
    private final RecordTable table = RecordTable.create(memory);

    @AfterEach
    void close() {
        memory.close();
    }

    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private long put(final byte[] key, final byte[] value) {
        return table.put(key, RawMemory.ARRAY_OFFSET, key.length, value, RawMemory.ARRAY_OFFSET, value.length);
    }

    private long find(final byte[] key) {
        return table.find(key, RawMemory.ARRAY_OFFSET, key.length);
    }

    private boolean remove(final byte[] key) {
        return table.remove(key, RawMemory.ARRAY_OFFSET, key.length);
    }

    private byte[] key(final long record) {
        return copy(table.keyPointer(record), table.keyLength(record));
    }

    private byte[] value(final long record) {
        return copy(table.valuePointer(record), table.valueLength(record));
    }

    private static byte[] copy(final long pointer, final int length) {
        final byte[] bytes = new byte[length];
        RawMemory.copy(null, pointer, bytes, RawMemory.ARRAY_OFFSET, length);
        return bytes;
    }

    private static byte[] filled(final int length, final int value) {
        final byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static byte[] keyOf(final int number) {
        return bytes("key-" + number);
    }

    @Test
    void shouldPutFindOverwriteAndRemove() {
        assertThat(find(bytes("a"))).isEqualTo(RecordTable.NOT_FOUND);
        put(bytes("a"), bytes("one"));
        assertThat(table.lastPutInserted()).isTrue();
        put(bytes("b"), bytes("two"));
        final long record = put(bytes("a"), bytes("three"));
        assertThat(table.lastPutInserted()).isFalse();
        assertThat(table.size()).isEqualTo(2);
        assertThat(find(bytes("a"))).isEqualTo(record);
        assertThat(value(record)).isEqualTo(bytes("three"));
        assertThat(key(record)).isEqualTo(bytes("a"));
        table.checkInvariants();
        assertThat(remove(bytes("a"))).isTrue();
        assertThat(remove(bytes("a"))).isFalse();
        assertThat(find(bytes("a"))).isEqualTo(RecordTable.NOT_FOUND);
        assertThat(value(find(bytes("b")))).isEqualTo(bytes("two"));
        table.checkInvariants();
    }

    @Test
    void shouldFindTheKeysOfABatchWhereverTheyStand() {
        final int count = 3 * RecordSlotDescriptor.COUNT_MAX; // segments as full as they get, so that searches are long
        for (int i = 0; i < count; i++) {
            if (i % 5 != 0) {
                put(keyOf(i), filled(i % 700, i));
            }
        }
        final int[] keyOffsets = new int[RecordTable.BATCH_COUNT_MAX + 1];
        final long[] records = new long[RecordTable.BATCH_COUNT_MAX];
        for (int from = 0; from + RecordTable.BATCH_COUNT_MAX <= count; from += RecordTable.BATCH_COUNT_MAX) {
            final ByteArrayOutputStream keys = new ByteArrayOutputStream();
            for (int i = 0; i < RecordTable.BATCH_COUNT_MAX; i++) {
                keys.writeBytes(keyOf(from + i));
                keyOffsets[i + 1] = keys.size();
            }
            table.findAll(
                    keys.toByteArray(), RawMemory.ARRAY_OFFSET, keyOffsets, 0, RecordTable.BATCH_COUNT_MAX, records);
            for (int i = 0; i < RecordTable.BATCH_COUNT_MAX; i++) {
                assertThat(records[i]).isEqualTo(find(keyOf(from + i)));
            }
        }
    }

    @Test
    void shouldKeepEmptyKeysAndValues() {
        put(new byte[0], new byte[0]);
        assertThat(value(find(new byte[0]))).isEmpty();
        assertThat(key(find(new byte[0]))).isEmpty();
        put(new byte[1], new byte[0]);
        put(new byte[8], new byte[0]);
        assertThat(value(find(new byte[8]))).isEmpty();
        assertThat(table.valuePointerForWrite(find(new byte[8]))).isNotZero();
        put(new byte[0], bytes("x"));
        assertThat(value(find(new byte[0]))).isEqualTo(bytes("x"));
        table.checkInvariants();
        assertThat(remove(new byte[0])).isTrue();
        assertThat(table.size()).isEqualTo(2);
        table.checkInvariants();
    }

    @Test
    void shouldTakeKeysAndValuesFromHeapAndNativeMemoryAlike() {
        final byte[] key = bytes("..a key of some length..");
        final long pointer = RawMemory.allocate(64);
        try {
            for (int length = 0; length <= 20; length++) {
                RawMemory.copy(key, RawMemory.ARRAY_OFFSET + 2, null, pointer, length);
                table.put(null, pointer, length, null, pointer, length);
                final long record = table.find(key, RawMemory.ARRAY_OFFSET + 2, length);
                assertThat(record).isNotEqualTo(RecordTable.NOT_FOUND);
                assertThat(value(record)).isEqualTo(Arrays.copyOfRange(key, 2, 2 + length));
            }
            assertThat(table.size()).isEqualTo(21);
            for (int length = 0; length <= 20; length++) {
                assertThat(table.remove(key, RawMemory.ARRAY_OFFSET + 2, length))
                        .isTrue();
            }
        } finally {
            RawMemory.free(pointer);
        }
    }

    @Test
    void shouldOverwriteInPlaceWithinASizeClassAndMoveOutsideOfIt() {
        for (int length = 0; length < 40_000; length += length < 2_500 ? 1 : 333) {
            final byte[] key = bytes("k");
            final int room = SizeClasses.ofLength(RecordDescriptor.length(1, length));
            final long before = find(key);
            final boolean same = before != RecordTable.NOT_FOUND
                    && SizeClasses.ofLength(RecordDescriptor.length(1, table.valueLength(before))) == room;
            final long record = put(key, filled(length, length));
            assertThat(record == before).isEqualTo(same);
            assertThat(value(record)).isEqualTo(filled(length, length));
            assertThat(table.size()).isEqualTo(1);
        }
        table.checkInvariants();
        put(bytes("k"), new byte[0]);
        table.checkInvariants();
    }

    @Test
    void shouldKeepLargeRecordsInRunsOfTheirOwn() {
        final byte[] longKey = filled(RecordTable.MAX_KEY_LENGTH, 7);
        put(longKey, filled(3_000_000, 1));
        put(bytes("k"), filled(SizeClasses.BLOCK_LENGTH_MAX, 2));
        put(bytes("l"), filled(200_000, 3));
        table.checkInvariants();
        assertThat(value(find(longKey))).isEqualTo(filled(3_000_000, 1));
        final long record = put(bytes("l"), filled(190_000, 4));
        assertThat(record).isEqualTo(find(bytes("l")));
        assertThat(value(record)).isEqualTo(filled(190_000, 4));
        put(bytes("l"), filled(5_000_000, 5));
        put(longKey, bytes("short"));
        assertThat(value(find(longKey))).isEqualTo(bytes("short"));
        assertThat(value(find(bytes("l")))).isEqualTo(filled(5_000_000, 5));
        table.checkInvariants();
        assertThat(remove(longKey)).isTrue();
        assertThat(remove(bytes("l"))).isTrue();
        assertThat(remove(bytes("k"))).isTrue();
        table.checkInvariants();
        assertThat(memory.extentsByKind()[ExtentKind.LARGE_RECORD.code()]).isZero();
    }

    @Test
    void shouldRefuseKeysAndValuesOverTheirLimits() {
        final byte[] tooLong = new byte[RecordTable.MAX_KEY_LENGTH + 1];
        assertThatThrownBy(() -> put(tooLong, new byte[0]))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("1048577");
        assertThat(find(tooLong)).isEqualTo(RecordTable.NOT_FOUND);
        assertThatThrownBy(() ->
                        table.put(new byte[1], RawMemory.ARRAY_OFFSET, 1, null, 0, RecordTable.MAX_VALUE_LENGTH + 1))
                .isInstanceOf(StoreFullException.class);
        assertThat(table.size()).isZero();
        table.checkInvariants();
    }

    @Test
    void shouldRefuseARecordLongerThanAWindow() {
        try (PagedMemory small = TestMemory.limited(1, 64)) {
            final RecordTable inSmall = RecordTable.create(small);
            assertThatThrownBy(() -> inSmall.insertOrFind(new byte[1], RawMemory.ARRAY_OFFSET, 1, 1 << 20))
                    .isInstanceOf(StoreFullException.class);
            assertThat(inSmall.size()).isZero();
            inSmall.checkInvariants();
        }
    }

    @Test
    void shouldInsertZerosToModifyInPlace() {
        put(bytes("dirt"), filled(8, 0xFF));
        remove(bytes("dirt"));
        for (int round = 1; round <= 3; round++) {
            final long record = table.insertOrFind(bytes("counter"), RawMemory.ARRAY_OFFSET, 7, Long.BYTES);
            assertThat(table.lastPutInserted()).isEqualTo(round == 1);
            final long pointer = table.valuePointerForWrite(record);
            assertThat(pointer % Long.BYTES).isZero();
            RawMemory.putLong(pointer, RawMemory.getLong(pointer) + 5);
            assertThat(RawMemory.getLong(table.valuePointer(record))).isEqualTo(round * 5L);
        }
        table.checkInvariants();
    }

    @Test
    void shouldTakeSourcesThatLieInTheTableItself() {
        for (int length : new int[] {10, 100, 5_000, 100_000}) {
            put(bytes("source"), filled(length, length));
            final long source = find(bytes("source"));
            table.put(bytes("copy"), RawMemory.ARRAY_OFFSET, 4, null, table.valuePointer(source), length); // value
            table.put(null, table.keyPointer(source), 6, null, table.valuePointer(source), length); // itself
            table.put(null, table.keyPointer(source), 6, null, table.valuePointer(source), length / 2); // moves
            assertThat(value(find(bytes("copy")))).isEqualTo(filled(length, length));
            assertThat(value(find(bytes("source")))).isEqualTo(filled(length / 2, length));
            final long moved = find(bytes("source"));
            assertThat(table.remove(null, table.keyPointer(moved), 6)).isTrue();
            assertThat(find(bytes("source"))).isEqualTo(RecordTable.NOT_FOUND);
            table.checkInvariants();
        }
    }

    @Test
    void shouldGrowShrinkAndGiveExtentsBack() {
        final int count = 60_000;
        for (int i = 0; i < count; i++) {
            put(keyOf(i), keyOf(~i));
        }
        table.checkInvariants();
        assertThat(table.statistics().segmentCount()).isBetween(10L, 16L);
        assertThat(table.statistics().entryCount()).isEqualTo(count);
        for (int i = 0; i < count; i++) {
            assertThat(value(find(keyOf(i)))).isEqualTo(keyOf(~i));
        }
        for (int i = 0; i < count; i++) {
            assertThat(remove(keyOf(i))).isTrue();
        }
        table.checkInvariants();
        assertThat(table.statistics().segmentCount()).isEqualTo(1);
        assertThat(table.statistics().payloadLength()).isZero();
        assertThat(memory.extentsByKind()[ExtentKind.RECORD_HEAP.code()]).isLessThanOrEqualTo(2);
        assertThat(memory.extentsByKind()[ExtentKind.RECORD_SEGMENT.code()]).isEqualTo(1);
    }

    @Test
    void shouldKeepItsExtentsWhenItChurnsAtConstantSize() {
        final byte[] value = new byte[100];
        for (int i = 0; i < 20_000; i++) {
            put(keyOf(i), value);
        }
        final long extents = table.statistics().extentCount();
        for (int i = 20_000; i < 300_000; i++) {
            assertThat(remove(keyOf(i - 20_000))).isTrue();
            put(keyOf(i), value);
        }
        assertThat(table.statistics().extentCount()).isLessThanOrEqualTo(extents + 2);
        table.checkInvariants();
    }

    @Test
    void shouldClearAndDrop() {
        for (int i = 0; i < 20_000; i++) {
            put(keyOf(i), keyOf(i));
        }
        put(bytes("large"), new byte[300_000]);
        table.clear();
        table.checkInvariants();
        assertThat(table.size()).isZero();
        assertThat(table.statistics().extentCount()).isEqualTo(2);
        for (int i = 0; i < 20_000; i++) {
            assertThat(find(keyOf(i))).isEqualTo(RecordTable.NOT_FOUND);
            put(keyOf(i), keyOf(i));
        }
        table.checkInvariants();
        put(bytes("large"), new byte[300_000]);
        table.drop();
        final long[] extents = memory.extentsByKind();
        assertThat(Arrays.stream(extents).sum())
                .isEqualTo(extents[ExtentKind.FREE.code()] + extents[ExtentKind.WINDOW.code()]);
        assertThatThrownBy(() -> find(bytes("a"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> put(bytes("a"), bytes("b"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(table::cursor).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldReopenByItsRoot() {
        for (int i = 0; i < 10_000; i++) {
            put(keyOf(i), keyOf(i));
        }
        final RecordTable reopened = RecordTable.open(memory, table.rootAddress());
        reopened.checkInvariants();
        assertThat(reopened.size()).isEqualTo(10_000);
        assertThatThrownBy(
                        () -> RecordTable.open(memory, FixedTable.create(memory).rootAddress()))
                .isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldScanEveryRecordOnce() {
        for (int i = 0; i < 20_000; i++) {
            put(keyOf(i), keyOf(i));
        }
        final Set<Long> scanned = new HashSet<>();
        table.forEach(record -> assertThat(scanned.add(record)).isTrue());
        assertThat(scanned).hasSize(20_000);
        final Set<Long> stepped = new HashSet<>();
        try (RecordTableCursor cursor = table.cursor()) {
            while (cursor.next()) {
                assertThat(stepped.add(cursor.record())).isTrue();
            }
            assertThat(cursor.next()).isFalse();
        }
        assertThat(stepped).isEqualTo(scanned);
    }

    @Test
    void shouldIterateWhileSegmentsSplitAndMergeAndRecordsMove() {
        for (int i = 0; i < 20_000; i++) {
            put(keyOf(i), keyOf(i));
        }
        final Set<String> seen = new HashSet<>();
        int fresh = 20_000;
        int steps = 0;
        try (RecordTableCursor cursor = table.cursor();
                RecordTableCursor other = table.cursor()) {
            other.next();
            while (cursor.next()) {
                assertThat(seen.add(new String(key(cursor.record()), StandardCharsets.UTF_8)))
                        .isTrue();
                steps++;
                put(keyOf(steps % 20_000), filled(steps % 300, 1));
                for (int i = 0; i < 8; i++) {
                    if (steps < 10_000) {
                        put(keyOf(fresh++), new byte[0]);
                    } else if (fresh > 20_000) {
                        remove(keyOf(--fresh));
                    }
                }
                if (steps == 15_000) {
                    other.close();
                    other.close();
                }
            }
        }
        for (int i = 0; i < 20_000; i++) {
            assertThat(seen.contains("key-" + i)).isTrue();
        }
        table.checkInvariants();
    }

    private static byte[] keyWithHash(final long hash) {
        final byte[] key = new byte[Long.BYTES];
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, new KeyHash(0x5eedL).keyOf(hash));
        return key;
    }

    @Test
    void shouldRefillTagsAfterManySplitsAndKeepThemThroughMerges() {
        // Twenty splits in a row: the first entries' tags run out of hash bits twice.
        for (long i = 0; i < 8_000; i++) {
            put(keyWithHash(i << 24 | i), bytes("a" + i));
            put(keyWithHash(i * 0x9E3779B97F4A7C15L), bytes("b" + i));
        }
        for (long i = 0; i < 8_000; i++) {
            put(keyWithHash(0x5A5L << 52 | i << 8), bytes("c" + i));
        }
        table.checkInvariants();
        assertThat(table.statistics().directoryNodeCount()).isGreaterThan(3);
        for (long i = 0; i < 8_000; i++) {
            assertThat(value(find(keyWithHash(i << 24 | i)))).isEqualTo(bytes((i == 0 ? "b" : "a") + i));
            assertThat(value(find(keyWithHash(0x5A5L << 52 | i << 8)))).isEqualTo(bytes("c" + i));
        }
        for (long i = 0; i < 8_000; i++) {
            assertThat(remove(keyWithHash(0x5A5L << 52 | i << 8))).isTrue();
            assertThat(remove(keyWithHash(i << 24 | i))).isTrue();
            if (i % 1_000 == 0) {
                table.checkInvariants();
            }
        }
        for (long i = 1; i < 8_000; i++) {
            assertThat(remove(keyWithHash(i * 0x9E3779B97F4A7C15L))).isTrue();
        }
        table.checkInvariants();
        assertThat(table.statistics().segmentCount()).isEqualTo(1);
        assertThat(table.statistics().directoryNodeCount()).isZero();
    }

    @Test
    void shouldSeeNothingTwiceWhenSegmentsMergeAcrossThePosition() {
        for (int breakAt = 1_000; breakAt < 20_000; breakAt += 2_777) {
            for (int i = 0; i < 20_000; i++) {
                put(keyOf(i), keyOf(i));
            }
            final Set<String> seen = new HashSet<>();
            try (RecordTableCursor cursor = table.cursor()) {
                while (seen.size() < breakAt && cursor.next()) {
                    seen.add(new String(key(cursor.record()), StandardCharsets.UTF_8));
                }
                for (int i = 0; i < 20_000; i++) {
                    if (i % 20 != 0) {
                        remove(keyOf(i));
                    }
                }
                assertThat(table.statistics().segmentCount()).isEqualTo(1);
                while (cursor.next()) {
                    assertThat(seen.add(new String(key(cursor.record()), StandardCharsets.UTF_8)))
                            .isTrue();
                }
            }
            for (int i = 0; i < 20_000; i += 20) {
                assertThat(seen.contains("key-" + i)).isTrue();
            }
        }
    }

    @Test
    void shouldNotSeeWhatWasRemovedAndEndAtClear() {
        for (int i = 0; i < 3_000; i++) {
            put(keyOf(i), new byte[0]);
        }
        final RecordTableCursor cursor = table.cursor();
        assertThat(cursor.next()).isTrue();
        final byte[] first = key(cursor.record());
        for (int i = 0; i < 3_000; i++) {
            if (!Arrays.equals(keyOf(i), first)) {
                remove(keyOf(i));
                put(keyOf(i + 10_000), new byte[0]); // takes the place of the one removed
            }
        }
        while (cursor.next()) {
            assertThat(Integer.parseInt(new String(key(cursor.record()), StandardCharsets.UTF_8).substring(4)))
                    .isGreaterThanOrEqualTo(10_000);
        }
        final RecordTableCursor second = table.cursor();
        assertThat(second.next()).isTrue();
        table.clear();
        assertThat(second.next()).isFalse();
    }

    /** An end would look as if all that is left had been seen. */
    @Test
    void shouldNotEndAWalkThatTheTableIsDroppedUnder() {
        for (int i = 0; i < 3_000; i++) {
            put(keyOf(i), new byte[0]);
        }
        final RecordTableCursor fresh = table.cursor();
        final RecordTableCursor started = table.cursor();
        final RecordTableCursor ended = table.cursor();
        final RecordTableCursor closed = table.cursor();
        assertThat(started.next()).isTrue();
        assertThat(closed.next()).isTrue();
        closed.close();
        while (ended.next()) {
            assertThat(ended.record()).isNotEqualTo(RecordTable.NOT_FOUND);
        }
        table.drop();
        for (final RecordTableCursor cursor : List.of(fresh, started)) {
            assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class);
            cursor.close();
            assertThat(cursor.next()).as("closed by the caller").isFalse();
        }
        assertThat(ended.next()).isFalse();
        assertThat(closed.next()).isFalse();
    }

    @Test
    void shouldTouchOneLineToOverwriteEightBytes() {
        for (int i = 0; i < 10_000; i++) {
            put(keyOf(i), new byte[100]);
            table.insertOrFind(bytes("counter" + i), RawMemory.ARRAY_OFFSET, bytes("counter" + i).length, 8);
        }
        final TestMemory.Replica replica = new TestMemory.Replica();
        replica.checkpoint(memory);
        for (int i = 0; i < 100; i++) {
            put(bytes("counter" + i), filled(8, i));
            replica.checkpoint(memory);
            assertThat(replica.lineCount).isEqualTo(1);
        }
        final long record = find(keyOf(5));
        RawMemory.putLong(table.valuePointerForWrite(record, keyOf(5).length, 40, 8), 1);
        replica.checkpoint(memory);
        assertThat(replica.lineCount).isEqualTo(1);
        put(keyOf(6), filled(100, 1));
        replica.checkpoint(memory);
        assertThat(replica.lineCount).isEqualTo(2);
        put(keyOf(10_001), filled(100, 1));
        replica.checkpoint(memory);
        assertThat(replica.lineCount)
                .isBetween(6L, 7L); // record 2, slot, segment header, extent header, root (+ class)
    }

    @Test
    void shouldTakeAtMostHundredAndFiftyBytesForHundredBytesValues() {
        final byte[] key = new byte[8];
        final byte[] value = new byte[100];
        double sum = 0;
        int samples = 0;
        for (int i = 0; i < 200_000; i++) {
            RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, i);
            put(key, value);
            if (i > 50_000 && i % 1_000 == 0) {
                sum += table.statistics().bytesPerEntry();
                samples++;
            }
        }
        assertThat(sum / samples).isLessThan(150.0);
        assertThat(table.statistics().freeLength()).isLessThan(2L * PageDescriptor.EXTENT_LENGTH);
    }
}
