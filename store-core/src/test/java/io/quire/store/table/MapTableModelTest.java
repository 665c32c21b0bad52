/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random operations on maps against {@link LinkedHashMap}, the order of entries included, with recovery and full
 * memory.
 */
class MapTableModelTest {
    private static final long AT = RawMemory.ARRAY_OFFSET;
    private static final int LINKS = MapDescriptor.LINKS_LENGTH;

    @Test
    void shouldBehaveAsTheModel() {
        Seed.with(getClass(), seed -> new Run(seed, PagedMemory.anonymous(seed)).steps(60_000));
    }

    @Test
    void shouldBehaveAsTheModelWhenMemoryIsFull() {
        Seed.with(getClass(), seed -> TableModelRun.fillMemory(seed, 5, 20, 6_000, 50, Run::new));
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        Seed.with(getClass(), seed -> {
            for (int round = 0; round < 20; round++) {
                new Run(seed + round, PagedMemory.anonymous(seed)).steps(500_000);
            }
        });
    }

    private static final class Run extends TableModelRun<MapTable> {
        private final Map<Integer, Map<Integer, byte[]>> model = new LinkedHashMap<>();

        Run(final long seed, final PagedMemory memory) {
            super(seed, memory, MapTable::create, 3_000);
        }

        @Override
        MapTable open(final long root) {
            return MapTable.open(memory, root);
        }

        @Override
        void step() {
            final int map = (int) Math.abs(random.nextGaussian() * 10);
            final int inside = random.nextInt(400);
            final byte[] key = key(map, inside);
            final Map<Integer, byte[]> entries = model.getOrDefault(map, Map.of());
            final int operation = random.nextInt(1000);
            if (operation < 550) {
                final byte[] value = value();
                final byte[] linked = linked(value);
                assertThat(table.put(key, AT, key.length, linked, AT, linked.length))
                        .isEqualTo(!entries.containsKey(inside));
                model.computeIfAbsent(map, any -> new LinkedHashMap<>()).put(inside, value);
            } else if (operation < 850) {
                assertThat(table.remove(key, AT, key.length)).isEqualTo(entries.containsKey(inside));
                remove(map, inside);
            } else if (operation < 855) {
                assertThat(table.removeAll(key, AT, Integer.BYTES)).isEqualTo(model.remove(map) != null);
            } else if (operation < 900) {
                takeBack(map, inside, key, entries);
            } else {
                final long entry = table.find(key, AT, key.length);
                assertThat(entry == MapTable.NONE).isEqualTo(!entries.containsKey(inside));
                if (entry != MapTable.NONE) {
                    assertThat(valueOf(entry)).isEqualTo(entries.get(inside));
                }
            }
        }

        /** Removes an entry and puts it back where it was. */
        private void takeBack(final int map, final int inside, final byte[] key, final Map<Integer, byte[]> entries) {
            final long entry = table.find(key, AT, key.length);
            if (entry == MapTable.NONE) {
                return;
            }
            final long next = table.next(entry);
            final byte[] nextKey = next == MapTable.NONE ? null : keyOf(next);
            table.remove(key, AT, key.length);
            final byte[] linked = linked(entries.get(inside));
            try {
                table.insert(
                        nextKey == null ? MapTable.NONE : table.find(nextKey, AT, nextKey.length),
                        key,
                        AT,
                        key.length,
                        linked,
                        AT,
                        linked.length);
            } catch (final StoreFullException e) {
                remove(map, inside);
                throw e;
            }
        }

        private void remove(final int map, final int inside) {
            final Map<Integer, byte[]> entries = model.get(map);
            if (entries != null && entries.remove(inside) != null && entries.isEmpty()) {
                model.remove(map);
            }
        }

        @Override
        void removeSome() {
            for (final int map : new ArrayList<>(model.keySet())) {
                if (random.nextInt(3) == 0) {
                    assertThat(table.removeAll(key(map, 0), AT, Integer.BYTES)).isTrue();
                    model.remove(map);
                }
            }
            compare();
        }

        private byte[] value() {
            final int bits = random.nextInt(100) == 0 ? 13 : 6;
            final byte[] value = new byte[random.nextInt(1 << bits)];
            random.nextBytes(value);
            return value;
        }

        private static byte[] linked(final byte[] value) {
            final byte[] linked = new byte[LINKS + value.length];
            System.arraycopy(value, 0, linked, LINKS, value.length);
            return linked;
        }

        private static byte[] key(final int map, final int inside) {
            final byte[] key = new byte[2 * Integer.BYTES + inside % 7 + MapDescriptor.KEY_TRAILER_LENGTH];
            RawMemory.putInt(key, AT, map);
            RawMemory.putInt(key, AT + Integer.BYTES, inside);
            RawMemory.putInt(key, AT + key.length - MapDescriptor.KEY_TRAILER_LENGTH, Integer.BYTES);
            return key;
        }

        private byte[] keyOf(final long entry) {
            final byte[] key = new byte[table.entries().keyLength(entry)];
            RawMemory.copy(null, table.entries().keyPointer(entry), key, AT, key.length);
            return key;
        }

        private byte[] valueOf(final long entry) {
            final byte[] value = new byte[table.valueLength(entry)];
            RawMemory.copy(null, table.valuePointer(entry), value, AT, value.length);
            return value;
        }

        @Override
        void compare() {
            table.checkInvariants();
            assertThat(table.heads().size()).isEqualTo(model.size());
            for (final Map.Entry<Integer, Map<Integer, byte[]>> map : model.entrySet()) {
                final byte[] key = key(map.getKey(), 0);
                assertThat(table.count(key, AT, Integer.BYTES))
                        .isEqualTo(map.getValue().size());
                final List<byte[]> keys = new ArrayList<>();
                long entry = table.first(key, AT, Integer.BYTES);
                for (final Map.Entry<Integer, byte[]> expected : map.getValue().entrySet()) {
                    keys.add(keyOf(entry));
                    assertThat(Arrays.equals(keyOf(entry), key(map.getKey(), expected.getKey())))
                            .isTrue();
                    assertThat(valueOf(entry)).isEqualTo(expected.getValue());
                    entry = table.next(entry);
                }
                assertThat(entry).isEqualTo(MapTable.NONE);
            }
        }
    }
}
