/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PageSource;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * After recovery any page may fail to load, in the middle of any operation: the operation then has no effect, and works
 * once the page can be read.
 */
class TableFaultTest {
    private static final long MISSING = Long.MIN_VALUE;
    private static final int KEYS = 12_000;
    private static final byte[] MAP_KEY = new byte[4 + MapDescriptor.KEY_TRAILER_LENGTH];
    private static final byte[] LINKED = new byte[MapDescriptor.LINKS_LENGTH + 8];

    static {
        RawMemory.putInt(MAP_KEY, RawMemory.ARRAY_OFFSET + 4, 4); // bytes of the map's own key
    }

    private int faults;
    private boolean healthy;

    private static PagedMemory memory(final long seed) {
        return PagedMemory.create(
                new PagedMemory.Builder(new AnonymousMemory(TestMemory.SMALL_WINDOW_SHIFT)).hashSeed(seed));
    }

    private PageSource flaky(final TestMemory.Replica replica, final Random random) {
        return (page, target) -> {
            if (!healthy && page != 0 && random.nextInt(4) > 0) {
                faults++;
                throw new StoreIoException("made to fail: page=" + page);
            }
            replica.load(page, target);
        };
    }

    /** Opens tables again and again until the page of their root can be read. */
    private static <T> T retry(final Supplier<T> open) {
        while (true) {
            try {
                return open.get();
            } catch (final StoreIoException e) {
                // The source fails three times out of four.
            }
        }
    }

    private static boolean cleared(final Runnable clear) {
        try {
            clear.run();
            return true;
        } catch (final StoreIoException e) {
            return false; // no effect
        }
    }

    @Test
    void shouldLeaveAFixedTableAsItWasWhenAPageFailsToLoad() {
        Seed.with(getClass(), seed -> {
            final Random random = new Random(seed);
            for (int round = 0; round < 12; round++) {
                final Map<Long, Long> model = new HashMap<>();
                final TestMemory.Replica replica = new TestMemory.Replica();
                final long root;
                try (PagedMemory memory = memory(seed)) {
                    final FixedTable table = FixedTable.create(memory);
                    for (long key = 0; key < KEYS; key++) {
                        table.set(key, key);
                        model.put(key, key);
                    }
                    root = table.rootAddress();
                    replica.checkpoint(memory);
                }
                healthy = false;
                try (PagedMemory memory = replica.recover(flaky(replica, random))) {
                    final FixedTable table = retry(() -> FixedTable.open(memory, root));
                    final int insertPercent = round % 2 == 0 ? 95 : 5; // splits, merges
                    for (int i = 0; i < 30_000; i++) {
                        operate(table, model, random, insertPercent);
                    }
                    if (round % 3 == 1 && cleared(table::clear)) {
                        model.clear();
                    }
                    healthy = true;
                    table.checkInvariants();
                    assertThat(table.size()).isEqualTo(model.size());
                    table.forEach((key, value) -> assertThat(model.get(key)).isEqualTo(value));
                }
            }
            assertThat(faults).isGreaterThan(1_000);
        });
    }

    private static void operate(
            final FixedTable table, final Map<Long, Long> model, final Random random, final int insertPercent) {
        final long key = random.nextInt(3 * KEYS);
        try {
            if (random.nextInt(100) < insertPercent) {
                assertThat(table.put(key, ~key, MISSING)).isEqualTo(model.getOrDefault(key, MISSING));
                model.put(key, ~key);
            } else {
                assertThat(table.remove(key)).isEqualTo(model.containsKey(key));
                model.remove(key);
            }
        } catch (final StoreIoException e) {
            // No effect, as the comparison at the end shows.
        }
    }

    @Test
    void shouldLeaveATableOfFixedBytesAsItWasWhenAPageFailsToLoad() {
        Seed.with(getClass(), seed -> {
            final Random random = new Random(seed);
            for (int round = 0; round < 8; round++) {
                final Map<Long, byte[]> model = new HashMap<>();
                final TestMemory.Replica replica = new TestMemory.Replica();
                final long root;
                try (PagedMemory memory = memory(seed)) {
                    final FixedBytesTable table = FixedBytesTable.create(memory, Long.BYTES, 60);
                    for (long key = 0; key < KEYS; key++) {
                        operate(table, model, random, key, true);
                    }
                    root = table.rootAddress();
                    replica.checkpoint(memory);
                }
                healthy = false;
                try (PagedMemory memory = replica.recover(flaky(replica, random))) {
                    final FixedBytesTable table = retry(() -> FixedBytesTable.open(memory, root));
                    final int insertPercent = round % 2 == 0 ? 95 : 5; // splits, merges
                    for (int i = 0; i < 30_000; i++) {
                        operate(table, model, random, random.nextInt(3 * KEYS), random.nextInt(100) < insertPercent);
                    }
                    healthy = true;
                    table.checkInvariants();
                    assertThat(table.size()).isEqualTo(model.size());
                    model.forEach((key, value) -> {
                        final long pointer = table.valuePointer(table.find(bytes(key), RawMemory.ARRAY_OFFSET));
                        assertThat(RawMemory.equal(value, RawMemory.ARRAY_OFFSET, pointer, value.length))
                                .isTrue();
                    });
                }
            }
            assertThat(faults).isGreaterThan(1_000);
        });
    }

