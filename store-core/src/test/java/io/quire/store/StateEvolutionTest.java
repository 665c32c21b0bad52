/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.codec.FlyweightCodec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.memory.PagedMemory;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Codecs that change while their values are in a store. */
class StateEvolutionTest {
    record UserV1(String name, int visits) {}

    record UserV2(String name, long visits, String country) {}

    record UserV3(String country, long visits) {}

    record Other(byte[] name, int visits) {}

    private static final Codec<UserV1> V1 = Codecs.record(UserV1.class);
    private static final Codec<UserV2> V2 = Codecs.record(UserV2.class).withDefault("country", "?");
    private static final Codec<UserV3> V3 = Codecs.record(UserV3.class);

    private final StateStore store = new StateStore(PagedMemory.anonymous(7));

    @AfterEach
    void close() {
        store.close();
    }

    private StateDescriptor descriptor() {
        return store.states().get(0).descriptor();
    }

    /** The last byte of each value, by key. */
    private Map<Long, Integer> marks() {
        final Map<Long, Integer> marks = new HashMap<>();
        ((BytesState) store.states().get(0))
                .forEach((key, value) ->
                        marks.put(key.getLong(0, ByteOrder.LITTLE_ENDIAN), (int) value.getByte(value.capacity() - 1)));
        return marks;
    }

    @Test
    void shouldReadOlderValuesAndRewriteThemWhenTheyArePut() {
        final ValueState<Long, UserV1> first = store.valueState("users", Codecs.LONG, V1);
        first.put(1L, new UserV1("one", 1));
        first.put(2L, new UserV1(null, 2));
        assertThat(marks()).isEqualTo(Map.of(1L, 0, 2L, 0));

        final ValueState<Long, UserV2> second = store.valueState("users", Codecs.LONG, V2);
        assertThat(second.get(1L)).isEqualTo(new UserV2("one", 1, "?"));
        assertThat(marks()).as("reading writes nothing").isEqualTo(Map.of(1L, 0, 2L, 0));
        second.put(1L, new UserV2("one", 1L << 40, "de"));
        assertThat(second.get(1L)).isEqualTo(new UserV2("one", 1L << 40, "de"));
        assertThat(marks()).isEqualTo(Map.of(1L, 1, 2L, 0));

        final ValueState<Long, UserV3> third = store.valueState("users", Codecs.LONG, V3);
        final Map<Long, UserV3> all = new HashMap<>();
        third.forEach(all::put);
        assertThat(all).isEqualTo(Map.of(1L, new UserV3("de", 1L << 40), 2L, new UserV3(null, 2)));
        third.put(2L, new UserV3("fr", 3));
        assertThat(marks()).isEqualTo(Map.of(1L, 1, 2L, 2));
        assertThat(descriptor().codecs().values()).hasSize(2);
        assertThat(descriptor().valueCodec().schema()).isEqualTo(V3.schema());
    }

    @Test
    void shouldGoBackToASchemaWhenNothingNewerIsLost() {
        store.valueState("users", Codecs.LONG, V2).put(1L, new UserV2("n", 5, "de"));
        store.valueState("users", Codecs.LONG, V3).put(2L, new UserV3("fr", 6));
        final StateDescriptor before = descriptor();
        final ValueState<Long, UserV2> again = store.valueState("users", Codecs.LONG, V2);
        assertThat(again.get(1L)).isEqualTo(new UserV2("n", 5, "de"));
        assertThat(again.get(2L)).isEqualTo(new UserV2(null, 6, "fr"));
        again.put(2L, new UserV2("m", 7, "es"));
        assertThat(marks()).isEqualTo(Map.of(1L, 0, 2L, 0));
        assertThat(descriptor().continues(before)).isTrue();
        assertThatThrownBy(() -> store.valueState("users", Codecs.LONG, V1))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("visits");
    }

