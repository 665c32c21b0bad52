/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class SchemaDecoderTest {
    enum Colour {
        RED,
        GREEN
    }

    record Empty() {}

    record Part(String name, Colour colour) {}

    record Whole(
            long id, int count, double weight, Part part, Part missing, List<String> tags, Optional<Integer> limit) {}

    private static <T> Object decoded(final Codec<T> codec, final T value) {
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        final int length = codec.encode(value, buffer, 3);
        final SchemaDecoder decoder = SchemaDecoder.of(codec.id(), codec.version(), codec.schema());
        assertThat(decoder.fixedLength()).isEqualTo(codec.fixedLength());
        assertThat(decoder.unusedLastByte()).isEqualTo(codec.unusedLastByte());
        for (int shorter = 0; shorter < length; shorter++) {
            checkCut(decoder, codec, buffer, shorter);
        }
        return decoder.decode(buffer, 3, length);
    }

    /** Of most values nothing can be taken away; a text or bytes that stand alone may be shorter. */
    private static void checkCut(
            final SchemaDecoder decoder, final Codec<?> codec, final ExpandableArrayBuffer buffer, final int length) {
        final boolean anyLength =
                codec.id().equals("quire.string") || codec.id().equals("quire.bytes");
        if (!anyLength) {
            assertThatThrownBy(() -> decoder.decode(buffer, 3, length)).isInstanceOf(CorruptStoreException.class);
        }
    }

    @Test
    void shouldReadWhatFixedWidthCodecsWrite() {
        assertThat(decoded(Codecs.BOOLEAN, true)).isEqualTo(true);
        assertThat(decoded(Codecs.BYTE, (byte) -7)).isEqualTo((byte) -7);
        assertThat(decoded(Codecs.SHORT, (short) -300)).isEqualTo((short) -300);
        assertThat(decoded(Codecs.CHAR, 'x')).isEqualTo('x');
        assertThat(decoded(Codecs.INT, -70_000)).isEqualTo(-70_000);
        assertThat(decoded(Codecs.LONG, Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
        assertThat(decoded(Codecs.FLOAT, 1.5f)).isEqualTo(1.5f);
        assertThat(decoded(Codecs.DOUBLE, Double.NaN)).isEqualTo(Double.NaN);
        final UUID uuid = new UUID(1, -2);
        assertThat(decoded(Codecs.UUID, uuid)).isEqualTo(uuid);
        final Instant instant = Instant.ofEpochSecond(-5, 7);
        assertThat(decoded(Codecs.INSTANT, instant)).isEqualTo(instant);
    }

    @Test
    void shouldReadTextBytesAndCollections() {
        assertThat(decoded(Codecs.STRING, "k\u00fcy")).isEqualTo("k\u00fcy");
        assertThat(decoded(Codecs.BYTES, new byte[] {1, 2})).isEqualTo(new byte[] {1, 2});
        assertThat(decoded(Codecs.enumOf(Colour.class), Colour.GREEN)).isEqualTo("GREEN");
        assertThat(decoded(Codecs.list(Codecs.STRING), List.of("a", ""))).isEqualTo(List.of("a", ""));
        assertThat(decoded(Codecs.set(Codecs.INT), java.util.Set.of(5))).isEqualTo(List.of(5));
        assertThat(decoded(Codecs.map(Codecs.STRING, Codecs.LONG), Map.of("a", 1L)))
                .isEqualTo(List.of(Map.entry("a", 1L)));
        assertThat(decoded(Codecs.optional(Codecs.INT), Optional.of(3))).isEqualTo(Optional.of(3));
        assertThat(decoded(Codecs.optional(Codecs.INT), Optional.empty())).isEqualTo(Optional.empty());
    }

    @Test
    void shouldReadRecordsWithoutTheirClass() {
        final Map<String, Object> part = new LinkedHashMap<>();
        part.put("name", null);
        part.put("colour", "RED");
        final Map<String, Object> whole = new LinkedHashMap<>();
        whole.put("id", 1L);
        whole.put("count", 2);
        whole.put("weight", 0.5);
        whole.put("part", part);
        whole.put("missing", null);
        whole.put("tags", List.of("x"));
        whole.put("limit", Optional.of(9));
        final Whole value = new Whole(1, 2, 0.5, new Part(null, Colour.RED), null, List.of("x"), Optional.of(9));
        final Object found = decoded(Codecs.record(Whole.class), value);
        assertThat(found).isEqualTo(whole);
        assertThat(((Map<?, ?>) found).keySet().toString())
                .as("in the order of the components")
                .isEqualTo(whole.keySet().toString());
        assertThat(decoded(Codecs.record(Empty.class), new Empty())).isEqualTo(Map.of());
        assertThat(decoded(Codecs.list(Codecs.record(Empty.class)), List.of(new Empty(), new Empty())))
                .isEqualTo(List.of(Map.of(), Map.of()));
    }

    @Test
    void shouldKnowBuiltInCodecsOnly() {
        assertThat(SchemaDecoder.of("acme.money", 1, "long")).isNull();
        assertThat(SchemaDecoder.of("quire.long", 2, "long")).isNull();
        assertThat(SchemaDecoder.of("", 0, "")).isNull();
        assertThatThrownBy(() -> SchemaDecoder.of("quire.long", 1, "int")).isInstanceOf(CorruptStoreException.class);
        assertThatThrownBy(() -> SchemaDecoder.of("quire.list", 1, "list(")).isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldGiveBytesForWhatOtherCodecsHaveWrittenInside() {
        final byte[] bytes = {2, 3, 0, 0, 0, 7, 8, 9, 1, 0, 0, 0, 6};
        final SchemaDecoder decoder = SchemaDecoder.of("quire.list", 1, "list(custom(\"acme.money\",1,\"x\"))");
        final List<?> found = (List<?>) decoder.decode(new UnsafeBuffer(bytes), 0, bytes.length);
        assertThat(found).hasSize(2);
        assertThat((byte[]) found.get(0)).containsExactly(7, 8, 9);
        assertThat((byte[]) found.get(1)).containsExactly(6);
        final byte[] hostile = Arrays.copyOf(bytes, bytes.length);
        hostile[4] = (byte) 0x7f; // a length far behind the end
        assertThatThrownBy(() -> decoder.decode(new UnsafeBuffer(hostile), 0, hostile.length))
                .isInstanceOf(CorruptStoreException.class);
    }
}