    private static void operate(
            final FixedBytesTable table,
            final Map<Long, byte[]> model,
            final Random random,
            final long key,
            final boolean insert) {
        try {
            if (insert) {
                final byte[] value = new byte[table.valueLength()];
                random.nextBytes(value);
                table.put(bytes(key), RawMemory.ARRAY_OFFSET, value, RawMemory.ARRAY_OFFSET);
                assertThat(table.lastInserted()).isEqualTo(model.put(key, value) == null);
            } else {
                final boolean removed = table.remove(bytes(key), RawMemory.ARRAY_OFFSET);
                assertThat(removed).isEqualTo(model.remove(key) != null);
            }
        } catch (final StoreIoException e) {
            // No effect, as the comparison at the end shows.
        }
    }

    @Test
    void shouldLeaveARecordTableAsItWasWhenAPageFailsToLoad() {
        Seed.with(getClass(), seed -> {
            final Random random = new Random(seed);
            for (int round = 0; round < 12; round++) {
                final Map<Long, byte[]> model = new HashMap<>();
                final TestMemory.Replica replica = new TestMemory.Replica();
                final long root;
                try (PagedMemory memory = memory(seed)) {
                    final RecordTable table = RecordTable.create(memory);
                    for (long key = 0; key < KEYS; key++) {
                        put(table, model, key, random);
                    }
                    root = table.rootAddress();
                    replica.checkpoint(memory);
                }
                healthy = false;
                try (PagedMemory memory = replica.recover(flaky(replica, random))) {
                    final RecordTable table = retry(() -> RecordTable.open(memory, root));
                    final int insertPercent = round % 2 == 0 ? 95 : 5;
                    for (int i = 0; i < 40_000; i++) {
                        operate(table, model, random, insertPercent);
                    }
                    if (round % 3 == 1 && cleared(table::clear)) {
                        model.clear();
                    }
                    healthy = true;
                    compare(table, model);
                    if (round % 3 == 0) {
                        table.clear();
                        table.checkInvariants();
                    }
                }
            }
            assertThat(faults).isGreaterThan(1_000);
        });
    }

    /** A head that led to entries which are gone would be followed. */
    @Test
    void shouldLeaveMapsAsTheyWereWhenAPageFailsToLoadWhileTheyAreCleared() {
        Seed.with(getClass(), seed -> {
            final Random random = new Random(seed);
            int kept = 0;
            for (int round = 0; round < 40; round++) {
                final TestMemory.Replica replica = new TestMemory.Replica();
                final long root;
                try (PagedMemory memory = memory(seed)) {
                    final MapTable table = MapTable.create(memory);
                    for (long i = 0; i < KEYS; i++) {
                        final byte[] key = mapKey(i / 3, i);
                        final byte[] value = new byte[MapDescriptor.LINKS_LENGTH + 20];
                        table.put(key, RawMemory.ARRAY_OFFSET, key.length, value, RawMemory.ARRAY_OFFSET, value.length);
                    }
                    root = table.rootAddress();
                    replica.checkpoint(memory);
                }
                healthy = true;
                try (PagedMemory memory = replica.recover(flaky(replica, random))) {
                    final MapTable table = MapTable.open(memory, root);
                    table.entries().prepareDrop(); // all that clearing the entries reads can be read
                    healthy = false;
                    final boolean cleared = cleared(table::clear);
                    kept += cleared ? 0 : 1;
                    healthy = true;
                    table.checkInvariants();
                    assertThat(table.size()).isEqualTo(cleared ? 0 : KEYS);
                }
            }
            assertThat(kept).isPositive();
        });
    }

