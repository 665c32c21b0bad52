/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;

class CodecsTest {
    enum Color {
        RED,
        GREEN {
            @Override
            public String toString() {
                return "a constant with a body";
            }
        }
    }

    private static <T> void pin(final Codec<T> codec, final T value, final String hex) {
        assertThat(Encoded.hex(codec, value)).isEqualTo(hex);
        assertThat(Encoded.value(codec, hex)).isEqualTo(value);
    }

    @Test
    void shouldWriteTheSameBytesForEver() {
        pin(Codecs.BOOLEAN, true, "01");
        pin(Codecs.BOOLEAN, false, "00");
        pin(Codecs.BYTE, (byte) -2, "fe");
        pin(Codecs.SHORT, (short) 0x0102, "0201");
        pin(Codecs.CHAR, 'ä', "e400");
        pin(Codecs.INT, 0x01020304, "04030201");
        pin(Codecs.LONG, 0x0102030405060708L, "0807060504030201");
        pin(Codecs.FLOAT, 1.5f, "0000c03f");
        pin(Codecs.DOUBLE, -2.0, "00000000000000c0");
        pin(Codecs.UUID, UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"), "7766554433221100ffeeddccbbaa9988");
        pin(Codecs.INSTANT, Instant.ofEpochSecond(-1, 999_999_999), "ffffffffffffffffffc99a3b");
        pin(Codecs.STRING, "", "");
        pin(Codecs.STRING, "aä€😀", "61c3a4e282acf09f9880");
        pin(Codecs.BYTES, new byte[] {1, 2}, "0102");
        pin(Codecs.enumOf(Color.class), Color.GREEN, "01");
        pin(Codecs.optional(Codecs.STRING), Optional.of("x"), "010178");
        pin(Codecs.optional(Codecs.STRING), Optional.empty(), "00");
        pin(Codecs.list(Codecs.STRING), List.of("a", ""), "02016100");
        pin(Codecs.list(Codecs.BYTES), List.of(), "00");
        pin(Codecs.set(Codecs.SHORT), new LinkedHashSet<>(List.of((short) 2, (short) 1)), "0202000100");
        final Map<String, Integer> map = new LinkedHashMap<>();
        map.put("k", 7);
        map.put("", 8);
        pin(Codecs.map(Codecs.STRING, Codecs.INT), map, "02016b070000000008000000");
        pin(Codecs.list(Codecs.list(Codecs.BYTE)), List.of(List.of((byte) 9), List.of()), "02010900");
    }

    @Test
    void shouldNameTheSameFormatsForEver() {
        assertThat(Codecs.LONG.id()).isEqualTo("quire.long");
        assertThat(Codecs.LONG.version()).isEqualTo(1);
        assertThat(Codecs.LONG.schema()).isEqualTo("long");
        assertThat(Codecs.map(Codecs.UUID, Codecs.list(Codecs.optional(Codecs.enumOf(Color.class))))
                        .schema())
                .isEqualTo("map(uuid,list(optional(enum(RED,GREEN))))");
        assertThat(Codecs.set(Codecs.STRING).id()).isEqualTo("quire.set");
        for (final Codec<?> unmarked : List.of(Codecs.LONG, Codecs.STRING, Codecs.BYTES, Codecs.INSTANT)) {
            assertThat(unmarked.marked()).isFalse();
        }
        assertThat(Codecs.enumOf(Color.class).marked()).isTrue();
        assertThat(Codecs.INSTANT.fixedLength()).isEqualTo(12);
        assertThat(Codecs.STRING.fixedLength()).isEqualTo(Codec.VARIABLE_LENGTH);
    }

    @Test
    void shouldWriteLengthsOfEverySize() {
        for (final int length : new int[] {0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152}) {
            final List<byte[]> list = List.of(new byte[length]);
            final byte[] bytes = Encoded.bytes(Codecs.list(Codecs.BYTES), list);
            assertThat(bytes)
                    .hasSize(1 + length + (length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4));
            assertThat(Encoded.value(Codecs.list(Codecs.BYTES), bytes).get(0)).hasSize(length);
        }
    }

    @Test
    void shouldKeepEveryBitOfFloatingPoint() {
        final float signalling = Float.intBitsToFloat(0x7fa00001);
        assertThat(Float.floatToRawIntBits(Encoded.value(Codecs.FLOAT, Encoded.bytes(Codecs.FLOAT, signalling))))
                .isEqualTo(0x7fa00001);
        final double negativeZero = Encoded.value(Codecs.DOUBLE, Encoded.bytes(Codecs.DOUBLE, -0.0));
        assertThat(Double.doubleToRawLongBits(negativeZero)).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void shouldRefuseStringsThatUtf8CannotTellApart() {
        for (final String broken : List.of("\ud800", "a\udc00", "\ud800\ud800", "\udc00\ud800", "x\ud83d")) {
            assertThatThrownBy(() -> Encoded.bytes(Codecs.STRING, broken))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("unpaired surrogate");
        }
    }

    @Test
    void shouldRefuseBytesThatAreNotUtf8() {
        for (final String hex : List.of(
                "80",
                "c0af",
                "c1bf",
                "c3",
                "e08080",
                "e0a0",
                "eda080",
                "edbfbf",
                "f0808080",
                "f08f8080",
                "f4908080",
                "f5808080",
                "ff",
                "61c3",
                "e28261",
                "f09f9861")) {
            assertThatThrownBy(() -> Encoded.value(Codecs.STRING, hex))
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("not UTF-8");
        }
    }

    @Test
    void shouldAgreeWithThePlatformOnEveryCharacter() {
        final StringBuilder all = new StringBuilder();
        for (int point = 0; point <= Character.MAX_CODE_POINT; point += point < 0x3000 ? 1 : 97) {
            if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
                all.appendCodePoint(point);
            }
        }
        final byte[] bytes = Encoded.bytes(Codecs.STRING, all.toString());
        assertThat(bytes).isEqualTo(all.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(Encoded.value(Codecs.STRING, bytes)).isEqualTo(all.toString());
    }

    @Test
    void shouldRefuseValuesThatAreNoneOfTheirs() {
        damaged(Codecs.BOOLEAN, "02");
        damaged(Codecs.LONG, "00000000");
        damaged(Codecs.INSTANT, "000000000000000000ca9a3b"); // a billion nanoseconds
        damaged(Codecs.INSTANT, "000000000000000000000080");
        damaged(Codecs.INSTANT, "ffffffffffffff7f00000000");
        damaged(Codecs.enumOf(Color.class), "02");
        damaged(Codecs.enumOf(Color.class), "");
        damaged(Codecs.enumOf(Color.class), "0100"); // something follows
        damaged(Codecs.enumOf(Color.class), "8100"); // not the shortest form
        damaged(Codecs.enumOf(Color.class), "ffffffff08"); // beyond an int
        damaged(Codecs.enumOf(Color.class), "ffffffffff01");
        damaged(Codecs.optional(Codecs.STRING), "02");
        damaged(Codecs.set(Codecs.BYTE), "020505");
        damaged(Codecs.map(Codecs.BYTE, Codecs.BYTE), "0205010502");
        damaged(Codecs.list(Codecs.STRING), "ffffffff07"); // two billion elements
        damaged(Codecs.list(Codecs.STRING), "01ffffffff07");
        damaged(Codecs.list(Codecs.BYTES), "01ffffffff0700");
    }

    private static void damaged(final Codec<?> codec, final String hex) {
        assertThatThrownBy(() -> Encoded.value(codec, hex))
                .as("%s %s", codec.schema(), hex)
                .isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldRefuseNullWhereNoneCanBe() {
        assertThatThrownBy(() -> Encoded.bytes(Codecs.list(Codecs.STRING), Arrays.asList("a", null)))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("holds null");
        assertThatThrownBy(() -> Encoded.bytes(Codecs.list(Codecs.STRING), new LinkedList<>(Arrays.asList("a", null))))
                .isInstanceOf(NullPointerException.class);
        final Map<String, Integer> map = new LinkedHashMap<>();
        map.put("a", null);
        assertThatThrownBy(() -> Encoded.bytes(Codecs.map(Codecs.STRING, Codecs.INT), map))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Encoded.bytes(Codecs.optional(Codecs.STRING), null))
                .isInstanceOf(NullPointerException.class);
    }

    @Test
    void shouldTakeCodecsOfOthersInside() {
        final Codec<List<Integer>> codec = Codecs.list(new TestCodec("test.\"quoted\\", 3, "s"));
        pin(codec, List.of(5, 6), "02020000000005020000000006");
        assertThat(codec.schema()).isEqualTo("list(custom(\"test.\\\"quoted\\\\\",3,\"s\"))");
        assertThat(SchemaParser.parse(codec.schema()).text()).isEqualTo(codec.schema());
        damaged(codec, "01ffffffff00");
        damaged(codec, "010200000000");
        final FlyweightCodec<ExpandableArrayBuffer> flyweight =
                new FlyweightCodec<>("f", 1, new ExpandableArrayBuffer(), (f, b, o, l, v) -> {}, (f, b, o) -> 0);
        assertThatThrownBy(() -> Codecs.list(flyweight)).isInstanceOf(ConfigurationException.class);
    }

    /** Two bytes, the first is zero. */
    private record TestCodec(String id, int version, String schema) implements Codec<Integer> {
        @Override
        public int encode(final Integer value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putByte(offset, (byte) 0);
            buffer.putByte(offset + 1, value.byteValue());
            return 2;
        }

        @Override
        public Integer decode(final org.agrona.DirectBuffer buffer, final int offset, final int length) {
            return (int) buffer.getByte(offset + 1);
        }
    }

    @Test
    void shouldFindEveryTruncationOfACollection() {
        final Map<String, List<Optional<Long>>> value = new LinkedHashMap<>();
        value.put("one", List.of(Optional.of(1L), Optional.empty()));
        value.put("two", new ArrayList<>());
        final Codec<Map<String, List<Optional<Long>>>> codec =
                Codecs.map(Codecs.STRING, Codecs.list(Codecs.optional(Codecs.LONG)));
        final byte[] bytes = Encoded.bytes(codec, value);
        for (int length = 0; length < bytes.length; length++) {
            final byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> Encoded.value(codec, cut)).isInstanceOf(CorruptStoreException.class);
        }
        final byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
        assertThatThrownBy(() -> Encoded.value(codec, longer))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("valueLength=" + longer.length)
                .hasMessageContaining("left=1");
    }

    @Test
    void shouldWriteWithoutGarbage() {
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(256);
        final Long number = 123_456_789L;
        final Integer small = 123_456;
        final Double real = 1.25;
        final UUID uuid = new UUID(1, 2);
        final Instant instant = Instant.ofEpochSecond(5, 6);
        final String text = "some text with an ä";
        final byte[] array = new byte[40];
        final List<String> list = new ArrayList<>(List.of("a", "b"));
        final Codec<List<String>> listCodec = Codecs.list(Codecs.STRING);
        final Codec<Color> colorCodec = Codecs.enumOf(Color.class);
        assertThat(allocatedBy(() -> {
                    Codecs.BOOLEAN.encode(true, buffer, 0);
                    Codecs.LONG.encode(number, buffer, 0);
                    Codecs.INT.encode(small, buffer, 0);
                    Codecs.DOUBLE.encode(real, buffer, 0);
                    Codecs.UUID.encode(uuid, buffer, 0);
                    Codecs.INSTANT.encode(instant, buffer, 0);
                    Codecs.STRING.encode(text, buffer, 0);
                    Codecs.BYTES.encode(array, buffer, 0);
                    listCodec.encode(list, buffer, 0);
                    colorCodec.encode(Color.GREEN, buffer, 0);
                }))
                .isLessThan(1); // bytes a round: what the measurement itself takes is spread over all of them
    }

    /** Bytes that one run allocates, on average over many. */
    static double allocatedBy(final Runnable run) {
        final int rounds = 100_000;
        final com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int i = 0; i < 2_000; i++) {
            run.run();
        }
        final long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < rounds; i++) {
            run.run();
        }
        return (threads.getCurrentThreadAllocatedBytes() - before) / (double) rounds;
    }

    @Test
    void shouldReturnCollectionsThatAreTheCallersOwn() {
        final List<String> list = Encoded.value(Codecs.list(Codecs.STRING), "010161");
        list.add("b");
        assertThat(list).containsExactly("a", "b");
        final Set<String> set = Encoded.value(Codecs.set(Codecs.STRING), "010161");
        set.add("b");
        assertThat(set).containsExactly("a", "b");
    }
}
