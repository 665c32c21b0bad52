/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.StateEvolutionTest.Quote;
import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.memory.PagedMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reading flyweights, which makes them live longer, never writes the bytes of an older version as those of a newer. */
class RenewedFlyweightTest {
    private static final TimeToLive TEN = TimeToLive.ofMillis(10).updatedBy(UpdateType.ON_READ_AND_WRITE);
    private static final long ABSENT = Long.MIN_VALUE;

    private final AtomicLong clock = new AtomicLong(1_000);
    private final StateStore store = new StateStore(PagedMemory.anonymous(7), clock::get, SystemNanoClock.INSTANCE);

    @BeforeEach
    void removeNothing() {
        store.expiryBudgetNs(0);
    }

    @AfterEach
    void close() {
        store.states().forEach(KeyedState::checkInvariants);
        store.close();
    }

    private static TypedStateDescriptor<Long, ListState<Long, Quote>> lists(final int version) {
        return TypedStateDescriptor.list("lists", Codecs.LONG, Quote.codec(version));
    }

    private static TypedStateDescriptor<Long, ValueState<Long, Quote>> values(final int version) {
        return TypedStateDescriptor.value("values", Codecs.LONG, Quote.codec(version));
    }

    private static TypedStateDescriptor<Long, MapState<Long, Long, Quote>> maps(final int version) {
        return TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Quote.codec(version));
    }

    private static void check(final Quote quote, final long price, final long quantity) {
        assertThat(quote.price()).isEqualTo(price);
        assertThat(quote.quantity()).isEqualTo(quantity);
    }

    private static List<Long> read(final ListState<Long, Quote> state) {
        final List<Long> fields = new ArrayList<>();
        state.get(1L).forEach(quote -> fields.addAll(List.of(quote.price(), quote.quantity())));
        return fields;
    }

    @Test
    void shouldLeaveValuesOfAnOlderVersionWithoutTimestampsAsTheyAre() {
        store.state(values(1)).put(1L, Quote.of(100));
        store.state(maps(1)).put(1L, 2L, Quote.of(100));
        clock.set(1_005); // they count as written now
        final ValueState<Long, Quote> values = store.state(values(2).withTimeToLive(TEN));
        final MapState<Long, Long, Quote> maps = store.state(maps(2).withTimeToLive(TEN));
        for (long timeMs = 1_006; timeMs < 1_015; timeMs++) {
            clock.set(timeMs);
            check(values.get(1L), 100, ABSENT);
            check(maps.get(1L, 2L), 100, ABSENT);
        }
        clock.set(1_015);
        assertThat(values.get(1L)).as("reading did not make it live longer").isNull();
        assertThat(maps.get(1L, 2L)).isNull();
    }

    @Test
    void shouldLeaveElementsOfAnOlderVersionWithoutTimestampsAsTheyAre() {
        store.state(lists(1)).add(1L, Quote.of(100));
        clock.set(1_005);
        final ListState<Long, Quote> lists = store.state(lists(2).withTimeToLive(TEN));
        for (long timeMs = 1_006; timeMs < 1_015; timeMs++) {
            clock.set(timeMs);
            assertThat(read(lists)).containsExactly(100L, ABSENT);
        }
        clock.set(1_015);
        assertThat(read(lists)).isEmpty();
    }

    @Test
    void shouldRenewElementsOfAnOlderVersionThatHaveTimestamps() {
        store.state(lists(1)).add(1L, Quote.of(100));
        clock.set(1_005);
        store.state(lists(1).withTimeToLive(TEN)).add(1L, Quote.of(200));
        final ListState<Long, Quote> lists = store.state(lists(2).withTimeToLive(TEN));
        lists.add(1L, Quote.of(300, 30));
        clock.set(1_010);
        for (int i = 0; i < 2; i++) {
            assertThat(read(lists)).containsExactly(100L, ABSENT, 200L, ABSENT, 300L, 30L);
        }
        clock.set(1_019);
        assertThat(read(lists)).containsExactly(200L, ABSENT, 300L, 30L);
        clock.set(1_028);
        assertThat(read(lists)).containsExactly(200L, ABSENT, 300L, 30L);
    }

    @Test
    void shouldRenewWhatTheSameVersionHasWrittenWithoutTimestamps() {
        store.state(lists(1)).add(1L, Quote.of(100));
        store.state(lists(2)).add(1L, Quote.of(200, 20));
        store.state(values(2)).put(1L, Quote.of(200, 20));
        final ListState<Long, Quote> lists = store.state(lists(2).withTimeToLive(TEN));
        final ValueState<Long, Quote> values = store.state(values(2).withTimeToLive(TEN));
        for (long timeMs = 1_005; timeMs < 1_030; timeMs += 5) {
            clock.set(timeMs);
            check(values.get(1L), 200, 20);
            if (timeMs < 1_010) {
                assertThat(read(lists)).containsExactly(100L, ABSENT, 200L, 20L);
            } else {
                assertThat(read(lists)).containsExactly(200L, 20L);
            }
        }
    }

    @Test
    void shouldAddTheElementThatWasEncodedThoughItsCodecReadsTheList() {
        final List<ListState<Long, Long>> lists = new ArrayList<>();
        final boolean[] reading = {false};
        final Codec<Long> codec = new Codec<>() {
            @Override
            public String id() {
                return "test.reading";
            }

            @Override
            public int version() {
                return 1;
            }

            @Override
            public int fixedLength() {
                return Long.BYTES;
            }

            @Override
            public int encode(final Long value, final MutableDirectBuffer buffer, final int offset) {
                buffer.putLong(offset, value);
                if (reading[0]) {
                    reading[0] = false;
                    assertThat(lists.get(0).get(1L)).isNotEmpty(); // which writes the list anew
                }
                return Long.BYTES;
            }

            @Override
            public Long decode(final DirectBuffer buffer, final int offset, final int length) {
                return buffer.getLong(offset);
            }
        };
        store.state(TypedStateDescriptor.list("read", Codecs.LONG, codec)).add(1L, 1L);
        clock.set(1_005);
        lists.add(store.state(
                TypedStateDescriptor.list("read", Codecs.LONG, codec).withTimeToLive(TEN)));
        clock.set(1_007);
        reading[0] = true;
        lists.get(0).add(1L, 2L);
        assertThat(lists.get(0).get(1L)).containsExactly(1L, 2L);
    }
}