    private static byte[] mapKey(final long map, final long inside) {
        final byte[] key = new byte[2 * Long.BYTES + MapDescriptor.KEY_TRAILER_LENGTH];
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, map);
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET + Long.BYTES, inside);
        RawMemory.putInt(key, RawMemory.ARRAY_OFFSET + 2 * Long.BYTES, Long.BYTES);
        return key;
    }

    @Test
    void shouldLeaveTimersAsTheyWereWhenAPageFailsToLoad() {
        Seed.with(getClass(), seed -> {
            final Random random = new Random(seed);
            for (int round = 0; round < 8; round++) {
                final Set<Long> model = new HashSet<>();
                final TestMemory.Replica replica = new TestMemory.Replica();
                final long root;
                try (PagedMemory memory = memory(seed)) {
                    final TimerTable table = TimerTable.create(memory);
                    for (int i = 0; i < KEYS; i++) {
                        register(table, model, random);
                    }
                    root = table.rootAddress();
                    replica.checkpoint(memory);
                }
                healthy = false;
                try (PagedMemory memory = replica.recover(flaky(replica, random))) {
                    final TimerTable table = retry(() -> TimerTable.open(memory, root));
                    for (int i = 0; i < 20_000; i++) {
                        register(table, model, random);
                    }
                    healthy = true;
                    table.checkInvariants();
                    assertThat(table.size()).isEqualTo(model.size());
                    model.forEach(timestamp -> {
                        final byte[] key = timerKey(timestamp);
                        assertThat(table.find(key, RawMemory.ARRAY_OFFSET, key.length))
                                .isNotEqualTo(TimerTable.NONE);
                    });
                }
            }
            assertThat(faults).isGreaterThan(1_000);
        });
    }

    /** The page, of the second of its two tables, is read by nothing but giving the extent back. */
    @Test
    void shouldLeaveAMapTableWholeWhenAPageFailsToLoadForItsDrop() {
        final TestMemory.Replica replica = new TestMemory.Replica();
        final long root;
        final int failing;
        try (PagedMemory memory = memory(7)) {
            final MapTable table = MapTable.create(memory);
            table.put(MAP_KEY, RawMemory.ARRAY_OFFSET, MAP_KEY.length, LINKED, RawMemory.ARRAY_OFFSET, LINKED.length);
            root = table.rootAddress();
            failing =
                    (int) ((table.heads().rootAddress() & -PageDescriptor.EXTENT_LENGTH) >>> PageDescriptor.PAGE_SHIFT);
            replica.checkpoint(memory);
        }
        final PageSource source = (page, target) -> {
            if (page == failing && !healthy) {
                throw new StoreIoException("made to fail: page=" + page);
            }
            replica.load(page, target);
        };
        try (PagedMemory memory = replica.recover(source)) {
            final MapTable table = MapTable.open(memory, root);
            assertThatThrownBy(table::drop).isInstanceOf(StoreIoException.class);
            healthy = true;
            table.checkInvariants();
            assertThat(table.find(MAP_KEY, RawMemory.ARRAY_OFFSET, MAP_KEY.length))
                    .isNotEqualTo(MapTable.NONE);
            table.drop();
        }
    }

    private static void register(final TimerTable table, final Set<Long> model, final Random random) {
        final long timestamp = random.nextInt(10 * KEYS);
        final byte[] key = timerKey(timestamp);
        try {
            if (table.find(key, RawMemory.ARRAY_OFFSET, key.length) == TimerTable.NONE) {
                table.insert(key, RawMemory.ARRAY_OFFSET, key.length, TimerTable.NEW);
                model.add(timestamp);
            }
        } catch (final StoreIoException e) {
            // No effect, as the comparison at the end shows.
        }
    }

    /** The last digit of the timestamp is the key. */
    private static byte[] timerKey(final long timestamp) {
        final byte[] key = new byte[1 + TimerDescriptor.KEY_TRAILER_LENGTH];
        key[0] = (byte) (timestamp % 10);
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET + 1, timestamp);
        RawMemory.putInt(key, RawMemory.ARRAY_OFFSET + 1 + Long.BYTES, 1);
        return key;
    }

    private static void operate(
            final RecordTable table, final Map<Long, byte[]> model, final Random random, final int insertPercent) {
        final long key = random.nextInt(2 * KEYS);
        try {
            if (random.nextInt(100) < insertPercent) {
                put(table, model, key, random);
            } else {
                final boolean removed = table.remove(bytes(key), RawMemory.ARRAY_OFFSET, Long.BYTES);
                assertThat(removed).isEqualTo(model.containsKey(key));
                model.remove(key);
            }
        } catch (final StoreIoException e) {
            // No effect, as the comparison at the end shows.
        }
    }

    private static void put(
            final RecordTable table, final Map<Long, byte[]> model, final long key, final Random random) {
        final byte[] value = new byte[random.nextInt(50) == 0 ? random.nextInt(9_000) : random.nextInt(40)];
        random.nextBytes(value);
        table.put(bytes(key), RawMemory.ARRAY_OFFSET, Long.BYTES, value, RawMemory.ARRAY_OFFSET, value.length);
        model.put(key, value);
    }

    private static byte[] bytes(final long key) {
        final byte[] bytes = new byte[Long.BYTES];
        RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET, key);
        return bytes;
    }

    private static void compare(final RecordTable table, final Map<Long, byte[]> model) {
        table.checkInvariants();
        assertThat(table.size()).isEqualTo(model.size());
        model.forEach((key, value) -> {
            final long record = table.find(bytes(key), RawMemory.ARRAY_OFFSET, Long.BYTES);
            if (record == RecordTable.NOT_FOUND
                    || table.valueLength(record) != value.length
                    || !RawMemory.equal(value, RawMemory.ARRAY_OFFSET, table.valuePointer(record), value.length)) {
                throw new AssertionError("key=" + key + " record=" + record + " expected length=" + value.length);
            }
        });
    }
}
