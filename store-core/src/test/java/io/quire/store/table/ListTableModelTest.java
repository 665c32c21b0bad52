/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random operations on lists against lists of the JDK, with changes taken back, recovery, and full memory. */
class ListTableModelTest {
    private static final long AT = RawMemory.ARRAY_OFFSET;

    @Test
    void shouldBehaveAsTheModel() {
        Seed.with(getClass(), seed -> new Run(seed, PagedMemory.anonymous(seed)).steps(40_000));
    }

    @Test
    void shouldBehaveAsTheModelWhenMemoryIsFull() {
        Seed.with(getClass(), seed -> TableModelRun.fillMemory(seed, 3, 20, 4_000, 100, Run::new));
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

    @Test
    void shouldHoldItemsOfEveryLengthAroundTheLimitsOfPrefixesAndChunks() {
        try (PagedMemory memory = PagedMemory.anonymous(1)) {
            final ListTable table = ListTable.create(memory);
            final byte[] key = {1};
            final int[] lengths = {
                0, 1, 126, 127, 128, 8110, 8111, 8112, 16_383, 16_384, 32_000, 33_000, 2_097_151, 2_097_152
            };
            for (final int length : lengths) {
                final byte[] item = item(new byte[length]);
                assertThat(ListDescriptor.itemLength(item, AT, item.length)).isEqualTo(item.length);
                assertThat(ListDescriptor.itemLength(item, AT, item.length - 1)).isEqualTo(-1);
                table.append(key, AT, 1, item, AT, item.length);
            }
            table.checkInvariants();
            final ListCursor cursor = table.cursor(key, AT, 1);
            for (final int length : lengths) {
                assertThat(cursor.next()).isTrue();
                assertThat(cursor.elementLength()).isEqualTo(length);
            }
            assertThat(cursor.next()).isFalse();
        }
    }

    @Test
    void shouldAppendInConstantSpaceAndTouchFewLines() {
        try (PagedMemory memory = PagedMemory.anonymous(1)) {
            final ListTable table = ListTable.create(memory);
            final byte[] key = {1};
            final byte[] item = item(new byte[8]);
            for (int i = 0; i < 200_000; i++) {
                table.append(key, AT, 1, item, AT, item.length);
            }
            final TestMemory.Replica replica = new TestMemory.Replica();
            replica.checkpoint(memory);
            for (int i = 0; i < 100; i++) {
                table.append(key, AT, 1, item, AT, item.length);
            }
            replica.checkpoint(memory);
            assertThat(replica.lineCount).isLessThan(40);
            assertThat(table.statistics().bytesPerEntry()).isLessThan(14);
            assertThat(table.remove(key, AT, 1)).isTrue();
            assertThat(table.size()).isZero();
            table.checkInvariants();
            assertThat(table.statistics().extentCount()).isLessThan(16);
        }
    }

    @Test
    void shouldRemoveTheFirstElementsWithTheirChunks() {
        try (PagedMemory memory = PagedMemory.anonymous(1)) {
            final ListTable table = ListTable.create(memory);
            final byte[] key = {1};
            for (int i = 0; i < 1_000_000; i++) {
                final byte[] item = item(new byte[] {(byte) i, (byte) (i >>> 8), (byte) (i >>> 16)});
                table.append(key, AT, 1, item, AT, item.length);
            }
            final long extents = table.statistics().extentCount();
            int removed = 0;
            for (final int count : new int[] {1, 1, 30, 2_000, 3, 990_000, 7_964}) {
                table.removeFirst(key, AT, 1, count);
                removed += count;
                table.checkInvariants();
                assertThat(table.count(key, AT, 1)).isEqualTo(1_000_000 - removed);
                final ListCursor cursor = table.cursor(key, AT, 1);
                assertThat(cursor.next()).isTrue();
                assertThat(RawMemory.getByte(cursor.elementPointer()) & 0xff).isEqualTo(removed & 0xff);
                assertThat(RawMemory.getByte(cursor.elementPointer() + 1) & 0xff)
                        .isEqualTo(removed >>> 8 & 0xff);
            }
            assertThat(table.size()).isEqualTo(1);
            assertThat(table.statistics().extentCount()).isLessThan(extents / 2);
            final byte[] item = item(new byte[] {7});
            table.append(key, AT, 1, item, AT, item.length);
            table.removeFirst(key, AT, 1, 1);
            table.checkInvariants();
            assertThat(table.remove(key, AT, 1)).isTrue();
            table.checkInvariants();
        }
    }

    @Test
    void shouldNotWalkOverWhatIsGone() {
        try (PagedMemory memory = PagedMemory.anonymous(1)) {
            final ListTable table = ListTable.create(memory);
            final byte[] item = item(new byte[8]);
            final byte[] one = {1};
            final byte[] two = {2};
            table.append(one, AT, 1, item, AT, item.length);
            table.append(one, AT, 1, item, AT, item.length);
            table.append(two, AT, 1, item, AT, item.length);
            final ListCursor cursor = table.cursor(one, AT, 1);
            assertThat(cursor.next()).isTrue();
            table.remove(two, AT, 1);
            table.append(one, AT, 1, item, AT, item.length);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.next())
                    .as("what was appended after the start is not seen")
                    .isFalse();
            final ListCursor stale = table.cursor(one, AT, 1);
            assertThat(stale.next()).isTrue();
            table.remove(one, AT, 1);
            for (int i = 0; i < 3; i++) {
                table.append(one, AT, 1, item, AT, item.length);
            }
            assertThatThrownBy(stale::next).isInstanceOf(ConcurrentModificationException.class);
        }
    }

