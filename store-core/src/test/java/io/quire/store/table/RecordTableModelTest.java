/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random operations against a {@link HashMap}, with reopening, checkpoint and recovery, and full memory. */
class RecordTableModelTest {
    @Test
    void shouldBehaveAsTheModel() {
        Seed.with(getClass(), seed -> {
            try (Run run = new Run(seed, PagedMemory.anonymous(seed))) {
                run.operations(300_000);
            }
        });
    }

    @Test
    void shouldBehaveAsTheModelWhenMemoryIsFull() {
        fillMemory(2);
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelWhenMemoryIsFullWhateverItsSize() {
        fillMemory(1);
    }

    /** Every size of memory, or each second one of which it is a matter of the seed which they are. */
    private void fillMemory(final int step) {
        Seed.with(getClass(), seed -> {
            int fullCount = 0;
            for (int extents = 3 + Math.floorMod(seed, step); extents < 30; extents += step) {
                try (Run run = new Run(seed + extents, TestMemory.limited(seed, extents))) {
                    run.pressingOperations(20_000);
                    fullCount += run.fullCount;
                }
            }
            assertThat(fullCount).isGreaterThan(100);
        });
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        Seed.with(getClass(), seed -> {
            for (int round = 0; round < 20; round++) {
                try (Run run = new Run(seed + round, PagedMemory.anonymous(seed))) {
                    run.operations(1_000_000);
                }
            }
        });
    }

    private static final class Run implements AutoCloseable {
        private final Random random;
        private final Map<ByteBuffer, byte[]> model = new HashMap<>();
        private final TestMemory.Replica replica = new TestMemory.Replica();
        private final long nativeKey = RawMemory.allocate(RecordTable.MAX_KEY_LENGTH);
        private PagedMemory memory;
        private RecordTable table;
        private int universe;
        private int lengthBits;
        private int fullCount;
        private boolean tidy;

        Run(final long seed, final PagedMemory memory) {
            random = new Random(seed);
            this.memory = memory;
            table = RecordTable.create(memory);
        }

        void operations(final int count) {
            int insertPercent = 50;
            for (int i = 0; i < count; i++) {
                if (i % 20_000 == 0) {
                    insertPercent = 10 + random.nextInt(80);
                    tidy = random.nextInt(3) > 0;
                    universe = 1 << (4 + random.nextInt(14));
                    lengthBits = 4 + random.nextInt(universe > 4096 ? 5 : 11);
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
                tidy = random.nextBoolean();
                lengthBits = 4 + random.nextInt(9);
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
                if (tidy) {
                    table.tidy();
                }
            } catch (final StoreFullException e) {
                fullCount++;
                if (fullCount % 512 == 1) {
                    compare();
                }
            }
            assertThat(table.size()).isEqualTo(model.size());
            if (random.nextInt(20_000) == 0) {
                now();
            }
        }

        private byte[] key() {
            if (random.nextInt(5_000) == 0) {
                return new byte[1 << random.nextInt(20)];
            }
            final int number = random.nextInt(universe);
            final byte[] key = new byte[number % 29];
            for (int i = 0; i < Math.min(4, key.length); i++) {
                key[i] = (byte) (number >>> (i * 8));
            }
            return key;
        }

        private byte[] value() {
            final int length;
            if (random.nextInt(3_000) == 0) {
                length = random.nextInt(400_000);
            } else if (random.nextInt(4) == 0) {
                final int sizeClass = 1 + random.nextInt(Math.min(SizeClasses.LARGE - 1, lengthBits * 2));
                length = Math.max(0, SizeClasses.blockLength(sizeClass) - 24 + random.nextInt(32));
            } else {
                length = random.nextInt(1 << lengthBits);
            }
            final byte[] value = new byte[length];
            random.nextBytes(value);
            return value;
        }

        private void operation(final int insertPercent) {
            final byte[] key = key();
            final ByteBuffer modelKey = ByteBuffer.wrap(key);
            final byte[] base = random.nextBoolean() ? key : null;
            final long offset = base != null ? RawMemory.ARRAY_OFFSET : nativeKey;
            if (base == null) {
                RawMemory.copy(key, RawMemory.ARRAY_OFFSET, null, nativeKey, key.length);
            }
            if (random.nextInt(100) >= insertPercent) {
                assertThat(table.remove(base, offset, key.length)).isEqualTo(model.containsKey(modelKey));
                model.remove(modelKey);
                return;
            }
            final byte[] expected = model.get(modelKey);
            switch (random.nextInt(4)) {
                case 0:
                    final byte[] value = value();
                    final long put = table.put(base, offset, key.length, value, RawMemory.ARRAY_OFFSET, value.length);
                    assertThat(table.lastPutInserted()).isEqualTo(expected == null);
                    model.put(modelKey, value);
                    assertRecord(put, key, value);
                    break;
                case 1:
                    modify(key, base, offset, expected);
                    break;
                case 2:
                    if (expected != null) {
                        final byte[] same = new byte[expected.length];
                        random.nextBytes(same);
                        final long record = table.find(base, offset, key.length);
                        assertThat(table.put(base, offset, key.length, same, RawMemory.ARRAY_OFFSET, same.length))
                                .isEqualTo(record);
                        model.put(modelKey, same);
                    }
                    break;
                default:
                    final long found = table.find(base, offset, key.length);
                    assertThat(found != RecordTable.NOT_FOUND).isEqualTo(expected != null);
                    if (expected != null) {
                        assertRecord(found, key, expected);
                    }
                    break;
            }
        }

        private void modify(final byte[] key, final byte[] base, final long offset, final byte[] expected) {
            final int length = random.nextInt(64);
            final long record = table.insertOrFind(base, offset, key.length, length);
            assertThat(table.lastPutInserted()).isEqualTo(expected == null);
            final byte[] modified = expected == null ? new byte[length] : expected.clone();
            assertRecord(record, key, modified);
            if (modified.length > 0) {
                final int at = random.nextInt(modified.length);
                modified[at]++;
                RawMemory.putByte(table.valuePointerForWrite(record, key.length, at, 1), modified[at]);
            }
            model.put(ByteBuffer.wrap(key), modified);
        }

        private void assertRecord(final long record, final byte[] key, final byte[] value) {
            assertThat(table.keyLength(record)).isEqualTo(key.length);
            assertThat(table.valueLength(record)).isEqualTo(value.length);
            assertThat(RawMemory.equal(key, RawMemory.ARRAY_OFFSET, table.keyPointer(record), key.length))
                    .isTrue();
            assertThat(RawMemory.equal(value, RawMemory.ARRAY_OFFSET, table.valuePointer(record), value.length))
                    .isTrue();
        }

        private ByteBuffer keyOf(final long record) {
            final byte[] key = new byte[table.keyLength(record)];
            RawMemory.copy(null, table.keyPointer(record), key, RawMemory.ARRAY_OFFSET, key.length);
            return ByteBuffer.wrap(key);
        }

        private void now() {
            switch (random.nextInt(6)) {
                case 0:
                    table = RecordTable.open(memory, table.rootAddress());
                    break;
                case 1:
                    replica.checkpoint(memory);
                    break;
                case 2:
                    recover();
                    break;
                case 3:
                    table.clear();
                    model.clear();
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
                table = RecordTable.open(memory, root);
            }
        }

        /** A cursor sees exactly once what stays, whatever else happens. */
        private void iterate() {
            final Set<ByteBuffer> staying = new HashSet<>();
            final List<ByteBuffer> others = new ArrayList<>();
            for (final ByteBuffer key : model.keySet()) {
                if (random.nextInt(3) > 0) {
                    staying.add(key);
                } else {
                    others.add(key);
                }
            }
            final Set<ByteBuffer> seen = new HashSet<>();
            int fresh = 0;
            try (RecordTableCursor cursor = table.cursor()) {
                while (cursor.next()) {
                    final ByteBuffer key = keyOf(cursor.record());
                    assertThat(seen.add(key)).isTrue();
                    assertThat(model).containsKey(key);
                    assertRecord(cursor.record(), key.array(), model.get(key));
                    if (!others.isEmpty() && random.nextInt(2) == 0) {
                        final byte[] other = others.remove(others.size() - 1).array();
                        final boolean present = model.remove(ByteBuffer.wrap(other)) != null;
                        assertThat(table.remove(other, RawMemory.ARRAY_OFFSET, other.length))
                                .isEqualTo(present);
                        table.tidy();
                    }
                    if (fullCount == 0 && random.nextInt(3) == 0) {
                        final byte[] name = ByteBuffer.allocate(30)
                                .putInt(20, fresh++ % 5_000)
                                .array();
                        final byte[] value = new byte[random.nextInt(200)];
                        try {
                            table.put(name, RawMemory.ARRAY_OFFSET, 30, value, RawMemory.ARRAY_OFFSET, value.length);
                            model.put(ByteBuffer.wrap(name), value);
                        } catch (final StoreFullException e) {
                            fullCount++; // nothing was changed, which the comparisons to come will see
                        }
                    }
                }
            }
            assertThat(seen).containsAll(staying);
        }

        private void compare() {
            table.checkInvariants();
            final Set<ByteBuffer> seen = new HashSet<>();
            table.forEach(record -> {
                final ByteBuffer key = keyOf(record);
                assertThat(seen.add(key)).isTrue();
                assertRecord(record, key.array(), model.get(key));
            });
            assertThat(seen).isEqualTo(model.keySet());
            table.scan(record -> assertThat(seen.remove(keyOf(record))).isTrue());
            assertThat(seen).isEmpty();
        }

        @Override
        public void close() {
            RawMemory.free(nativeKey);
            memory.close();
        }
    }
}
