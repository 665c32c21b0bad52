/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.ExtentSequences;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TableReaderTest {
    private static final long SEED = 0x5eed_5eed_5eedL;

    private final PagedMemory memory = PagedMemory.anonymous(SEED);
    private final TestReadSession session = new TestReadSession();
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(16);

    @AfterEach
    void close() {
        memory.close();
    }

    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void put(final RecordTable table, final String key, final byte[] value) {
        final byte[] keyBytes = bytes(key);
        table.put(keyBytes, RawMemory.ARRAY_OFFSET, keyBytes.length, value, RawMemory.ARRAY_OFFSET, value.length);
    }

    private static boolean remove(final RecordTable table, final String key) {
        final byte[] keyBytes = bytes(key);
        return table.remove(keyBytes, RawMemory.ARRAY_OFFSET, keyBytes.length);
    }

    private byte[] get(final RecordTableReader reader, final String key) {
        final byte[] keyBytes = bytes(key);
        final int length = reader.get(keyBytes, RawMemory.ARRAY_OFFSET, keyBytes.length, buffer, 0);
        assertThat(reader.valueLength(keyBytes, RawMemory.ARRAY_OFFSET, keyBytes.length))
                .isEqualTo(length);
        if (length == RecordTableReader.NOT_FOUND) {
            return null;
        }
        final byte[] value = new byte[length];
        buffer.getBytes(0, value);
        return value;
    }

    private static byte[] valueOf(final int number) {
        final byte[] value = new byte[number % 300 == 7 ? 40_000 : number % 90];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) (number + i);
        }
        return value;
    }

    /**
     * The scan has copied the slots of the second of two segments when that one is merged into the first, without being
     * changed itself, and then all of its records are freed.
     */
    @Test
    void shouldScanOnWhenTheSegmentThatItIsInIsGivenBack() {
        final RecordTable table = RecordTable.create(memory);
        final List<String> first = new ArrayList<>();
        final List<String> second = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            final String key = "key " + i;
            put(table, key, valueOf(i % 200));
            final byte[] keyBytes = bytes(key);
            final int group = table.keyGroupOf(keyBytes, RawMemory.ARRAY_OFFSET, keyBytes.length);
            (group < KeyGroupRange.GROUP_COUNT / 2 ? first : second).add(key);
        }
        while (first.size() + second.size() > RecordSlotDescriptor.MERGE_COUNT_MAX + 100) {
            remove(table, first.remove(first.size() - 1));
            remove(table, second.remove(second.size() - 1));
        }
        assertThat(table.statistics().segmentCount()).isEqualTo(2);
        final int stop = first.size() + second.size() / 2;
        final int[] seen = {0};
        table.reader(session).forEach((entry, keyOffset, keyLength, valueOffset, valueLength) -> {
            if (++seen[0] == stop) {
                first.forEach(key -> remove(table, key));
                assertThat(table.statistics().segmentCount()).isEqualTo(1);
                second.forEach(key -> remove(table, key));
            }
        });
        assertThat(seen[0]).isBetween(stop, stop + 20); // what was copied with the last one
    }

    @Test
    void shouldReadWhatAFixedTableHoldsThroughGrowthAndShrinking() {
        final FixedTable table = FixedTable.create(memory);
        final FixedTableReader reader = table.reader(session);
        final long zeroHashKey = new KeyHash(SEED).keyOf(0);
        assertThat(reader.get(1, -1)).isEqualTo(-1);
        assertThat(reader.containsKey(zeroHashKey)).isFalse();
        table.set(zeroHashKey, 77);
        for (int i = 0; i < 50_000; i++) {
            table.set(i, i * 3L);
        }
        for (int i = 0; i < 50_000; i++) {
            assertThat(reader.get(i, -1)).isEqualTo(i * 3L);
        }
        assertThat(reader.containsKey(50_000)).isFalse();
        assertThat(reader.get(zeroHashKey, -1)).isEqualTo(77);
        final Map<Long, Long> seen = new HashMap<>();
        reader.forEach((key, value) -> assertThat(seen.put(key, value)).isNull());
        assertThat(seen).hasSize(50_001).containsEntry(zeroHashKey, 77L).containsEntry(49_999L, 149_997L);
        for (int i = 0; i < 49_000; i++) {
            table.remove(i);
        }
        assertThat(reader.get(48_999, -1)).isEqualTo(-1);
        assertThat(reader.get(49_000, -1)).isEqualTo(147_000);
        table.clear();
        assertThat(reader.containsKey(49_500)).isFalse();
        assertThat(session.failures).isZero();
    }

    /** However large it was: giving thousands of extents back is nothing that a reader has to wait for. */
    @Test
    void shouldLetReadersGoOnWhileAClearedTableGivesItsExtentsBack() throws Exception {
        final RecordTable table = RecordTable.create(memory);
        final AtomicInteger absentReads = new AtomicInteger();
        final AtomicBoolean over = new AtomicBoolean();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread thread = new Thread(() -> {
            final RecordTableReader reader = table.reader(session);
            final byte[] key = bytes("1");
            while (!over.get()) {
                final int length = reader.get(key, RawMemory.ARRAY_OFFSET, key.length, buffer, 0);
                if (length == RecordTableReader.NOT_FOUND) {
                    absentReads.incrementAndGet();
                } else {
                    absentReads.set(0);
                }
            }
        });
        thread.setUncaughtExceptionHandler((dying, cause) -> failure.set(cause));
        thread.start();
        int meanwhile = 0;
        // Once is enough: the reader may be without a processor meanwhile.
        for (int round = 0; round < 50 && meanwhile < 10; round++) {
            for (int i = 2_000; i > 0; i--) {
                put(table, Integer.toString(i), new byte[40_000]); // each with an extent of its own
            }
            while (absentReads.get() != 0 && failure.get() == null) {
                Thread.onSpinWait();
            }
            table.clear();
            meanwhile = absentReads.get();
        }
        over.set(true);
        thread.join();
        assertThat(failure.get()).isNull();
        assertThat(meanwhile).isGreaterThanOrEqualTo(10);
        assertThat(table.statistics().extentCount()).isLessThan(4);
    }

    @Test
    void shouldReadWhatAFixedBytesTableHoldsThroughGrowthAndShrinking() {
        for (final int[] widths : new int[][] {{4, 0}, {8, 0}, {8, 8}, {16, 0}, {16, 40}, {33, 5}, {64, 256}}) {
            final FixedBytesTable table = FixedBytesTable.create(memory, widths[0], widths[1]);
            final FixedBytesTableReader reader = table.reader(session);
            final int count = 20_000;
            assertThat(valueOf(reader, widths, 1)).isNull();
            for (int i = 0; i < count; i++) {
                table.put(keyOf(widths[0], i), RawMemory.ARRAY_OFFSET, valueFor(widths[1], i), RawMemory.ARRAY_OFFSET);
            }
            for (int i = 0; i < count; i++) {
                assertThat(valueOf(reader, widths, i)).isEqualTo(valueFor(widths[1], i));
            }
            assertThat(valueOf(reader, widths, count)).isNull();
            final Map<ByteBuffer, byte[]> seen = new HashMap<>();
            reader.forEach((key, values, valueOffset) -> assertThat(seen.put(
                            ByteBuffer.wrap(key.clone()),
                            Arrays.copyOfRange(values, valueOffset, valueOffset + widths[1])))
                    .isNull());
            assertThat(seen).hasSize(count);
            for (int i = 0; i < count; i++) {
                assertThat(seen.get(ByteBuffer.wrap(keyOf(widths[0], i)))).isEqualTo(valueFor(widths[1], i));
                if (i < count - 100) {
                    table.remove(keyOf(widths[0], i), RawMemory.ARRAY_OFFSET);
                }
            }
            assertThat(valueOf(reader, widths, count - 101)).isNull();
            assertThat(valueOf(reader, widths, count - 100)).isEqualTo(valueFor(widths[1], count - 100));
            table.clear();
            assertThat(valueOf(reader, widths, count - 1)).isNull();
            table.drop();
            assertThatThrownBy(() -> valueOf(reader, widths, 1)).isInstanceOf(IllegalStateException.class);
        }
        assertThat(session.failures).isZero();
        assertThat(session.inside).isFalse();
    }

    private static byte[] keyOf(final int length, final int number) {
        final byte[] key = new byte[length];
        key[0] = (byte) number;
        key[1] = (byte) (number >>> 8);
        key[length - 1] = (byte) (number >>> 16); // some differ at the end only
        key[length - 2] = (byte) (number >>> 4);
        return key;
    }

    private static byte[] valueFor(final int length, final int number) {
        final byte[] value = new byte[length];
        for (int i = 0; i < length; i++) {
            value[i] = (byte) (number * 31 + i);
        }
        return value;
    }

    private static byte[] valueOf(final FixedBytesTableReader reader, final int[] widths, final int number) {
        final byte[] key = keyOf(widths[0], number);
        final byte[] value = new byte[widths[1]];
        final boolean found = reader.get(key, RawMemory.ARRAY_OFFSET, value, RawMemory.ARRAY_OFFSET);
        assertThat(reader.containsKey(key, RawMemory.ARRAY_OFFSET)).isEqualTo(found);
        return found ? value : null;
    }

    @Test
    void shouldReadSeveralKeysOfAFixedTableAtOnce() {
        final FixedTable table = FixedTable.create(memory);
        final FixedTableReader reader = table.reader(session);
        final long zeroHashKey = new KeyHash(SEED).keyOf(0);
        for (int i = 0; i < 30_000; i += 2) {
            table.set(i, i * 3L);
        }
        table.set(zeroHashKey, 5);
        final long[] keys = new long[32];
        final long[] values = new long[32];
        for (int first = 0; first < 30_000; first += 1_000) {
            for (int i = 0; i < 32; i++) {
                keys[i] = i == 7 ? zeroHashKey : first + i;
            }
            reader.getAll(keys, 1, 31, values, -1);
            for (int i = 1; i < 32; i++) {
                assertThat(values[i]).isEqualTo(i == 7 ? 5 : i % 2 == 0 ? keys[i] * 3 : -1);
            }
        }
        assertThat(session.inside).isFalse();
    }

    @Test
    void shouldReadWhatARecordTableHoldsThroughGrowthAndShrinking() {
        final RecordTable table = RecordTable.create(memory);
        final RecordTableReader reader = table.reader(session);
        assertThat(get(reader, "nothing")).isNull();
        for (int i = 0; i < 30_000; i++) {
            put(table, "key-" + i, valueOf(i));
        }
        for (int i = 0; i < 30_000; i++) {
            assertThat(get(reader, "key-" + i)).isEqualTo(valueOf(i));
        }
        final Map<String, byte[]> seen = new HashMap<>();
        reader.forEach((entry, keyOffset, keyLength, valueOffset, valueLength) -> {
            final byte[] value = new byte[valueLength];
            System.arraycopy(entry, valueOffset, value, 0, valueLength);
            assertThat(seen.put(new String(entry, keyOffset, keyLength, StandardCharsets.UTF_8), value))
                    .isNull();
        });
        assertThat(seen).hasSize(30_000);
        for (int i = 0; i < 30_000; i++) {
            assertThat(seen.get("key-" + i)).isEqualTo(valueOf(i));
        }
        for (int i = 0; i < 29_000; i++) {
            remove(table, "key-" + i);
        }
        assertThat(get(reader, "key-28999")).isNull();
        assertThat(get(reader, "key-29007")).isEqualTo(valueOf(29_007));
        table.clear();
        assertThat(get(reader, "key-29007")).isNull();
        assertThat(session.failures).isZero();
    }

    @Test
    void shouldRefuseAValueThatDoesNotFit() {
        final RecordTable table = RecordTable.create(memory);
        put(table, "key", new byte[100]);
        final UnsafeBuffer small = new UnsafeBuffer(new byte[99]);
        final byte[] key = bytes("key");
        assertThatThrownBy(() -> table.reader(session).get(key, RawMemory.ARRAY_OFFSET, key.length, small, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("valueLength=100")
                .hasMessageContaining("capacity=99");
        assertThat(session.inside).isFalse();
    }

    @Test
    void shouldTellThatATableWasDropped() {
        final FixedTable fixed = FixedTable.create(memory);
        final RecordTable records = RecordTable.create(memory);
        final FixedTableReader fixedReader = fixed.reader(session);
        final RecordTableReader recordReader = records.reader(session);
        fixed.drop();
        records.drop();
        FixedTable.create(memory); // their extents have another owner
        RecordTable.create(memory);
        assertThatThrownBy(() -> fixedReader.get(1, -1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> fixedReader.forEach((key, value) -> {})).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> get(recordReader, "key")).isInstanceOf(IllegalStateException.class);
        assertThat(session.inside).isFalse();
    }

    @Test
    void shouldReadAgainWhatWasReadWhileASegmentWasChanging() {
        final FixedTable table = FixedTable.create(memory);
        table.set(1, 10);
        final long segment = segmentOf(table.rootAddress());
        final long change = memory.sequences().begin(segment);
        final TestReadSession impatient = new TestReadSession() {
            @Override
            protected void failed(final int failuresInARow) {
                super.failed(failuresInARow);
                if (failuresInARow == 3) {
                    table.set(1, 11);
                    memory.sequences().end(change);
                }
            }
        };
        assertThat(table.reader(impatient).get(1, -1)).isEqualTo(11);
        assertThat(impatient.failures).isEqualTo(3);
    }

    @Test
    void shouldReadAgainWhatWasReadWhileTheDirectoryWasChanging() {
        final FixedTable table = FixedTable.create(memory);
        table.set(1, 10);
        final long change = memory.sequences().begin(table.rootAddress());
        final TestReadSession impatient = new TestReadSession() {
            @Override
            protected void failed(final int failuresInARow) {
                super.failed(failuresInARow);
                memory.sequences().end(change);
            }
        };
        assertThat(table.reader(impatient).get(1, -1)).isEqualTo(10);
        assertThat(impatient.failures).isEqualTo(1);
    }

    private long segmentOf(final long rootAddress) {
        return DirectoryDescriptor.address(
                RawMemory.getLong(memory.forRead(rootAddress) + TableRootDescriptor.DIRECTORY_OFFSET));
    }

    @Test
    void shouldCountOnForEveryChangeThatReadersMustNotice() {
        final RecordTable table = RecordTable.create(memory);
        final long counter = memory.sequences().counter(segmentOf(table.rootAddress()));
        put(table, "key", new byte[20]);
        long number = ExtentSequences.read(counter);
        put(table, "key", new byte[21]);
        number = assertLarger(counter, number, "overwritten");
        put(table, "key", new byte[200]);
        number = assertLarger(counter, number, "replaced");
        put(table, "key", new byte[100_000]);
        number = assertLarger(counter, number, "replaced by a long one");
        put(table, "key", new byte[100_001]);
        assertThat(ExtentSequences.read(counter)).as("a long one has its own").isEqualTo(number);
        remove(table, "key");
        number = assertLarger(counter, number, "removed");
        table.clear();
        assertLarger(counter, number, "cleared");
    }

    @Test
    void shouldNumberSegmentsAndDirectoryAnewWhenTheyChange() {
        final FixedTable table = FixedTable.create(memory);
        final long segment = memory.sequences().counter(segmentOf(table.rootAddress()));
        final long directory = memory.sequences().counter(table.rootAddress());
        long number = ExtentSequences.read(segment);
        table.set(1, 1);
        number = assertLarger(segment, number, "inserted");
        table.set(1, 2);
        assertThat(ExtentSequences.read(segment)).as("overwritten in one store").isEqualTo(number);
        table.remove(1);
        number = assertLarger(segment, number, "removed");
        final long before = ExtentSequences.read(directory);
        for (int i = 0; i < FixedSlotDescriptor.COUNT_MAX; i++) {
            table.set(i, i);
        }
        assertThat(ExtentSequences.read(directory)).as("not yet split").isEqualTo(before);
        number = ExtentSequences.read(segment);
        table.set(-1, -1);
        assertLarger(segment, number, "split");
        assertLarger(directory, before, "split");
    }

    @Test
    void shouldNumberAnExtentAnewWhenItIsHandedOut() {
        final long extent = memory.allocateExtent(ExtentKind.PAGES);
        final long counter = memory.sequences().counter(extent);
        final long number = ExtentSequences.read(counter);
        memory.free(extent);
        assertThat(memory.allocateExtent(ExtentKind.PAGES)).isEqualTo(extent);
        assertLarger(counter, number, "handed out");
    }

    private static long assertLarger(final long counter, final long before, final String what) {
        final long after = ExtentSequences.read(counter);
        assertThat(after).as(what).isGreaterThan(before).isEven();
        return after;
    }

    @Test
    void shouldFindNoMemoryAtAddressesThatAreNone() {
        final long end = memory.backedLength();
        final long[] none = {end, end - 7, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 43, (1L << 26) - 4, -16};
        for (final long address : none) {
            assertThat(memory.forDoubtfulRead(address, 8)).as("%x", address).isZero();
        }
        assertThat(memory.forDoubtfulRead(0, 8)).isNotZero();
        assertThat(memory.forDoubtfulRead(end - 8, 8)).isNotZero();
    }

    @Test
    void shouldReadARecoveredTableWhilePagesAreCold() {
        final TestMemory.Replica replica = new TestMemory.Replica();
        final FixedTable fixed = FixedTable.create(memory);
        final RecordTable records = RecordTable.create(memory);
        final FixedBytesTable bytes = FixedBytesTable.create(memory, 16, 40);
        final int[] widths = {16, 40};
        for (int i = 0; i < 10_000; i++) {
            fixed.set(i, i);
            put(records, "key-" + i, valueOf(i));
            bytes.put(keyOf(16, i), RawMemory.ARRAY_OFFSET, valueFor(40, i), RawMemory.ARRAY_OFFSET);
        }
        replica.checkpoint(memory);
        try (PagedMemory recovered = replica.recover()) {
            final FixedTableReader fixedReader =
                    FixedTable.open(recovered, fixed.rootAddress()).reader(session);
            final RecordTableReader recordReader =
                    RecordTable.open(recovered, records.rootAddress()).reader(session);
            final FixedBytesTableReader bytesReader =
                    FixedBytesTable.open(recovered, bytes.rootAddress()).reader(session);
            recovered.hydrationRunLength(1); // slots that straddle pages need both
            for (int i = 0; i < 10_000; i += 7) {
                assertThat(valueOf(bytesReader, widths, i)).isEqualTo(valueFor(40, i));
                assertThat(fixedReader.get(i, -1)).isEqualTo(i);
                assertThat(get(recordReader, "key-" + i)).isEqualTo(valueOf(i));
            }
            final int[] counts = new int[2];
            fixedReader.forEach((key, value) -> counts[0]++);
            recordReader.forEach((entry, keyOffset, keyLength, valueOffset, valueLength) -> counts[1]++);
            assertThat(counts).containsExactly(10_000, 10_000);
        }
    }
}