    @Test
    void shouldRefuseWhatAreNoItems() {
        try (PagedMemory memory = PagedMemory.anonymous(1)) {
            final ListTable table = ListTable.create(memory);
            final byte[][] damaged = {{1}, {-128, 0}, {-1, -1, -1, -1, 0}, {2, 7}, {1, 7, 1}, {-1, -1, -1, 127}};
            for (final byte[] items : damaged) {
                assertThatThrownBy(() -> table.appendAll(new byte[1], AT, 1, items, AT, items.length))
                        .isInstanceOf(CorruptStoreException.class);
            }
            assertThat(table.size()).isZero();
            table.checkInvariants();
        }
    }

    private static byte[] item(final byte[] element) {
        final int prefixLength = ListDescriptor.prefixLength(element.length);
        final byte[] item = new byte[prefixLength + element.length];
        ListDescriptor.putPrefix(item, 0, element.length);
        System.arraycopy(element, 0, item, prefixLength, element.length);
        return item;
    }

    private static final class Run extends TableModelRun<ListTable> {
        private final Map<String, List<ByteBuffer>> model = new HashMap<>();
        private final byte[] mark = new byte[ListTable.MARK_LENGTH];

        Run(final long seed, final PagedMemory memory) {
            super(seed, memory, ListTable::create, 2_000);
        }

        @Override
        ListTable open(final long root) {
            return ListTable.open(memory, root);
        }

        @Override
        void step() {
            final byte[] key = key();
            final String name = new String(key, StandardCharsets.UTF_8);
            final List<ByteBuffer> list = model.getOrDefault(name, List.of());
            final int operation = random.nextInt(100);
            if (operation < 60) {
                final byte[] element = element();
                final byte[] item = item(element);
                table.append(key, AT, key.length, item, AT, item.length);
                put(name, list, List.of(ByteBuffer.wrap(element)));
            } else if (operation < 72) {
                final List<ByteBuffer> more = elements();
                final byte[] items = items(more);
                table.appendAll(key, AT, key.length, items, AT, items.length);
                put(name, list, more);
            } else if (operation < 76) {
                assertThat(table.remove(key, AT, key.length)).isEqualTo(model.remove(name) != null);
            } else if (operation < 82) {
                final List<ByteBuffer> more = elements();
                final byte[] items = items(more);
                assertThat(table.replace(key, AT, key.length, items, AT, items.length, null))
                        .isEqualTo(!list.isEmpty());
                put(name, List.of(), more);
            } else if (operation < 86) {
                merge(key, name, list);
            } else if (operation < 89) {
                removeFirst(key, name, list);
            } else if (operation < 94) {
                takeBack(key);
            } else {
                compare(key, list);
            }
        }

        private void removeFirst(final byte[] key, final String name, final List<ByteBuffer> list) {
            if (list.size() > 1) {
                final int count = 1 + random.nextInt(list.size() - 1);
                final ListCursor stale = table.cursor(key, AT, key.length);
                table.removeFirst(key, AT, key.length, count);
                assertThatThrownBy(stale::next).isInstanceOf(ConcurrentModificationException.class);
                model.put(name, new ArrayList<>(list.subList(count, list.size())));
                compare(key, model.get(name));
            }
        }

