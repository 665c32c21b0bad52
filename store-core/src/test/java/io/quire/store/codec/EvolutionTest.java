/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;

/** What a codec reads of what another has written. */
class EvolutionTest {
    private static <A, B> B reread(final Codec<A> writer, final A value, final Codec<B> reader) {
        return Encoded.value(
                reader.readerOf(writer.id(), writer.version(), writer.schema()), Encoded.bytes(writer, value));
    }

    private static void refused(final Codec<?> writer, final Codec<?> reader, final String... words) {
        assertThatThrownBy(() -> reader.readerOf(writer.id(), writer.version(), writer.schema()))
                .as("%s read as %s", writer.schema(), reader.schema())
                .isInstanceOf(StateMismatchException.class)
                .message()
                .contains(List.of(words).isEmpty() ? new String[] {"read"} : words);
    }

    private static final Map<Codec<?>, Number> NUMBERS = Map.of(
            Codecs.BYTE,
            (byte) -7,
            Codecs.SHORT,
            (short) -7,
            Codecs.INT,
            -7,
            Codecs.LONG,
            -7L,
            Codecs.FLOAT,
            -7f,
            Codecs.DOUBLE,
            -7d);

    @Test
    void shouldWidenNumbersWithoutLossAndNoOthers() {
        final Map<String, Set<String>> wider = Map.of(
                "byte", Set.of("short", "int", "long", "float", "double"),
                "short", Set.of("int", "long", "float", "double"),
                "int", Set.of("long", "double"),
                "long", Set.of(),
                "float", Set.of("double"),
                "double", Set.of());
        int read = 0;
        for (final Codec<?> writer : NUMBERS.keySet()) {
            for (final Codec<?> reader : NUMBERS.keySet()) {
                if (writer == reader || wider.get(writer.schema()).contains(reader.schema())) {
                    assertThat(rereadNumber(writer, reader)).isEqualTo(NUMBERS.get(reader));
                    read++;
                } else {
                    refused(writer, reader, writer.schema(), reader.schema());
                }
            }
        }
        assertThat(read).isEqualTo(6 + 12);
        refused(Codecs.CHAR, Codecs.INT);
        refused(Codecs.BOOLEAN, Codecs.BYTE);
        refused(Codecs.BYTES, Codecs.STRING);
        refused(Codecs.STRING, Codecs.list(Codecs.STRING));
    }

    @SuppressWarnings("unchecked")
    private static Object rereadNumber(final Codec<?> writer, final Codec<?> reader) {
        return reread((Codec<Object>) writer, NUMBERS.get(writer), (Codec<Object>) reader);
    }

    record V1(int count, String name, long gone, List<Integer> list, Optional<Short> maybe) {}

    record V2(
            String name,
            double count,
            List<Long> list,
            String added,
            int addedNumber,
            Optional<Integer> maybe,
            Optional<String> addedMaybe,
            List<String> addedList) {}

    @Test
    void shouldReadRecordsWithComponentsAddedRemovedReorderedAndWidened() {
        final V1 old = new V1(5, "n", 6, List.of(7, -8), Optional.of((short) 9));
        assertThat(reread(Codecs.record(V1.class), old, Codecs.record(V2.class)))
                .isEqualTo(new V2("n", 5.0, List.of(7L, -8L), null, 0, Optional.of(9), Optional.empty(), null));
        final Codec<V2> withDefaults = Codecs.record(V2.class)
                .withDefault("added", "default")
                .withDefault("addedNumber", -1)
                .withDefault("addedList", List.of("x"));
        assertThat(reread(Codecs.record(V1.class), old, withDefaults))
                .isEqualTo(new V2(
                        "n", 5.0, List.of(7L, -8L), "default", -1, Optional.of(9), Optional.empty(), List.of("x")));
        final V1 empty = new V1(0, null, 0, null, Optional.empty());
        assertThat(reread(Codecs.record(V1.class), empty, withDefaults))
                .isEqualTo(new V2(null, 0, null, "default", -1, Optional.empty(), Optional.empty(), List.of("x")));
    }