    @Test
    void shouldNameStateFoundAndAskedForWhenACodecDoesNotFitAndChangeNothing() {
        store.valueState("users", Codecs.LONG, V1).put(1L, new UserV1("n", 1));
        final StateDescriptor before = descriptor();
        assertThatThrownBy(() -> store.valueState("users", Codecs.LONG, Codecs.record(Other.class)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContainingAll(
                        "state=users",
                        "role=VALUE",
                        "found=quire.record v1 record(name:string?,visits:int)",
                        "asked for=quire.record v1 record(name:bytes?,visits:int)",
                        "component name: string cannot be read as bytes",
                        "nothing was changed");
        assertThatThrownBy(() -> store.valueState("users", Codecs.STRING, V1))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContainingAll("role=KEY", "quire.long v1", "quire.string v1");
        assertThatThrownBy(() -> store.valueState("users", Codecs.INT, V2)).isInstanceOf(StateMismatchException.class);
        assertThat(descriptor()).isSameAs(before);
        assertThat(store.valueState("users", Codecs.LONG, V1).get(1L)).isEqualTo(new UserV1("n", 1));
    }

    record KeyV1(int id) {}

    record KeyV2(long id) {}

    @Test
    void shouldNotLetKeysEvolve() {
        store.valueState("keys", Codecs.record(KeyV1.class), Codecs.LONG).put(new KeyV1(1), 1L);
        assertThatThrownBy(() -> store.valueState("keys", Codecs.record(KeyV2.class), Codecs.LONG))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContainingAll("role=KEY", "cannot change its form");
        assertThat(store.valueState("keys", Codecs.record(KeyV1.class), Codecs.LONG)
                        .get(new KeyV1(1)))
                .isEqualTo(1);
    }

    @Test
    void shouldWidenNumbersThatCarryNoMark() {
        store.valueState("n", Codecs.LONG, Codecs.BYTE).put(1L, (byte) -1);
        store.valueState("n", Codecs.LONG, Codecs.INT).put(2L, -2);
        final ValueState<Long, Long> longs = store.valueState("n", Codecs.LONG, Codecs.LONG);
        longs.put(3L, -3L);
        for (long key = 1; key <= 3; key++) {
            assertThat(longs.get(key)).isEqualTo(-key);
        }
        longs.put(1L, Long.MIN_VALUE);
        assertThat(longs.get(1L)).isEqualTo(Long.MIN_VALUE);
        assertThatThrownBy(() -> store.valueState("n", Codecs.LONG, Codecs.DOUBLE))
                .isInstanceOf(StateMismatchException.class);
        assertThatThrownBy(() -> store.valueState("n", Codecs.LONG, Codecs.INT))
                .isInstanceOf(StateMismatchException.class);
        assertThatThrownBy(() -> store.valueState("n", Codecs.LONG, V1))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("not marked");
    }

    @Test
    void shouldWriteUnderTheSchemaThatAHandleWasOpenedWith() {
        final ValueState<Long, UserV1> older = store.valueState("users", Codecs.LONG, V1);
        final ValueState<Long, UserV2> newer = store.valueState("users", Codecs.LONG, V2);
        older.put(1L, new UserV1("older", 1));
        newer.put(2L, new UserV2("newer", 2, "x"));
        assertThat(newer.get(1L)).isEqualTo(new UserV2("older", 1, "?"));
        assertThatThrownBy(() -> older.get(2L))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("opened with later");
    }

    @Test
    void shouldFindDamagedMarks() {
        final ValueState<Long, UserV1> users = store.valueState("users", Codecs.LONG, V1);
        final UnsafeBuffer bytes = new UnsafeBuffer(new byte[8]);
        bytes.putLong(0, 1, ByteOrder.LITTLE_ENDIAN);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[] {0, 1, 0, 0, 0, 9});
        ((BytesState) store.states().get(0)).put(bytes, 0, 8, value, 0, 6);
        assertThatThrownBy(() -> users.get(1L))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("mark=9");
        ((BytesState) store.states().get(0)).put(bytes, 0, 8, value, 0, 0);
        assertThatThrownBy(() -> users.get(1L))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("no mark");
    }

    @Test
    void shouldRefuseToEvolveInsideABatch() {
        store.valueState("users", Codecs.LONG, V1);
        store.beginBatch();
        assertThatThrownBy(() -> store.valueState("users", Codecs.LONG, V2)).isInstanceOf(ConfigurationException.class);
        store.rollbackBatch();
        assertThat(store.valueState("users", Codecs.LONG, V1).get(1L)).isNull();
    }

    /** Writes half of its value, then throws, when told to. */
    private record Halfway(boolean failing) implements Codec<List<Long>> {
        @Override
        public String id() {
            return "test.halfway";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public int encode(final List<Long> value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putLong(offset, value.get(0));
            if (failing) {
                throw new IllegalStateException("planted");
            }
            buffer.putLong(offset + Long.BYTES, value.get(1));
            return 2 * Long.BYTES;
        }

        @Override
        public List<Long> decode(final DirectBuffer buffer, final int offset, final int length) {
            return List.of(buffer.getLong(offset), buffer.getLong(offset + Long.BYTES));
        }
    }

    @Test
    void shouldHaveNoEffectWhenEncodingThrowsHalfWay() {
        final ValueState<Long, List<Long>> fine = store.valueState("s", Codecs.LONG, new Halfway(false));
        final ValueState<Long, List<Long>> failing = store.valueState("s", Codecs.LONG, new Halfway(true));
        fine.put(1L, List.of(1L, 2L));
        assertThatThrownBy(() -> failing.put(1L, List.of(3L, 4L))).hasMessage("planted");
        assertThatThrownBy(() -> failing.put(2L, List.of(3L, 4L))).hasMessage("planted");
        assertThat(fine.get(1L)).containsExactly(1L, 2L);
        assertThat(fine.size()).isEqualTo(1);
        final ValueState<List<Long>, Long> byKey = store.valueState("k", new Halfway(true), Codecs.LONG);
        assertThatThrownBy(() -> byKey.put(List.of(1L, 2L), 5L)).hasMessage("planted");
        assertThatThrownBy(() -> byKey.get(List.of(1L, 2L))).hasMessage("planted");
        assertThatThrownBy(() -> byKey.remove(List.of(1L, 2L))).hasMessage("planted");
        assertThat(byKey.size()).isZero();
        store.beginBatch();
        fine.put(2L, List.of(5L, 6L));
        assertThatThrownBy(() -> failing.put(2L, List.of(7L, 8L))).hasMessage("planted");
        store.commitBatch();
        assertThat(fine.get(2L)).containsExactly(5L, 6L);
    }

    /** A fixed block of fields, as SBE generates them: a price, and since version 2 a quantity. */
    static final class Quote {
        private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
        private int version;

        static FlyweightCodec<Quote> codec(final int version) {
            return new FlyweightCodec<>(
                    "test.quote",
                    version,
                    new Quote(),
                    (quote, bytes, offset, length, acting) -> {
                        quote.buffer.wrap(bytes, offset, length);
                        quote.version = acting;
                    },
                    (quote, bytes, offset) -> {
                        bytes.putBytes(offset, quote.buffer, 0, quote.buffer.capacity());
                        return quote.buffer.capacity();
                    });
        }

        static Quote of(final long... fields) {
            final Quote quote = new Quote();
            quote.buffer.wrap(new byte[fields.length * Long.BYTES]);
            for (int i = 0; i < fields.length; i++) {
                quote.buffer.putLong(i * Long.BYTES, fields[i]);
            }
            quote.version = fields.length;
            return quote;
        }

        long price() {
            return buffer.getLong(0);
        }

        long quantity() {
            return version < 2 ? Long.MIN_VALUE : buffer.getLong(Long.BYTES);
        }
    }

    @Test
    void shouldReadFlyweightsWhereTheyLieUnderTheVersionTheyWereWrittenWith() {
        store.valueState("quotes", Codecs.LONG, Quote.codec(1)).put(1L, Quote.of(100));
        final ValueState<Long, Quote> quotes = store.valueState("quotes", Codecs.LONG, Quote.codec(2));
        quotes.put(2L, Quote.of(200, 20));
        final Quote first = quotes.get(1L);
        assertThat(first.price()).isEqualTo(100);
        assertThat(first.quantity()).as("absent in version 1").isEqualTo(Long.MIN_VALUE);
        assertThat(first.buffer.byteArray()).as("the store's own memory").isNull();
        assertThat(first.buffer.capacity()).isEqualTo(8);
        final Quote second = quotes.get(2L);
        assertThat(second).as("one object for all").isSameAs(first);
        assertThat(second.price()).isEqualTo(200);
        assertThat(second.quantity()).isEqualTo(20);
        assertThatThrownBy(() -> store.valueState("quotes", Codecs.LONG, Quote.codec(1)))
                .isInstanceOf(StateMismatchException.class);
    }

    @Test
    void shouldRefuseCodecsWithoutAName() {
        final Codec<Long> nameless = new Codec<>() {
            @Override
            public String id() {
                return "";
            }

            @Override
            public int version() {
                return 1;
            }

            @Override
            public int encode(final Long value, final MutableDirectBuffer buffer, final int offset) {
                return 0;
            }

            @Override
            public Long decode(final DirectBuffer buffer, final int offset, final int length) {
                return 0L;
            }
        };
        assertThatThrownBy(() -> store.valueState("s", Codecs.LONG, nameless))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("id=");
        assertThat(store.states()).isEmpty();
    }
}
