/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.PagedMemory;
import io.quire.store.table.KeyGroupRange;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A walk inside a walk over the same state, as in a join with itself: each has views of its own. */
class NestedWalkTest {
    private static final int ENTRIES = 40;

    private final StateStore store = new StateStore(PagedMemory.anonymous(3));

    @AfterEach
    void close() {
        store.close();
    }

    static Stream<TimeToLive> timesToLive() {
        return Stream.of(TimeToLive.OFF, TimeToLive.of(Duration.ofDays(1)));
    }

    private static UnsafeBuffer buffer(final long number) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Long.BYTES]);
        buffer.putLong(0, number);
        return buffer;
    }

    /** Looks at the outer entry before and after the inner walk; pairs it has seen, one number each. */
    private static Set<Long> joined(final Consumer<BytesConsumer> outer, final Consumer<BytesConsumer> inner) {
        final Set<Long> pairs = new HashSet<>();
        outer.accept((key, value) -> {
            final long outerKey = key.getLong(0);
            inner.accept((innerKey, innerValue) -> {
                assertThat(innerValue.getLong(0)).isEqualTo(-innerKey.getLong(0));
                assertThat(key.getLong(0)).isEqualTo(outerKey);
                assertThat(value.getLong(0)).isEqualTo(-outerKey);
                pairs.add(key.getLong(0) * ENTRIES + innerKey.getLong(0));
            });
            assertThat(key.getLong(0)).isEqualTo(outerKey);
            assertThat(value.getLong(0)).isEqualTo(-outerKey);
        });
        return pairs;
    }

    @ParameterizedTest
    @MethodSource("timesToLive")
    void shouldJoinAStateOfBytesWithItself(final TimeToLive timeToLive) {
        final BytesState state = store.bytesState("bytes", timeToLive);
        for (long i = 0; i < ENTRIES; i++) {
            state.put(buffer(i), 0, Long.BYTES, buffer(-i), 0, Long.BYTES);
        }
        assertThat(joined(state::forEach, state::forEach)).hasSize(ENTRIES * ENTRIES);
        assertThat(joined(
                        consumer -> state.forEach(KeyGroupRange.ALL, consumer),
                        consumer -> state.forEach(KeyGroupRange.ALL, consumer)))
                .hasSize(ENTRIES * ENTRIES);
    }

    @ParameterizedTest
    @MethodSource("timesToLive")
    void shouldJoinAStateOfFixedBytesWithItself(final TimeToLive timeToLive) {
        final FixedBytesState state = store.fixedBytesState("fixed", Long.BYTES, Long.BYTES, timeToLive);
        for (long i = 0; i < ENTRIES; i++) {
            state.put(buffer(i), 0, buffer(-i), 0);
        }
        assertThat(joined(state::forEach, state::forEach)).hasSize(ENTRIES * ENTRIES);
    }

    @ParameterizedTest
    @MethodSource("timesToLive")
    void shouldJoinAStateOfLongsAndBytesWithItself(final TimeToLive timeToLive) {
        final LongBytesState state = store.longBytesState("longBytes", timeToLive);
        for (long i = 0; i < ENTRIES; i++) {
            state.put(i, buffer(-i), 0, Long.BYTES);
        }
        final Consumer<BytesConsumer> walk =
                consumer -> state.forEach((key, value) -> consumer.accept(buffer(key), value));
        assertThat(joined(walk, walk)).hasSize(ENTRIES * ENTRIES);
    }
}