        private void merge(final byte[] key, final String name, final List<ByteBuffer> list) {
            final byte[] source = key();
            final String sourceName = new String(source, StandardCharsets.UTF_8);
            if (!sourceName.equals(name)) {
                final boolean merged = table.merge(key, AT, key.length, source, AT, source.length);
                final List<ByteBuffer> moved = model.remove(sourceName);
                assertThat(merged).isEqualTo(moved != null);
                if (moved != null) {
                    put(name, list, moved);
                }
            }
        }

        /** Changes that leave nothing behind. */
        private void takeBack(final byte[] key) {
            final int length = table.mark(key, AT, key.length, mark);
            final byte[] items = items(elements());
            switch (random.nextInt(4)) {
                case 0 -> {
                    table.appendAll(key, AT, key.length, items, AT, items.length);
                    table.rollBack(key, AT, key.length, mark, AT, length);
                }
                case 1 -> {
                    final byte[] kept = new byte[ListTable.KEPT_LENGTH];
                    if (table.removeKeeping(key, AT, key.length, kept)) {
                        table.putBack(key, AT, key.length, kept, AT);
                    }
                }
                case 2 -> {
                    final byte[] kept = new byte[ListTable.KEPT_LENGTH];
                    if (table.replace(key, AT, key.length, items, AT, items.length, kept)) {
                        table.putBack(key, AT, key.length, kept, AT);
                    } else {
                        table.rollBack(key, AT, key.length, mark, AT, 0);
                    }
                }
                default -> {
                    final byte[] source = key();
                    if (!ByteBuffer.wrap(source).equals(ByteBuffer.wrap(key))
                            && table.merge(key, AT, key.length, source, AT, source.length)) {
                        final byte[] saved = new byte[length + source.length];
                        System.arraycopy(mark, 0, saved, 0, length);
                        System.arraycopy(source, 0, saved, length, source.length);
                        table.split(key, AT, key.length, saved, AT, length, AT + length, source.length);
                    }
                }
            }
        }

        private void put(final String name, final List<ByteBuffer> list, final List<ByteBuffer> more) {
            final List<ByteBuffer> all = new ArrayList<>(list);
            all.addAll(more);
            model.put(name, all);
        }

        @Override
        void removeSome() {
            for (final String name : new ArrayList<>(model.keySet())) {
                if (random.nextInt(3) == 0) {
                    final byte[] key = name.getBytes(StandardCharsets.UTF_8);
                    assertThat(table.remove(key, AT, key.length)).isTrue();
                    model.remove(name);
                }
            }
            compare();
        }

        private byte[] key() {
            return ("key" + (int) Math.abs(random.nextGaussian() * 20)).getBytes(StandardCharsets.UTF_8);
        }

        private byte[] element() {
            final int bits = random.nextInt(100) == 0 ? 15 : 5;
            final byte[] element = new byte[random.nextInt(1 << bits)];
            random.nextBytes(element);
            return element;
        }

        private List<ByteBuffer> elements() {
            final List<ByteBuffer> elements = new ArrayList<>();
            for (int left = 1 + random.nextInt(20); left > 0; left--) {
                elements.add(ByteBuffer.wrap(element()));
            }
            return elements;
        }

        private static byte[] items(final List<ByteBuffer> elements) {
            final ByteBuffer items = ByteBuffer.allocate(
                    elements.stream().mapToInt(e -> item(e.array()).length).sum());
            elements.forEach(element -> items.put(item(element.array())));
            return items.array();
        }

        @Override
        void compare() {
            table.checkInvariants();
            assertThat(table.heads().size()).isEqualTo(model.size());
            assertThat(table.size())
                    .isEqualTo(model.values().stream().mapToLong(List::size).sum());
            model.forEach((name, list) -> compare(name.getBytes(StandardCharsets.UTF_8), list));
        }

        private void compare(final byte[] key, final List<ByteBuffer> list) {
            assertThat(table.count(key, AT, key.length)).isEqualTo(list.size());
            final ListCursor cursor = table.cursor(key, AT, key.length);
            for (final ByteBuffer element : list) {
                assertThat(cursor.next()).isTrue();
                final byte[] found = new byte[cursor.elementLength()];
                RawMemory.copy(null, cursor.elementPointer(), found, AT, found.length);
                assertThat(ByteBuffer.wrap(found)).isEqualTo(element);
            }
            assertThat(cursor.next()).isFalse();
        }
    }
}
