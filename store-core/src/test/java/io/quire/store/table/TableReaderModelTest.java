/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Readers against a plain map, and scans between whose steps the table grows, shrinks and churns: of the keys that are
 * there all the time none is missed, and no key is seen twice. One thread, so every failure can be replayed.
 */
class TableReaderModelTest {
    private static final int STAYING = 2_000;
    private static final int KEYS = 12_000;
    private static final int SCANS = 5;

    private int lastVersion;
    private final byte[] key = new byte[Long.BYTES];
    private final byte[] value = new byte[100_000];
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(64);

    @Test
    void shouldScanFixedTablesThatChangeBetweenTheSteps() {
        Seed.with(TableReaderModelTest.class, seed -> {
            final Random random = new Random(seed);
            try (PagedMemory memory =
                    PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(22)).hashSeed(seed))) {
                final FixedTable table = FixedTable.create(memory);
                final FixedTableReader reader = table.reader(new TestReadSession());
                final Map<Long, Long> model = new HashMap<>();
                for (long i = 0; i < STAYING; i++) {
                    table.set(i, i);
                    model.put(i, i);
                }
                for (int scan = 0; scan < SCANS; scan++) {
                    final int growth = random.nextInt(100);
                    final Set<Long> seen = new HashSet<>();
                    reader.forEach((found, foundValue) -> {
                        if (!seen.add(found)) {
                            throw new AssertionError("seen twice: " + found);
                        }
                        for (int i = random.nextInt(10); i > 0; i--) {
                            change(table, model, random, growth);
                        }
                    });
                    assertThat(seen).containsAll(staying());
                    for (long i = 0; i < KEYS; i++) {
                        final long expected = model.getOrDefault(i, -1L);
                        if (reader.get(i, -1) != expected || reader.containsKey(i) != model.containsKey(i)) {
                            throw new AssertionError("key " + i + ": expected " + expected + ", " + reader.get(i, -1));
                        }
                    }
                }
            }
        });
    }

    private static void change(
            final FixedTable table, final Map<Long, Long> model, final Random random, final int growth) {
        final long changed = random.nextInt(KEYS);
        if (changed < STAYING || random.nextInt(100) < growth) {
            final long newValue = random.nextInt(1_000_000);
            table.set(changed, newValue);
            model.put(changed, newValue);
        } else {
            final boolean present = model.remove(changed) != null;
            if (table.remove(changed) != present) {
                throw new AssertionError("removing " + changed + ": expected " + present);
            }
        }
    }

    @Test
    void shouldScanRecordTablesThatChangeBetweenTheSteps() {
        Seed.with(TableReaderModelTest.class, seed -> {
            final Random random = new Random(seed);
            try (PagedMemory memory =
                    PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(22)).hashSeed(seed))) {
                final RecordTable table = RecordTable.create(memory);
                final RecordTableReader reader = table.reader(new TestReadSession());
                final Map<Long, Integer> versions = new HashMap<>();
                for (int i = 0; i < STAYING; i++) {
                    put(table, versions, random, i);
                }
                for (int scan = 0; scan < SCANS; scan++) {
                    scan(table, reader, versions, random);
                    for (long i = 0; i < KEYS; i++) {
                        check(reader, i, versions.get(i));
                    }
                }
                table.checkInvariants();
            }
        });
    }

    private void scan(
            final RecordTable table,
            final RecordTableReader reader,
            final Map<Long, Integer> versions,
            final Random random) {
        final int growth = random.nextInt(100);
        final Set<Long> seen = new HashSet<>();
        final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        reader.forEach((entry, keyOffset, keyLength, valueOffset, valueLength) -> {
            view.wrap(entry);
            final long found = view.getLong(keyOffset);
            if (keyLength != Long.BYTES || !seen.add(found)) {
                throw new AssertionError("seen twice: " + found);
            }
            final long version = VersionedEntry.check(view, valueOffset, valueLength, found);
            if (version > lastVersion) {
                throw new AssertionError("never had version " + version);
            }
            for (int i = random.nextInt(20); i > 0; i--) {
                final long changed = random.nextInt(KEYS);
                if (changed < STAYING || random.nextInt(100) < growth) {
                    put(table, versions, random, changed);
                } else {
                    remove(table, versions, changed);
                }
            }
        });
        assertThat(seen).containsAll(staying());
    }

    private static Set<Long> staying() {
        final Set<Long> keys = new HashSet<>();
        for (long i = 0; i < STAYING; i++) {
            keys.add(i);
        }
        return keys;
    }

    private void put(
            final RecordTable table, final Map<Long, Integer> versions, final Random random, final long number) {
        final int version = ++lastVersion;
        final int length = random.nextInt(2_000) == 0 ? 90_000 + random.nextInt(1000) : 8 + random.nextInt(100);
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, number);
        VersionedEntry.fill(value, length, number, version);
        table.put(key, RawMemory.ARRAY_OFFSET, key.length, value, RawMemory.ARRAY_OFFSET, length);
        versions.put(number, version);
    }

    private void remove(final RecordTable table, final Map<Long, Integer> versions, final long number) {
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, number);
        final boolean present = versions.remove(number) != null;
        if (table.remove(key, RawMemory.ARRAY_OFFSET, key.length) != present) {
            throw new AssertionError("removing " + number + ": expected " + present);
        }
        table.tidy();
    }

    private void check(final RecordTableReader reader, final long number, final Integer version) {
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, number);
        final int length = reader.get(key, RawMemory.ARRAY_OFFSET, key.length, buffer, 0);
        if ((length == RecordTableReader.NOT_FOUND) != (version == null)) {
            throw new AssertionError("key " + number + ": length=" + length + " version=" + version);
        }
        if (version != null && VersionedEntry.check(buffer, 0, length, number) != version) {
            throw new AssertionError("key " + number + ": version=" + buffer.getLong(0) + " expected=" + version);
        }
    }
}
