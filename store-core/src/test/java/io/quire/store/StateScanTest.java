/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.KeyGroupRange;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Walks by key groups, cursors and batches of reads. */
class StateScanTest {
    private static final int ENTRIES = 40_000;
    private static final int PARTS = 7;

    private final StateStore store = new StateStore(PagedMemory.anonymous(7));
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[20]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[40]);

    @AfterEach
    void close() {
        store.close();
    }

    private UnsafeBuffer keyOf(final int number) {
        key.putInt(0, number);
        key.putInt(16, number);
        return key;
    }

    private BytesState filledBytes() {
        final BytesState state = store.bytesState("bytes");
        for (int i = 0; i < ENTRIES; i++) {
            value.putInt(0, ~i);
            state.put(keyOf(i), 0, 4 + i % 17, value, 0, 4 + i % 37);
        }
        return state;
    }

    @Test
    void shouldCutKeyGroupsIntoParts() {
        for (final int count : new int[] {1, 2, 3, 7, 100, KeyGroupRange.GROUP_COUNT}) {
            int next = 0;
            for (int i = 0; i < count; i++) {
                final KeyGroupRange part = KeyGroupRange.part(i, count);
                assertThat(part.first()).isEqualTo(next);
                next = part.last() + 1;
            }
            assertThat(next).isEqualTo(KeyGroupRange.GROUP_COUNT).isEqualTo(32_768);
        }
        assertThat(KeyGroupRange.part(0, 1)).isEqualTo(KeyGroupRange.ALL);
        assertThatThrownBy(() -> new KeyGroupRange(3, 2)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new KeyGroupRange(0, 32_768)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> KeyGroupRange.part(2, 2)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldVisitEachEntryInOnePartOnly() {
        final LongLongState longs = store.longLongState("longs");
        final LongSetState set = store.longSetState("set");
        final LongBytesState longBytes = store.longBytesState("long bytes");
        final FixedBytesState fixed = store.fixedBytesState("fixed", 20, 4);
        final BytesState bytes = filledBytes();
        for (int i = 0; i < ENTRIES; i++) {
            longs.put(i, i);
            set.add(i);
            longBytes.put(i, value, 0, i % 40);
            fixed.put(keyOf(i), 0, value, 0);
        }
        longs.put(7, 7); // hash 0: the seed is 7
        set.add(7);
        final Set<Long> seenLongs = new HashSet<>();
        final Set<Long> seenKeys = new HashSet<>();
        final Set<Long> seenLongBytes = new HashSet<>();
        final Set<Integer> seenFixed = new HashSet<>();
        final Set<Integer> seenBytes = new HashSet<>();
        for (int part = 0; part < PARTS; part++) {
            final KeyGroupRange range = KeyGroupRange.part(part, PARTS);
            longs.forEach(range, (k, v) -> {
                assertThat(range.contains(longs.keyGroupOf(k))).isTrue();
                assertThat(seenLongs.add(k)).isTrue();
            });
            set.forEach(range, k -> {
                assertThat(range.contains(set.keyGroupOf(k))).isTrue();
                assertThat(seenKeys.add(k)).isTrue();
            });
            longBytes.forEach(range, (k, v) -> {
                assertThat(range.contains(longBytes.keyGroupOf(k))).isTrue();
                assertThat(v.capacity()).isEqualTo((int) (k % 40));
                assertThat(seenLongBytes.add(k)).isTrue();
            });
            fixed.forEach(range, (k, v) -> {
                assertThat(range.contains(fixed.keyGroupOf(k, 0))).isTrue();
                assertThat(seenFixed.add(k.getInt(0))).isTrue();
            });
            bytes.forEach(range, (k, v) -> {
                assertThat(range.contains(bytes.keyGroupOf(k, 0, k.capacity()))).isTrue();
                assertThat(seenBytes.add(k.getInt(0))).isTrue();
            });
        }
        assertThat(seenLongs).hasSize(ENTRIES);
        assertThat(seenKeys).hasSize(ENTRIES);
        assertThat(seenLongBytes).hasSize(ENTRIES);
        assertThat(seenFixed).hasSize(ENTRIES);
        assertThat(seenBytes).hasSize(ENTRIES);
        final KeyGroupRange one = KeyGroupRange.part(longs.keyGroupOf(7), KeyGroupRange.GROUP_COUNT);
        final Set<Long> ofGroup = new HashSet<>();
        longs.forEach(one, (k, v) -> ofGroup.add(k));
        assertThat(ofGroup).contains(7L);
        assertThat(ofGroup.size()).isLessThan(20);
    }

    @Test
    void shouldReadBatchesOfLongs() {
        final LongLongState longs = store.longLongState("longs");
        final int count = 1_000;
        for (int i = 0; i < ENTRIES; i++) {
            longs.put(i, ~i);
        }
        final long[] keys = new long[count];
        final long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            keys[i] = i * 61L - 5_000;
        }
        longs.getAll(keys, 3, count - 5, values, 99);
        for (int i = 0; i < count; i++) {
            assertThat(values[i]).isEqualTo(i < 3 || i >= count - 2 ? 0 : longs.get(keys[i], 99));
        }
        assertThatThrownBy(() -> longs.getAll(keys, 3, count, values, 99))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shouldReadBatchesOfBytes() {
        final BytesState bytes = filledBytes();
        final int count = 333;
        final UnsafeBuffer keys = new UnsafeBuffer(new byte[count * 20]);
        final int[] offsets = new int[count + 1];
        for (int i = 0; i < count; i++) {
            final int number = i * 137 + (i % 3 == 0 ? ENTRIES : 0);
            keyOf(number);
            keys.putBytes(offsets[i], key, 0, 4 + number % 17);
            offsets[i + 1] = offsets[i] + 4 + number % 17;
        }
        final Map<Integer, Integer> found = new HashMap<>();
        final int present = bytes.getAll(keys, offsets, 2, count - 2, (index, view) -> {
            assertThat(found.put(index, view.getInt(0))).isNull();
            assertThat(view.capacity()).isEqualTo(4 + ~view.getInt(0) % 37);
            assertThatThrownBy(() -> bytes.getAll(keys, offsets, 0, 1, (i, v) -> {}))
                    .isInstanceOf(ConfigurationException.class);
        });
        assertThat(found).hasSize(present);
        for (int i = 2; i < count; i++) {
            final int number = i * 137 + (i % 3 == 0 ? ENTRIES : 0);
            assertThat(found.get(i - 2)).isEqualTo(number < ENTRIES ? ~number : null);
        }
        assertThatThrownBy(() -> bytes.getAll(keys, offsets, 0, count + 1, (i, v) -> {}))
                .isInstanceOf(IndexOutOfBoundsException.class);
        offsets[4] = keys.capacity() + 1;
        assertThatThrownBy(() -> bytes.getAll(keys, offsets, 0, 5, (i, v) -> {}))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shouldReadBatchesOfBytesUnderLongKeys() {
        final LongBytesState state = store.longBytesState("long bytes");
        final long[] keys = new long[100];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = i * 3L;
            if (i % 2 == 0) {
                value.putLong(0, keys[i]);
                state.put(keys[i], value, 0, 8);
            }
        }
        final Set<Integer> found = new HashSet<>();
        assertThat(state.getAll(keys, 10, 80, (index, view) -> {
                    assertThat(view.getLong(0)).isEqualTo(keys[10 + index]);
                    assertThat(found.add(index)).isTrue();
                }))
                .isEqualTo(40);
        assertThat(found).hasSize(40).doesNotContain(1, 79);
    }

    @Test
    void shouldRemoveUnderACursor() {
        final BytesState bytes = filledBytes();
        final Set<Integer> seen = new HashSet<>();
        final BytesCursor cursor = bytes.cursor();
        while (cursor.next()) {
            final int number = cursor.key().getInt(0);
            assertThat(cursor.value().getInt(0)).isEqualTo(~number);
            assertThat(seen.add(number)).isTrue();
            assertThat(bytes.remove(cursor.key(), 0, cursor.key().capacity())).isTrue();
        }
        assertThat(seen).hasSize(ENTRIES);
        assertThat(bytes.size()).isZero();
        assertThat(bytes.statistics().extentCount()).isLessThan(45); // one of each size class may stay
        bytes.checkInvariants();
        final LongLongState longs = store.longLongState("longs");
        longs.put(1, 1);
        final LongLongCursor longCursor = longs.cursor();
        store.close();
        assertThatThrownBy(longCursor::next).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(cursor::next).isInstanceOf(StoreClosedException.class);
    }

    @Test
    void shouldRefuseOtherWidths() {
        store.fixedBytesState("fixed", 16, 0);
        assertThat(store.fixedBytesState("fixed", 16, 0).keyLength()).isEqualTo(16);
        assertThatThrownBy(() -> store.fixedBytesState("fixed", 16, 8)).isInstanceOf(StateMismatchException.class);
        assertThatThrownBy(() -> store.longSetState("fixed")).isInstanceOf(StateMismatchException.class);
        for (final int[] widths : new int[][] {{0, 0}, {65, 0}, {16, -1}, {16, 257}}) {
            assertThatThrownBy(() -> store.fixedBytesState("other", widths[0], widths[1]))
                    .isInstanceOf(ConfigurationException.class);
        }
        assertThat(store.states()).hasSize(1);
        store.fixedBytesState("largest", 64, 256);
    }

    @Test
    void shouldTakeKeysAndValuesFromItsOwnEntries() {
        final FixedBytesState fixed = store.fixedBytesState("fixed", 8, 64);
        final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        fixed.put(keyOf(0), 0, new UnsafeBuffer(new byte[64]), 0);
        for (int i = 1; i < 5_000; i++) {
            assertThat(fixed.wrap(keyOf(i - 1), 0, view)).isTrue();
            fixed.put(keyOf(i), 0, view, 0); // also while segments split
            fixed.addAndGet(keyOf(i), 0, 56, 1);
        }
        for (int i = 0; i < 5_000; i++) {
            assertThat(fixed.wrap(keyOf(i), 0, view)).isTrue();
            assertThat(view.getLong(56)).isEqualTo(i);
        }
    }
}
