/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PagedMemory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Typed states whose values are any bytes, which exist and get their first time to live. */
class FirstTypedTimeToLiveTest {
    private static final TimeToLive TEN = TimeToLive.ofMillis(10);
    static final String NAME = "s";
    static final int KEYS = 700;

    private final AtomicLong clock = new AtomicLong(1_000);
    private final StateStore store = new StateStore(
            PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(27)).hashSeed(7)),
            clock::get,
            SystemNanoClock.INSTANCE);

    @AfterEach
    void close() {
        store.close();
    }

    /** Any bytes, among them none, those that end like a timestamp, and those that take an extent of their own. */
    private static byte[] bytes(final long key, final int more) {
        final int length = key % 100 == 99 ? 70_000 : (int) (key % 30);
        final byte[] bytes = new byte[length];
        java.util.Arrays.fill(bytes, (byte) (key + more));
        return bytes;
    }

    private static String text(final byte[] bytes) {
        return bytes.length + ":" + (bytes.length == 0 ? "" : bytes[0] + ".." + bytes[bytes.length - 1]);
    }

    private static byte[] longer(final byte[] first, final byte[] second) {
        return first.length >= second.length ? first : second;
    }

    private static final class Longest implements AggregateFunction<byte[], byte[], byte[]> {
        @Override
        public byte[] createAccumulator() {
            return new byte[0];
        }

        @Override
        public byte[] add(final byte[] value, final byte[] accumulator) {
            return longer(value, accumulator);
        }

        @Override
        public byte[] getResult(final byte[] accumulator) {
            return accumulator;
        }

        @Override
        public byte[] merge(final byte[] first, final byte[] second) {
            return longer(first, second);
        }
    }

    /** Each kind of state that has values, as texts in the order of keys. */
    enum Kind {
        VALUE,
        LIST,
        MAP,
        REDUCING,
        AGGREGATING;

        TypedState<Long> open(final StateStore store, final TimeToLive ttl) {
            return switch (this) {
                case VALUE -> with(store, ttl, TypedStateDescriptor.value(NAME, Codecs.LONG, Codecs.BYTES));
                case LIST -> with(store, ttl, TypedStateDescriptor.list(NAME, Codecs.LONG, Codecs.BYTES));
                case MAP -> with(store, ttl, TypedStateDescriptor.map(NAME, Codecs.LONG, Codecs.INT, Codecs.BYTES));
                case REDUCING ->
                    with(
                            store,
                            ttl,
                            TypedStateDescriptor.reducing(
                                    NAME, Codecs.LONG, Codecs.BYTES, FirstTypedTimeToLiveTest::longer));
                case AGGREGATING ->
                    with(store, ttl, TypedStateDescriptor.aggregating(NAME, Codecs.LONG, Codecs.BYTES, new Longest()));
            };
        }

        private static <S extends TypedState<Long>> S with(
                final StateStore store, final TimeToLive ttl, final TypedStateDescriptor<Long, S> descriptor) {
            return store.state(ttl == null ? descriptor : descriptor.withTimeToLive(ttl));
        }

        /** Of lists and maps several under each key, in an order that their keys do not tell. */
        @SuppressWarnings("unchecked")
        void put(final TypedState<Long> state, final long key) {
            switch (this) {
                case VALUE -> ((ValueState<Long, byte[]>) state).put(key, bytes(key, 0));
                case LIST -> {
                    for (int i = 0; i < 3; i++) {
                        ((ListState<Long, byte[]>) state).add(key, bytes(key, i));
                    }
                }
                case MAP -> {
                    for (int i = 3; i > 0; i--) {
                        ((MapState<Long, Integer, byte[]>) state).put(key, i * 7 % 5, bytes(key, i));
                    }
                }
                case REDUCING -> ((ReducingState<Long, byte[]>) state).add(key, bytes(key, 0));
                default -> ((AggregatingState<Long, byte[], byte[], byte[]>) state).add(key, bytes(key, 0));
            }
        }

        @SuppressWarnings("unchecked")
        Map<Long, List<String>> entries(final TypedState<Long> state) {
            final Map<Long, List<String>> entries = new TreeMap<>();
            switch (this) {
                case VALUE -> ((ValueState<Long, byte[]>) state).forEach((key, value) -> add(entries, key, value));
                case LIST -> ((ListState<Long, byte[]>) state).forEach((key, value) -> add(entries, key, value));
                case MAP ->
                    ((MapState<Long, Integer, byte[]>) state).forEach((key, inside, value) -> {
                        entries.computeIfAbsent(key, any -> new ArrayList<>()).add(inside + "=" + text(value));
                    });
                case REDUCING ->
                    ((ReducingState<Long, byte[]>) state).forEach((key, value) -> add(entries, key, value));
                default ->
                    ((AggregatingState<Long, byte[], byte[], byte[]>) state)
                            .forEach((key, value) -> add(entries, key, value));
            }
            return entries;
        }

        private static void add(final Map<Long, List<String>> entries, final long key, final byte[] value) {
            entries.computeIfAbsent(key, any -> new ArrayList<>()).add(text(value));
        }
    }

    private Map<Long, List<String>> fill(final Kind kind) {
        return fill(kind, store);
    }

    static Map<Long, List<String>> fill(final Kind kind, final StateStore store) {
        final TypedState<Long> state = kind.open(store, null);
        for (long key = 0; key < KEYS; key++) {
            kind.put(state, key);
        }
        return kind.entries(state);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldLetWhatIsThereLiveFromThenOnAndLoseNothing(final Kind kind) {
        final Map<Long, List<String>> expected = fill(kind);
        assertThat(expected).hasSize(KEYS);
        clock.set(2_000);
        final TypedState<Long> state = kind.open(store, TEN);
        assertThat(state.timeToLive()).isEqualTo(TEN);
        assertThat(kind.entries(state)).isEqualTo(expected);
        clock.set(2_009);
        assertThat(kind.entries(kind.open(store, null))).isEqualTo(expected);
        state.remove(5L);
        kind.put(state, 5);
        clock.set(2_010);
        final Map<Long, List<String>> left = Map.of(5L, expected.get(5L));
        assertThat(kind.entries(state)).isEqualTo(left);
        assertThat(store.cleanExpired(Long.MAX_VALUE))
                .isEqualTo(expected.values().stream().mapToLong(List::size).sum()
                        - expected.get(5L).size());
        assertThat(state.keyCount()).isEqualTo(1);
        store.states().forEach(KeyedState::checkInvariants);
        kind.open(store, TimeToLive.OFF);
        clock.set(1_000_000);
        assertThat(kind.entries(state)).as("switched off").isEqualTo(left);
        kind.open(store, TEN);
        assertThat(kind.entries(state)).as("switched on again").isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldNotBeUsableByWhatWasOpenedBefore(final Kind kind) {
        fill(kind);
        final TypedState<Long> before = kind.open(store, null);
        kind.open(store, TEN);
        assertThatThrownBy(() -> kind.put(before, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> kind.entries(before)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(before::keyCount).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldChangeNothingInsideBatchesAndWalksAndWhenTheStoreIsAboutToBeClosed(final Kind kind) {
        final Map<Long, List<String>> expected = fill(kind);
        final TypedState<Long> state = kind.open(store, null);
        final StateDescriptor descriptor = store.states().get(0).descriptor();
        store.beginBatch();
        assertThatThrownBy(() -> kind.open(store, TEN)).isInstanceOf(ConfigurationException.class);
        store.rollbackBatch();
        final AtomicReference<Throwable> refused = new AtomicReference<>();
        state.forEachKey(key -> {
            try {
                kind.open(store, TEN);
            } catch (final ConfigurationException e) {
                refused.set(e);
            }
        });
        assertThat(refused.get()).hasMessageContaining("inside a walk").hasMessageContaining("state=s");
        store.announceClose();
        assertThatThrownBy(() -> kind.open(store, TEN)).isInstanceOf(StoreClosedException.class);
        assertThat(store.states()).hasSize(1);
        assertThat(store.states().get(0).descriptor()).isEqualTo(descriptor);
        assertThat(kind.entries(state)).isEqualTo(expected);
        assertThat(store.failure()).isNull();
    }

    /** Whoever reads the log from before needs the state as it was then. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldBeDescribedAsItWasBeforeAndAfter(final Kind kind) {
        kind.open(store, null);
        final StateDescriptor before = store.states().get(0).descriptor();
        kind.open(store, TEN);
        final StateDescriptor given = store.states().get(0).descriptor();
        final StateDescriptor after = given.with(given.expiry().sincePosition(8));
        assertThat(after.valueCodec().timestamped()).isTrue();
        assertThat(after.codecs().get(CodecRole.VALUE).identities()).hasSize(1);
        assertThat(after.continues(before)).isTrue();
        assertThat(before.continues(after)).isFalse();
        assertThat(StateDescriptor.decode(NAME, after.encode())).isEqualTo(after);
        assertThat(after.asOf(8)).isEqualTo(before);
        assertThat(after.asOf(9)).isEqualTo(after);
    }

    @Test
    void shouldNotBelieveThatAStateWasCopiedWhoseValuesTellThemselves() {
        final TypedStateDescriptor<Long, ValueState<Long, String>> texts =
                TypedStateDescriptor.value(NAME, Codecs.LONG, Codecs.STRING);
        store.state(texts);
        store.state(texts.withTimeToLive(TEN));
        final StateDescriptor given = store.states().get(0).descriptor();
        final byte[] encoded = given.with(given.expiry().sincePosition(8)).encode();
        assertThatThrownBy(() -> StateDescriptor.decode(NAME, encoded))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("sincePosition=8");
    }

    @Test
    void shouldLetReadersOfBeforeOpenTheStateAgain() {
        final ValueState<Long, byte[]> state = store.valueState(NAME, Codecs.LONG, Codecs.BYTES);
        state.put(1L, "one".getBytes(StandardCharsets.UTF_8));
        try (StoreReader reader = store.reader()) {
            final ValueStateReader<Long, byte[]> before = reader.valueState(NAME, Codecs.LONG, Codecs.BYTES);
            assertThat(before.get(1L)).asString(StandardCharsets.UTF_8).isEqualTo("one");
            Kind.VALUE.open(store, TEN);
            assertThatThrownBy(() -> before.get(1L)).isInstanceOf(IllegalStateException.class);
            final ValueStateReader<Long, byte[]> after = reader.valueState(NAME, Codecs.LONG, Codecs.BYTES);
            assertThat(after.get(1L)).asString(StandardCharsets.UTF_8).isEqualTo("one");
            clock.addAndGet(10);
            assertThat(after.get(1L)).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"VALUE", "LIST", "MAP"})
    @SuppressWarnings("unchecked")
    void shouldRefuseValuesThatAreTooLongForATimestamp(final Kind kind) {
        final int most = switch (kind) {
            case VALUE -> BytesState.VALUE_LENGTH_MAX;
            case LIST -> ListState.ELEMENT_LENGTH_MAX;
            default -> io.quire.store.table.MapDescriptor.VALUE_LENGTH_MAX;
        };
        final TypedState<Long> state = kind.open(store, null);
        for (int room = 7; room <= 8; room++) {
            final byte[] value = new byte[most - room];
            switch (kind) {
                case VALUE -> ((ValueState<Long, byte[]>) state).put(1L, value);
                case LIST -> ((ListState<Long, byte[]>) state).update(1L, List.of(value));
                default -> ((MapState<Long, Integer, byte[]>) state).put(1L, 1, value);
            }
            if (room == 7) {
                assertThatThrownBy(() -> kind.open(store, TEN))
                        .isInstanceOf(StoreFullException.class)
                        .hasMessageContaining("too long to get a timestamp")
                        .hasMessageContaining("most=" + (most - 8));
            }
        }
        final Map<Long, List<String>> expected = kind.entries(state);
        assertThat(kind.entries(kind.open(store, TEN))).isEqualTo(expected);
    }
}
