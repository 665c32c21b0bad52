/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Random operations against a {@link HashMap} for many widths, with reopening, recovery and full memory. */
class FixedBytesTableModelTest {
    private static final int ZERO_HASH_KEYS = 4;
    private static final int[][] WIDTHS = {
        {4, 0}, {4, 4}, {8, 0}, {8, 8}, {8, 256}, {16, 0}, {16, 8}, {16, 100}, {1, 1}, {7, 3}, {9, 17}, {33, 5},
        {64, 0}, {64, 256}
    };

    @TestFactory
    Stream<DynamicTest> shouldBehaveAsTheModel() {
        return Arrays.stream(WIDTHS)
                .map(widths -> DynamicTest.dynamicTest(
                        "keys of " + widths[0] + ", values of " + widths[1],
                        () -> Seed.with(getClass(), seed -> {
                            try (Run run = new Run(seed, PagedMemory.anonymous(seed), widths[0], widths[1])) {
                                run.operations(40_000);
                            }
                        })));
    }

    @Test
    void shouldBehaveAsTheModelWhenMemoryIsFull() {
        Seed.with(getClass(), seed -> {
            int fullCount = 0;
            for (int extents = 3; extents < 24; extents++) {
                final int[] widths = WIDTHS[extents % WIDTHS.length];
                try (Run run = new Run(seed + extents, TestMemory.limited(seed, extents), widths[0], widths[1])) {
                    run.pressingOperations(10_000);
                    fullCount += run.fullCount;
                }
            }
            assertThat(fullCount).isGreaterThan(100);
        });
    }