    @Test
    void shouldFindEveryTruncationOfAnOlderForm() {
        final Codec<V1> writer = Codecs.record(V1.class);
        final Codec<V2> reader = Codecs.record(V2.class).readerOf(writer.id(), 1, writer.schema());
        final byte[] bytes = Encoded.bytes(writer, new V1(5, "n", 6, List.of(7, -8), Optional.of((short) 9)));
        for (int length = 0; length < bytes.length; length++) {
            final byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> Encoded.value(reader, cut)).isInstanceOf(CorruptStoreException.class);
        }
        assertThatThrownBy(() -> Encoded.value(reader, Arrays.copyOf(bytes, bytes.length + 1)))
                .isInstanceOf(CorruptStoreException.class);
    }

    record Everywhere(int kept, RecordCodecTest.Everything gone, int last) {}

    record Nowhere(int kept, int last) {}

    @Test
    void shouldPassOverRemovedComponentsOfEveryType() {
        final RecordCodecTest.Everything full = new RecordCodecTest.Everything(
                true,
                (byte) 1,
                (short) 2,
                'c',
                3,
                4,
                5,
                6,
                7,
                "t",
                new java.util.UUID(8, 9),
                java.time.Instant.EPOCH,
                RecordCodecTest.Kind.B,
                new RecordCodecTest.Point(12, 13),
                List.of(new RecordCodecTest.Point(14, 15)),
                Set.of("w", "v"),
                Map.of("k", List.of(RecordCodecTest.Kind.A), "l", List.of()),
                Optional.of(16L));
        assertThat(reread(Codecs.record(Everywhere.class), new Everywhere(1, full, 2), Codecs.record(Nowhere.class)))
                .isEqualTo(new Nowhere(1, 2));
        assertThat(reread(Codecs.record(Everywhere.class), new Everywhere(1, null, 2), Codecs.record(Nowhere.class)))
                .isEqualTo(new Nowhere(1, 2));
    }

    record Renamed(long first, int second) {}

    record Swapped(int second, long first) {}

    record Successor(int fresh, long current, int second) {}

    @Test
    void shouldFollowRenamedComponents() {
        final Renamed old = new Renamed(1, 2);
        assertThat(reread(Codecs.record(Renamed.class), old, Codecs.record(Swapped.class)))
                .isEqualTo(new Swapped(2, 1));
        assertThat(reread(
                        Codecs.record(Renamed.class),
                        old,
                        Codecs.record(Successor.class).withFormerName("current", "first")))
                .isEqualTo(new Successor(0, 1, 2));
        assertThat(reread(Codecs.record(Renamed.class), old, Codecs.record(Successor.class)))
                .isEqualTo(new Successor(0, 0, 2));
        // What was called second is now current; the second of today is another component.
        assertThat(reread(
                        Codecs.record(Renamed.class),
                        old,
                        Codecs.record(Successor.class).withFormerName("current", "second")))
                .isEqualTo(new Successor(0, 2, 0));
    }

    record Boxed(Integer value) {}

    record Primitive(int value) {}

    record Text(String value) {}

    record Wide(long value) {}

    record Inner(Primitive inner) {}

    record WideInner(Wide inner) {}

    record TextInner(Text inner) {}

    @Test
    void shouldReadWhereNullsCanBeKeptAndRefuseElsewhere() {
        assertThat(reread(Codecs.record(Primitive.class), new Primitive(3), Codecs.record(Boxed.class)))
                .isEqualTo(new Boxed(3));
        refused(Codecs.record(Boxed.class), Codecs.record(Primitive.class), "component value", "absent");
        refused(Codecs.record(Wide.class), Codecs.record(Primitive.class), "component value", "long", "int");
        refused(Codecs.record(Text.class), Codecs.record(Primitive.class), "component value");
        refused(Codecs.record(Primitive.class), Codecs.record(Text.class), "component value", "int", "string");
        assertThat(reread(Codecs.record(Inner.class), new Inner(new Primitive(4)), Codecs.record(WideInner.class)))
                .isEqualTo(new WideInner(new Wide(4)));
        assertThat(reread(Codecs.record(Inner.class), new Inner(null), Codecs.record(WideInner.class)))
                .isEqualTo(new WideInner(null));
        refused(Codecs.record(Inner.class), Codecs.record(TextInner.class), "component inner: component value");
    }

    enum Before {
        RED,
        GREEN,
        BLUE
    }

    enum After {
        BLACK,
        BLUE,
        RED
    }

    @Test
    void shouldFindConstantsByNameAndMissTheRemovedOneOnlyWhenItIsUsed() {
        final Codec<Before> writer = Codecs.enumOf(Before.class);
        final Codec<After> reader = Codecs.enumOf(After.class);
        assertThat(reread(writer, Before.RED, reader)).isEqualTo(After.RED);
        assertThat(reread(writer, Before.BLUE, reader)).isEqualTo(After.BLUE);
        assertThatThrownBy(() -> reread(writer, Before.GREEN, reader))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("GREEN")
                .hasMessageContaining("BLACK, BLUE, RED");
        final Map<Before, Integer> map = new EnumMap<>(Map.of(Before.RED, 1, Before.BLUE, 2));
        assertThat(reread(Codecs.map(writer, Codecs.INT), map, Codecs.map(reader, Codecs.LONG)))
                .isEqualTo(Map.of(After.RED, 1L, After.BLUE, 2L));
    }

    @Test
    void shouldNotLetKeysAndElementsOfSetsBecomeOne() {
        assertThat(reread(
                        Codecs.set(Codecs.record(Primitive.class)),
                        Set.of(new Primitive(1)),
                        Codecs.set(Codecs.record(Wide.class))))
                .isEqualTo(Set.of(new Wide(1)));
        refused(Codecs.set(Codecs.record(Renamed.class)), Codecs.set(Codecs.record(Wide.class)), "lose a component");
        refused(
                Codecs.map(Codecs.list(Codecs.record(Renamed.class)), Codecs.INT),
                Codecs.map(Codecs.list(Codecs.record(Wide.class)), Codecs.INT),
                "lose a component");
        assertThat(reread(
                        Codecs.map(Codecs.INT, Codecs.record(Renamed.class)),
                        Map.of(1, new Renamed(2, 3)),
                        Codecs.map(Codecs.INT, Codecs.record(Primitive.class))))
                .isEqualTo(Map.of(1, new Primitive(0)));
    }

    /** A codec of the user's with two versions. */
    private record Versioned(int version) implements Codec<Long> {
        @Override
        public String id() {
            return "test.versioned";
        }

        @Override
        public Codec<Long> readerOf(final String id, final int written, final String schema) {
            if (!id.equals(id()) || written > version) {
                throw new StateMismatchException("only older ones");
            }
            return new Versioned(written);
        }

        @Override
        public int encode(final Long value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putLong(offset, version == 1 ? value : ~value);
            return Long.BYTES;
        }

        @Override
        public Long decode(final DirectBuffer buffer, final int offset, final int length) {
            return version == 1 ? buffer.getLong(offset) : ~buffer.getLong(offset);
        }
    }

    @Test
    void shouldLetCodecsOfOthersEvolveInside() {
        final Codec<List<Long>> older = Codecs.list(new Versioned(1));
        final Codec<List<Long>> newer = Codecs.list(new Versioned(2));
        assertThat(reread(older, List.of(5L, 6L), newer)).isEqualTo(List.of(5L, 6L));
        refused(newer, older, "only older ones");
        refused(older, Codecs.list(Codecs.LONG));
        refused(Codecs.list(Codecs.LONG), newer);
        refused(Codecs.set(new Versioned(1)), Codecs.set(new Versioned(2)));
        refused(new Versioned(1), Codecs.LONG, "built-in codecs");
        assertThatThrownBy(() -> Codecs.LONG.readerOf("quire.int", 1, "short"))
                .isInstanceOf(CorruptStoreException.class);
        assertThatThrownBy(() -> Codecs.LONG.readerOf("quire.int", 2, "int"))
                .isInstanceOf(StateMismatchException.class);
    }

    @Test
    void shouldOnlyReadThroughAReader() {
        assertThatThrownBy(() -> Encoded.bytes(Codecs.LONG.readerOf("quire.int", 1, "int"), 5L))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
