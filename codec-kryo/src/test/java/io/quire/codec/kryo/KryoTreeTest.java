/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Sorted sets and maps are counted like others. */
class KryoTreeTest {
    /** Takes no byte. */
    record Nothing() implements Comparable<Nothing> {
        @Override
        public int compareTo(final Nothing other) {
            return 0;
        }
    }

    /** An order that is written with a set. */
    record Backwards() implements Comparator<String> {
        @Override
        public int compare(final String left, final String right) {
            return right.compareTo(left);
        }
    }

    static class OwnSet extends TreeSet<String> {
        private static final long serialVersionUID = 1L;

        public OwnSet(final Comparator<? super String> order) {
            super(order);
        }
    }

    private static KryoCodec.Builder<Object> trees() {
        return KryoCodec.builder("test.tree", 1, Object.class)
                .register(10, TreeSet.class)
                .register(11, TreeMap.class)
                .register(12, Nothing.class)
                .register(13, Backwards.class)
                .register(14, OwnSet.class)
                .register(15, ArrayList.class);
    }

    private static <C extends Collection<String>> C filled(final C set, final int count) {
        for (int i = 0; i < count; i++) {
            set.add("e" + i);
        }
        return set;
    }

    private static TreeMap<String, String> filledMap(final int count) {
        final TreeMap<String, String> map = new TreeMap<>(new Backwards());
        for (int i = 0; i < count; i++) {
            map.put("e" + i, "v");
        }
        return map;
    }

    @Test
    void shouldReadSortedSetsAndMapsWithTheirOrder() {
        final KryoCodec<Object> codec = trees().build();
        final TreeSet<String> set = filled(new TreeSet<>(new Backwards()), 9);
        final Object read = KryoCodecTest.value(codec, KryoCodecTest.bytes(codec, set));
        assertThat(read).isInstanceOf(TreeSet.class);
        assertThat(List.copyOf((TreeSet<?>) read)).isEqualTo(List.copyOf(set));
        assertThat(set.first()).isEqualTo("e8");
        final Object map = KryoCodecTest.value(codec, KryoCodecTest.bytes(codec, filledMap(9)));
        assertThat(map).isEqualTo(filledMap(9));
        assertThat(((SortedMap<?, ?>) map).firstKey()).isEqualTo("e8");
        final OwnSet own = filled(new OwnSet(null), 3);
        assertThat(KryoCodecTest.value(codec, KryoCodecTest.bytes(codec, own)))
                .isInstanceOf(OwnSet.class)
                .isEqualTo(own);
    }

    @Test
    void shouldCountTheirElementsWhenWritingAndReading() {
        final KryoCodec<Object> small = trees().elementCountMax(10).build();
        final KryoCodec<Object> large = trees().build();
        final List<Object> tooMany = List.of(
                filled(new TreeSet<>(), 11),
                filledMap(11),
                filled(new OwnSet(new Backwards()), 11),
                // The list has two elements, its sets nine.
                new ArrayList<>(List.of(filled(new TreeSet<>(), 4), filled(new TreeSet<>(), 5))));
        for (final Object value : tooMany) {
            assertThatThrownBy(() -> KryoCodecTest.bytes(small, value))
                    .as("%s", value.getClass())
                    .isInstanceOf(StoreFullException.class)
                    .hasMessageContaining("allowed=10");
            final byte[] bytes = KryoCodecTest.bytes(large, value);
            assertThatThrownBy(() -> KryoCodecTest.value(small, bytes))
                    .as("%s", value.getClass())
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("LimitExceededException");
        }
        final TreeSet<String> ten = filled(new TreeSet<>(), 10);
        assertThat(KryoCodecTest.value(small, KryoCodecTest.bytes(small, ten))).isEqualTo(ten);
        assertThat(KryoCodecTest.value(small, KryoCodecTest.bytes(small, filledMap(10))))
                .isEqualTo(filledMap(10));
    }

    @Test
    void shouldNotReadAsOftenAsALengthThatIsMadeUp() {
        final KryoCodec<Object> codec = trees().build();
        final TreeSet<Nothing> one = new TreeSet<>(List.of(new Nothing()));
        // One element of a known class: class of the set, length and one, no order, class of the elements, no nulls.
        assertThat(HexFormat.of().formatHex(KryoCodecTest.bytes(codec, one))).isEqualTo("0c82000e00");
        // The same with a length of a million and of 2^31 - 2, of elements that take no byte.
        for (final String length : new String[] {"c1897a", "ffffffff0f"}) {
            final byte[] bytes = HexFormat.of().parseHex("0c" + length + "000e00");
            assertThatThrownBy(() -> KryoCodecTest.value(codec, bytes))
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("LimitExceededException");
        }
        final byte[] map = HexFormat.of().parseHex("0d" + "ffffffff07" + "00");
        assertThatThrownBy(() -> KryoCodecTest.value(codec, map))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("LimitExceededException");
    }
}
