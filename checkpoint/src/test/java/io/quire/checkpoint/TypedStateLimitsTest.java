/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.TimeToLive;
import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueRewrite;
import io.quire.store.ValueState;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.StoreFullException;
import io.quire.store.table.MapDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The longest elements, values and changes go through memory, log and recovery; longer ones have no effect at all. Full
 * memory under reads that write.
 */
class TypedStateLimitsTest {
    private static final int MIB = 1024 * 1024;
    private static final byte[] EMPTY = new byte[0];

    record UserV1(byte[] photo) {}

    record UserV2(byte[] photo, long visits) {}

    @TempDir
    Path temp;

    private final AtomicLong clockMs = new AtomicLong(1_000);

    /** Recovers from the log alone, unless a checkpoint is asked for. */
    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .expiryClock(clockMs::get)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false);
    }

    private DurableStateStore open() {
        return DurableStateStore.open(context());
    }

    private static byte[] filled(final int length, final int salt) {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i += 61) {
            bytes[i] = (byte) (i * 31 + salt);
        }
        return bytes;
    }

    private static void refused(final DurableStateStore store, final String message, final Runnable operation) {
        final long position = store.appliedPosition();
        assertThatThrownBy(operation::run)
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining(message);
        assertThat(store.appliedPosition()).as("logged").isEqualTo(position);
    }

    private static ListState<String, byte[]> lists(final DurableStateStore store) {
        return store.state(TypedStateDescriptor.list("lists", Codecs.STRING, Codecs.BYTES));
    }

    private static MapState<String, Integer, byte[]> maps(final DurableStateStore store) {
        return store.state(TypedStateDescriptor.map("maps", Codecs.STRING, Codecs.INT, Codecs.BYTES));
    }

    private static void expect(final Iterable<byte[]> found, final byte[]... expected) {
        int i = 0;
        for (final byte[] each : found) {
            assertThat(Arrays.equals(each, expected[i])).as("element " + i).isTrue();
            i++;
        }
        assertThat(i).isEqualTo(expected.length);
    }

    @Test
    @Tag("slow")
    void shouldKeepTheLongestElementsAndTheMostThatOneChangeMayHave() {
        final byte[] first = filled(ListState.ELEMENT_LENGTH_MAX, 1);
        final byte[] second = filled(ListState.ELEMENT_LENGTH_MAX, 2);
        try (DurableStateStore store = open()) {
            final ListState<String, byte[]> lists = lists(store);
            lists.addAll("most", List.of(first, second)); // to the byte what one change may have
            lists.add("one", first);
            lists.update("replaced", List.of(second));
            lists.update("replaced", List.of(second, first));
        }
        try (DurableStateStore store = open()) {
            final ListState<String, byte[]> lists = lists(store);
            expect(lists.get("most"), first, second);
            expect(lists.get("one"), first);
            expect(lists.get("replaced"), second, first);
            store.checkpoint().join();
        }
        try (DurableStateStore store = open()) {
            expect(lists(store).get("most"), first, second);
            expect(lists(store).get("one"), first);
        }
    }

    @Test
    @Tag("slow")
    void shouldRefuseLongerElementsAndChangesWithoutEffect() {
        final byte[] longest = filled(ListState.ELEMENT_LENGTH_MAX, 1);
        final byte[] tooLong = new byte[ListState.ELEMENT_LENGTH_MAX + 1];
        try (DurableStateStore store = open()) {
            final ListState<String, byte[]> lists = lists(store);
            lists.add("a", EMPTY);
            for (int round = 0; round < 2; round++) {
                refused(store, "found=67108861 most=67108860", () -> lists.add("a", tooLong));
                refused(store, "found=67108861", () -> lists.addAll("a", List.of(EMPTY, tooLong)));
                refused(store, "found=67108861", () -> lists.update("a", List.of(tooLong)));
                refused(store, "in several parts", () -> lists.addAll("a", List.of(longest, longest, EMPTY)));
                refused(store, "in several parts", () -> lists.update("a", List.of(longest, longest, EMPTY)));
                refused(store, "in several parts", () -> lists.addAll("new", List.of(longest, longest, EMPTY)));
                expect(lists.get("a"), EMPTY);
                assertThat(lists.keyCount()).isEqualTo(1);
                if (round == 0) {
                    store.beginBatch(); // and again inside one
                } else {
                    store.commitBatch();
                }
            }
            lists.add("a", filled(1, 7));
        }
        try (DurableStateStore store = open()) {
            expect(lists(store).get("a"), EMPTY, filled(1, 7));
            store.stateStore().states().forEach(KeyedState::checkInvariants);
        }
    }

    @Test
    @Tag("slow")
    void shouldPutTheLongestValuesAndAsManyAsABatchMayLog() {
        final byte[] longest = filled(MapDescriptor.VALUE_LENGTH_MAX, 3);
        final byte[] large = filled(60 * MIB, 4);
        final Map<Integer, byte[]> fits = new LinkedHashMap<>();
        final Map<Integer, byte[]> tooMuch = new LinkedHashMap<>();
        for (int i = 0; i < 5; i++) {
            tooMuch.put(i, large);
            if (i < 4) {
                fits.put(i, large);
            }
        }
        try (DurableStateStore store = open()) {
            final MapState<String, Integer, byte[]> maps = maps(store);
            maps.put("longest", 0, longest);
            refused(store, "value length out of range", () -> maps.put("longest", 0, new byte[longest.length + 1]));
            maps.put("a", 9, EMPTY);
            assertThatThrownBy(() -> maps.putAll("a", tooMuch)) // a batch of its own, which is taken back
                    .isInstanceOf(StoreFullException.class)
                    .hasMessageContaining("limit=268435456");
            expect(maps.values("a"), EMPTY);
            assertThat(maps.size()).isEqualTo(2);
            maps.putAll("a", fits);
            store.beginBatch();
            assertThatThrownBy(() -> maps.putAll("b", tooMuch)).isInstanceOf(StoreFullException.class);
            assertThatThrownBy(store::commitBatch).hasMessageContaining("can only be rolled back");
            store.rollbackBatch();
            assertThat(maps.isEmpty("b")).isTrue();
        }
        try (DurableStateStore store = open()) {
            final MapState<String, Integer, byte[]> maps = maps(store);
            expect(maps.values("longest"), longest);
            expect(maps.values("a"), EMPTY, large, large, large, large);
            assertThat(maps.keyCount()).isEqualTo(2);
            store.stateStore().states().forEach(KeyedState::checkInvariants);
        }
    }

    @Test
    void shouldAddAllOfManySmallElementsInOneBatchWithOthers() {
        final List<Long> some = Collections.nCopies(20_000, 5L);
        try (DurableStateStore store = open()) {
            final ListState<String, Long> list =
                    store.state(TypedStateDescriptor.list("list", Codecs.STRING, Codecs.LONG));
            store.beginBatch();
            for (int i = 0; i < 10; i++) {
                list.addAll("key", some);
            }
            store.commitBatch();
            store.beginBatch();
            list.addAll("key", some);
            store.rollbackBatch();
        }
        try (DurableStateStore store = open()) {
            final ListState<String, Long> list =
                    store.state(TypedStateDescriptor.list("list", Codecs.STRING, Codecs.LONG));
            assertThat(list.size("key")).isEqualTo(200_000);
            store.stateStore().states().forEach(KeyedState::checkInvariants);
        }
    }

    @Test
    @Tag("slow")
    void shouldRefuseToRewriteATooLongListAndLoseNothingOfIt() {
        final Codec<UserV1> older = Codecs.record(UserV1.class);
        final Codec<UserV2> newer = Codecs.record(UserV2.class);
        final byte[][] photos = {filled(60 * MIB, 1), filled(60 * MIB, 2), filled(60 * MIB, 3)};
        try (DurableStateStore store = open()) {
            final ListState<String, UserV1> users =
                    store.state(TypedStateDescriptor.list("users", Codecs.STRING, older));
            for (final byte[] photo : photos) {
                users.add("many", new UserV1(photo));
            }
            for (int i = 0; i < 100; i++) {
                users.add("few-" + i, new UserV1(new byte[] {(byte) i}));
            }
        }
        for (int opening = 0; opening < 2; opening++) {
            try (DurableStateStore store = open()) {
                final ListState<String, UserV2> users =
                        store.state(TypedStateDescriptor.list("users", Codecs.STRING, newer));
                try (ValueRewrite rewrite = users.rewriteValues()) {
                    int refusals = 0;
                    while (refusals < 2) {
                        try {
                            assertThat(rewrite.run(0)).isFalse();
                        } catch (final StoreFullException e) {
                            assertThat(e).hasMessageContaining("too many elements for one change");
                            refusals++;
                        }
                    }
                    assertThat(rewrite.rewrittenCount()).isEqualTo(opening == 0 ? 100 : 0);
                    assertThat(rewrite.isComplete()).isFalse();
                }
                final List<byte[]> found = new ArrayList<>();
                users.get("many").forEach(user -> found.add(user.photo()));
                expect(found, photos);
                for (int i = 0; i < 100; i++) {
                    assertThat(users.get("few-" + i).iterator().next().photo()).containsExactly(i);
                }
            }
        }
    }

    private ValueState<Integer, String> seen(final DurableStateStore store, final TimeToLive timeToLive) {
        final TypedStateDescriptor<Integer, ValueState<Integer, String>> descriptor =
                TypedStateDescriptor.value("seen", Codecs.INT, Codecs.STRING);
        return store.state(timeToLive == null ? descriptor : descriptor.withTimeToLive(timeToLive));
    }

    /** A value without a timestamp gets one when it is read, and longer by it, for which there is no memory. */
    @Test
    void shouldNotLoseTheReadOrTheAgeOfWhatNoMemoryIsThereToRenew() {
        final String text = "x".repeat(3_000);
        final int oldCount = 200;
        final TimeToLive rule = TimeToLive.ofMillis(100).updatedBy(UpdateType.ON_READ_AND_WRITE);
        final DurableStoreContext small =
                context().windowShift(20).liveMemoryLengthMax(8 * MIB).expiryBudgetNs(0);
        try (DurableStateStore store = DurableStateStore.open(small)) {
            final ValueState<Integer, String> before = seen(store, null);
            for (int i = 0; i < oldCount; i++) {
                before.put(i, text.substring(i));
            }
            final ValueState<Integer, String> seen = seen(store, rule);
            for (int length = 3_100; length > 0; length = length / 2) {
                fill(seen, oldCount + length, length);
            }
            clockMs.addAndGet(60);
            int refused = 0;
            final boolean[] renewed = new boolean[oldCount];
            for (int i = 0; i < oldCount; i++) {
                final long position = store.appliedPosition();
                try {
                    assertThat(seen.get(i)).isEqualTo(text.substring(i));
                    renewed[i] = true;
                } catch (final StoreFullException e) {
                    refused++;
                    assertThat(store.appliedPosition()).isEqualTo(position);
                    assertThat(seen.containsKey(i)).isTrue(); // a read that renews nothing
                }
            }
            assertThat(refused).isPositive();
            clockMs.addAndGet(60); // what was not renewed has expired, the rest has not
            for (int i = 0; i < oldCount; i++) {
                assertThat(seen.containsKey(i)).as("i=%d", i).isEqualTo(renewed[i]);
            }
            store.stateStore().states().forEach(KeyedState::checkInvariants);
        }
    }

    private static void fill(final ValueState<Integer, String> values, final int from, final int length) {
        final String text = "y".repeat(length);
        try {
            for (int i = 0; i < 10_000_000; i++) {
                values.put(1_000_000 + from * 10_000 + i, text);
            }
        } catch (final StoreFullException e) {
            assertThat(values.get(1_000_000 + from * 10_000 + 10_000)).isNull(); // fewer than the next ones start at
        }
    }
}