    @Test
    void shouldHoldManyKeysWhoseHashIsZero() {
        final long seed = 0x5eedL;
        final int keyLength = 16;
        final int count = 1_000;
        final KeyHash keyHash = new KeyHash(seed);
        final byte[] key = new byte[keyLength];
        final long nativeRest = RawMemory.allocate(Long.BYTES);
        try (PagedMemory memory = PagedMemory.anonymous(seed)) {
            final FixedBytesTable table = FixedBytesTable.create(memory, keyLength, Long.BYTES);
            for (int step = 0; step < 3; step++) { // put, look, remove
                for (long number = 0; number < count; number++) {
                    RawMemory.putLong(nativeRest, number);
                    RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, keyHash.firstOf(0, nativeRest, keyLength));
                    RawMemory.putLong(key, RawMemory.ARRAY_OFFSET + Long.BYTES, number);
                    assertThat(keyHash.ofFixed(key, RawMemory.ARRAY_OFFSET, keyLength))
                            .isZero();
                    if (step == 0) {
                        table.put(key, RawMemory.ARRAY_OFFSET, key, RawMemory.ARRAY_OFFSET + Long.BYTES);
                    } else if (step == 1) {
                        final long entry = table.find(key, RawMemory.ARRAY_OFFSET);
                        assertThat(RawMemory.getLong(table.valuePointer(entry))).isEqualTo(number);
                        final byte[] found = new byte[keyLength];
                        table.copyKey(entry, found, RawMemory.ARRAY_OFFSET);
                        assertThat(found).isEqualTo(key);
                    } else {
                        assertThat(table.remove(key, RawMemory.ARRAY_OFFSET)).isTrue();
                    }
                }
                table.checkInvariants();
                assertThat(table.size()).isEqualTo(step < 2 ? count : 0);
            }
        } finally {
            RawMemory.free(nativeRest);
        }
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        Seed.with(getClass(), seed -> {
            for (final int[] widths : WIDTHS) {
                try (Run run = new Run(seed, PagedMemory.anonymous(seed), widths[0], widths[1])) {
                    run.operations(2_000_000);
                }
            }
        });
    }

    private static final class Run implements AutoCloseable {
        private final Random random;
        private final Map<ByteBuffer, byte[]> model = new HashMap<>();
        private final TestMemory.Replica replica = new TestMemory.Replica();
        private final int keyLength;
        private final int valueLength;
        private final KeyHash keyHash;
        private final long nativeKey = RawMemory.allocate(FixedBytesTable.KEY_LENGTH_MAX);
        private PagedMemory memory;
        private FixedBytesTable table;
        private int universe = 1 << 10;
        private int fullCount;

        Run(final long seed, final PagedMemory memory, final int keyLength, final int valueLength) {
            random = new Random(seed);
            this.memory = memory;
            this.keyLength = keyLength;
            this.valueLength = valueLength;
            keyHash = new KeyHash(memory.hashSeed());
            table = FixedBytesTable.create(memory, keyLength, valueLength);
        }

        void operations(final int count) {
            int insertPercent = 50;
            for (int i = 0; i < count; i++) {
                if (i % 5_000 == 0) {
                    insertPercent = 10 + random.nextInt(85);
                    universe = 1 << (4 + random.nextInt(13));
                }
                step(insertPercent);
            }
            compare();
        }

        /** Inserts until memory is full, removes for a while, and again. */
        void pressingOperations(final int count) {
            for (int i = 0; i < count; ) {
                final int fullBefore = fullCount;
                universe = 1 << 17;
                while (fullCount == fullBefore && i < count) {
                    step(90);
                    i++;
                }
                for (int left = random.nextInt(3_000); left > 0; left--) {
                    step(20);
                    i++;
                }
            }
            compare();
        }

        private void step(final int insertPercent) {
            try {
                operation(insertPercent);
            } catch (final StoreFullException e) {
                fullCount++;
                if (fullCount % 512 == 1) {
                    compare();
                }
            }
            assertThat(table.size()).isEqualTo(model.size());
            if (random.nextInt(2_000) == 0) {
                now();
            }
        }

        private byte[] key() {
            final byte[] key = new byte[keyLength];
            final int number = random.nextInt(universe);
            if (number < ZERO_HASH_KEYS) {
                zeroHashKey(key, number);
                return key;
            }
            // The number at the front or at the back, so that keys differ in the first eight bytes or after them.
            final boolean front = (number & 1) == 0;
            for (int i = 0; i < Math.min(3, keyLength); i++) {
                key[front ? i : keyLength - 1 - i] = (byte) (number >>> (i * 8));
            }
            return key;
        }

        /** One of the keys whose hash is 0, if the width has one; number 0 has zeros after the first eight bytes. */
        private void zeroHashKey(final byte[] key, final int number) {
            if (keyLength > Long.BYTES) {
                key[number % 2 == 0 ? Long.BYTES : keyLength - 1] = (byte) number;
            }
            if (keyLength >= Long.BYTES) {
                RawMemory.copy(key, RawMemory.ARRAY_OFFSET, null, nativeKey, keyLength);
                final long first = keyHash.firstOf(0, nativeKey + Long.BYTES, keyLength);
                RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, first);
                assertThat(keyHash.ofFixed(key, RawMemory.ARRAY_OFFSET, keyLength))
                        .isZero();
            }
        }

        private byte[] value() {
            final byte[] value = new byte[valueLength];
            random.nextBytes(value);
            return value;
        }

        private void operation(final int insertPercent) {
            final byte[] key = key();
            final ByteBuffer modelKey = ByteBuffer.wrap(key);
            final byte[] base = random.nextBoolean() ? key : null;
            final long offset = base != null ? RawMemory.ARRAY_OFFSET : nativeKey;
            if (base == null) {
                RawMemory.copy(key, RawMemory.ARRAY_OFFSET, null, nativeKey, keyLength);
            }
            final byte[] expected = model.get(modelKey);
            if (random.nextInt(100) >= insertPercent) {
                assertThat(table.remove(base, offset)).isEqualTo(expected != null);
                model.remove(modelKey);
                return;
            }
            final byte[] value = value();
            switch (random.nextInt(4)) {
                case 0:
                    assertEntry(table.put(base, offset, value, RawMemory.ARRAY_OFFSET), key, value);
                    assertThat(table.lastInserted()).isEqualTo(expected == null);
                    model.put(modelKey, value);
                    break;
                case 1:
                    final boolean zeros = random.nextBoolean();
                    final long entry =
                            table.insertOrFind(base, offset, zeros ? null : value, zeros ? 0 : RawMemory.ARRAY_OFFSET);
                    assertThat(table.lastInserted()).isEqualTo(expected == null);
                    model.putIfAbsent(modelKey, zeros ? new byte[valueLength] : value);
                    assertEntry(entry, key, model.get(modelKey));
                    break;
                case 2:
                    if (expected != null && valueLength > 0) {
                        overwrite(table.find(base, offset), expected, value);
                    }
                    break;
                default:
                    final long found = table.find(base, offset);
                    assertThat(found != FixedBytesTable.NOT_FOUND).isEqualTo(expected != null);
                    if (expected != null) {
                        assertEntry(found, key, expected);
                    }
                    break;
            }
        }

        private void overwrite(final long entry, final byte[] expected, final byte[] value) {
            final int at = random.nextInt(valueLength);
            final int length = 1 + random.nextInt(valueLength - at);
            table.overwrite(entry, at, value, RawMemory.ARRAY_OFFSET + at, length);
            System.arraycopy(value, at, expected, at, length);
        }

        private void assertEntry(final long entry, final byte[] key, final byte[] value) {
            assertThat(keyOf(entry)).isEqualTo(ByteBuffer.wrap(key));
            assertThat(RawMemory.equal(value, RawMemory.ARRAY_OFFSET, table.valuePointer(entry), valueLength))
                    .isTrue();
        }

        private ByteBuffer keyOf(final long entry) {
            final byte[] key = new byte[keyLength];
            table.copyKey(entry, key, RawMemory.ARRAY_OFFSET);
            return ByteBuffer.wrap(key);
        }

        private void now() {
            switch (random.nextInt(6)) {
                case 0:
                    table = FixedBytesTable.open(memory, table.rootAddress());
                    break;
                case 1:
                    replica.checkpoint(memory);
                    break;
                case 2:
                    recover();
                    break;
                case 3:
                    if (random.nextInt(3) == 0) {
                        table.clear();
                        model.clear();
                    }
                    break;
                case 4:
                    iterate();
                    break;
                default:
                    compare();
                    break;
            }
        }

        /** Goes on with what the replica knows, every page cold. Only without a limit, which would be lost. */
        private void recover() {
            replica.checkpoint(memory);
            if (fullCount == 0) {
                final long root = table.rootAddress();
                memory.close();
                memory = replica.recover();
                table = FixedBytesTable.open(memory, root);
            }
        }

        /** A cursor sees exactly once what stays, whatever else happens. */
        private void iterate() {
            final Set<ByteBuffer> staying = new HashSet<>();
            final List<ByteBuffer> others = new ArrayList<>();
            for (final ByteBuffer key : model.keySet()) {
                (random.nextInt(3) > 0 ? staying : others).add(key);
            }
            final Set<ByteBuffer> seen = new HashSet<>();
            final FixedBytesCursor cursor = table.cursor();
            while (cursor.next()) {
                final ByteBuffer key = keyOf(cursor.entry());
                assertThat(seen.add(key)).isTrue();
                assertEntry(cursor.entry(), key.array(), model.get(key));
                if (!others.isEmpty() && random.nextInt(2) == 0) {
                    final ByteBuffer other = others.remove(others.size() - 1);
                    table.remove(other.array(), RawMemory.ARRAY_OFFSET);
                    model.remove(other);
                }
                if (fullCount == 0 && random.nextInt(3) == 0) {
                    final byte[] fresh = key();
                    final byte[] value = value();
                    table.put(fresh, RawMemory.ARRAY_OFFSET, value, RawMemory.ARRAY_OFFSET);
                    model.put(ByteBuffer.wrap(fresh), value);
                }
            }
            assertThat(seen).containsAll(staying);
        }

        private void compare() {
            table.checkInvariants();
            final Set<ByteBuffer> seen = new HashSet<>();
            table.forEach(entry -> {
                final ByteBuffer key = keyOf(entry);
                assertThat(seen.add(key)).isTrue();
                assertEntry(entry, key.array(), model.get(key));
            });
            assertThat(seen).isEqualTo(model.keySet());
        }

        @Override
        public void close() {
            RawMemory.free(nativeKey);
            memory.close();
        }
    }
}
