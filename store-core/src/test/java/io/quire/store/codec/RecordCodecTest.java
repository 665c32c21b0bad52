/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;

class RecordCodecTest {
    enum Kind {
        A,
        B
    }

    record Point(int x, long y) {}

    record Everything(
            boolean flag,
            byte tiny,
            short small,
            char unit,
            int number,
            long large,
            float single,
            double real,
            Integer boxed,
            String text,
            UUID uuid,
            Instant instant,
            Kind kind,
            Point point,
            List<Point> points,
            Set<String> words,
            Map<String, List<Kind>> kinds,
            Optional<Long> maybe) {}

    private static final Everything FULL = new Everything(
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
            new UUID(8, 9),
            Instant.ofEpochSecond(10, 11),
            Kind.B,
            new Point(12, 13),
            List.of(new Point(14, 15)),
            Set.of("w"),
            Map.of("k", List.of(Kind.A)),
            Optional.of(16L));
    private static final Everything EMPTY = new Everything(
            false,
            (byte) -1,
            (short) -2,
            '\0',
            -3,
            -4,
            -5,
            -6,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            Optional.empty());

    @Test
    void shouldWriteTheSameBytesForEver() {
        final Codec<Everything> codec = Codecs.record(Everything.class);
        assertThat(codec.schema())
                .isEqualTo("record(flag:boolean,tiny:byte,small:short,unit:char,number:int,large:long,single:float,"
                        + "real:double,boxed:int?,text:string?,uuid:uuid?,instant:instant?,kind:enum(A,B)?,"
                        + "point:record(x:int,y:long)?,points:list(record(x:int,y:long))?,words:set(string)?,"
                        + "kinds:map(string,list(enum(A,B)))?,maybe:optional(long))");
        assertThat(Encoded.hex(codec, FULL))
                .isEqualTo("01" + "01" + "0200" + "6300" + "03000000" + "0400000000000000" + "0000a040"
                        + "0000000000001840" + "0107000000" + "010174" + "0108000000000000000900000000000000"
                        + "010a000000000000000b000000" + "0101" + "010c0000000d00000000000000"
                        + "01010e0000000f00000000000000" + "01010177" + "0101016b0100" + "011000000000000000");
        assertThat(Encoded.hex(codec, EMPTY))
                .isEqualTo("00" + "ff" + "feff" + "0000" + "fdffffff" + "fcffffffffffffff" + "0000a0c0"
                        + "00000000000018c0" + "00000000" + "0000000000" + "00");
        for (final Everything value : List.of(FULL, EMPTY)) {
            assertThat(Encoded.value(codec, Encoded.bytes(codec, value))).isEqualTo(value);
        }
        assertThat(codec.id()).isEqualTo("quire.record");
        assertThat(SchemaParser.parse(codec.schema()).text()).isEqualTo(codec.schema());
    }

    record Nothing() {}

    @Test
    void shouldGiveARecordWithoutComponentsAByte() {
        final Codec<List<Nothing>> codec = Codecs.list(Codecs.record(Nothing.class));
        assertThat(Encoded.hex(codec, List.of(new Nothing(), new Nothing()))).isEqualTo("020000");
        assertThat(Encoded.value(codec, "020000")).hasSize(2);
        assertThatThrownBy(() -> Encoded.value(codec, "ffffffff07")).isInstanceOf(CorruptStoreException.class);
        assertThatThrownBy(() -> Encoded.value(codec, "0101")).isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldFindEveryTruncation() {
        final Codec<Everything> codec = Codecs.record(Everything.class);
        for (final Everything value : List.of(FULL, EMPTY)) {
            final byte[] bytes = Encoded.bytes(codec, value);
            for (int length = 0; length < bytes.length; length++) {
                final byte[] cut = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> Encoded.value(codec, cut)).isInstanceOf(CorruptStoreException.class);
            }
        }
    }

    record Strict(int value) {
        Strict {
            if (value < 0) {
                throw new IllegalArgumentException("secret " + value);
            }
        }
    }

    @Test
    void shouldNotShowContentWhenAConstructorRefusesIt() {
        assertThatThrownBy(() -> Encoded.value(Codecs.record(Strict.class), "ffffffff"))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("IllegalArgumentException")
                .hasMessageNotContaining("secret");
    }

    record Thrower(int first, String second) {
        @Override
        public String second() {
            throw new IllegalStateException("planted");
        }
    }

    @Test
    void shouldPassOnWhatAnAccessorThrows() {
        assertThatThrownBy(() -> Encoded.bytes(Codecs.record(Thrower.class), new Thrower(1, "x")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("planted");
        assertThatThrownBy(() -> Encoded.bytes(Codecs.record(Point.class), null))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Encoded.bytes(Codecs.record(Nothing.class), null))
                .isInstanceOf(NullPointerException.class);
    }

    record Knot(String name, Knot next) {}

    record Deep(List<Optional<Deep>> more) {}

    record Unknown(StringBuilder builder) {}

    record Generic<T>(T value) {}

    record OfNumbers(BigInteger one, List<BigInteger> many) {}

    @Test
    void shouldSayWhatItCannotWrite() {
        assertThatThrownBy(() -> Codecs.record(Knot.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("must not contain itself");
        assertThatThrownBy(() -> Codecs.record(Deep.class)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> Codecs.record(Unknown.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("component=builder")
                .hasMessageContaining("StringBuilder");
        assertThatThrownBy(() -> Codecs.record(Generic.class)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> Codecs.record(String.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("not a record");
        assertThatThrownBy(() -> Codecs.record(Point.class).withDefault("z", 1))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> Codecs.record(Point.class).withDefault("y", 1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("long");
        assertThatThrownBy(() -> Codecs.record(Point.class).withDefault("y", null))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldTakeACodecForATypeItDoesNotKnow() {
        final Codec<BigInteger> numbers = new Codec<>() {
            @Override
            public String id() {
                return "test.number";
            }

            @Override
            public int version() {
                return 2;
            }

            @Override
            public int encode(final BigInteger value, final MutableDirectBuffer buffer, final int offset) {
                return Codecs.BYTES.encode(value.toByteArray(), buffer, offset);
            }

            @Override
            public BigInteger decode(final DirectBuffer buffer, final int offset, final int length) {
                return new BigInteger(Codecs.BYTES.decode(buffer, offset, length));
            }
        };
        final Codec<OfNumbers> codec =
                Codecs.record(OfNumbers.class, ComponentCodecs.BUILT_IN.with(BigInteger.class, numbers));
        final OfNumbers value = new OfNumbers(BigInteger.TEN, List.of(BigInteger.ONE, BigInteger.TWO.pow(100)));
        assertThat(Encoded.value(codec, Encoded.bytes(codec, value))).isEqualTo(value);
        assertThat(codec.schema())
                .isEqualTo("record(one:custom(\"test.number\",2,\"\")?,many:list(custom(\"test.number\",2,\"\"))?)");
    }

    @Test
    void shouldWriteWithoutGarbage() {
        final Codec<Everything> codec = Codecs.record(Everything.class);
        final Everything value = new Everything(
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
                new UUID(8, 9),
                Instant.EPOCH,
                Kind.B,
                new Point(12, 13),
                new ArrayList<>(List.of(new Point(1, 2))),
                null,
                null,
                Optional.empty());
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(256);
        assertThat(CodecsTest.allocatedBy(() -> codec.encode(value, buffer, 0))).isLessThan(1);
    }
}
