/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecIdentity;
import io.quire.store.catalog.CodecRole;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.codec.FlyweightCodec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.NotWriterException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.memory.PagedMemory;
import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values rewritten with the newest schema, and the older schemas dropped. */
class ValueRewriteTest {
    record UserV1(String name, int visits) {}

    record UserV2(String name, long visits, String country) {}

    record UserV3(String country, long visits) {}

    private static final Codec<UserV1> V1 = Codecs.record(UserV1.class);
    private static final Codec<UserV2> V2 = Codecs.record(UserV2.class).withDefault("country", "?");
    private static final Codec<UserV3> V3 = Codecs.record(UserV3.class);

    private final StateStore store = new StateStore(PagedMemory.anonymous(7));
    private final AtomicLong clock = new AtomicLong();

    @AfterEach
    void close() {
        store.close();
    }

    private CodecHistory history(final String state) {
        return store.states().stream()
                .filter(each -> each.name().equals(state))
                .findFirst()
                .orElseThrow()
                .descriptor()
                .codecs()
                .get(CodecRole.VALUE);
    }

    private static UserV1 first(final long i) {
        return new UserV1("name " + i, (int) i);
    }

    private static UserV2 second(final long i) {
        return new UserV2("name " + i, i, "?");
    }

    private ValueState<Long, UserV1> filled(final int count) {
        final ValueState<Long, UserV1> users = store.valueState("users", Codecs.LONG, V1);
        for (long i = 0; i < count; i++) {
            users.put(i, first(i));
        }
        return users;
    }

    private ValueState<Long, UserV2> evolved() {
        return store.valueState("users", Codecs.LONG, V2);
    }

    private static void expectUsers(final ValueState<Long, UserV2> users, final int count) {
        assertThat(users.size()).isEqualTo(count);
        for (long i = 0; i < count; i++) {
            assertThat(users.get(i)).isEqualTo(second(i));
        }
    }

    @Test
    void shouldRewriteAllValuesAndDropTheOlderSchemas() {
        filled(20_000);
        final ValueState<Long, UserV2> users = evolved();
        assertThat(history("users").identities()).hasSize(2);
        final ValueRewrite rewrite = users.rewriteValues();
        assertThat(rewrite.run(Long.MAX_VALUE)).isTrue();
        assertThat(rewrite.isComplete()).isTrue();
        assertThat(rewrite.rewrittenCount()).isEqualTo(20_000);
        assertThat(rewrite.run(0)).as("again").isTrue();
        assertThat(history("users").identities()).containsExactly(CodecIdentity.NONE, CodecIdentity.ofValues(V2));
        expectUsers(users, 20_000);
        ((BytesState) store.states().get(0))
                .forEach((key, value) ->
                        assertThat(value.getByte(value.capacity() - 1)).isEqualTo((byte) 1));
        assertThat(evolved().get(5L)).as("opened again").isEqualTo(second(5));
        store.states().get(0).checkInvariants();
    }

    @Test
    void shouldStopWhenItsTimeIsOverAndGoOn() {
        filled(1_000);
        final ValueState<Long, UserV2> users = evolved();
        try (ValueRewrite rewrite = users.rewriteValues(() -> clock.addAndGet(10))) {
            assertThat(rewrite.run(0)).isFalse();
            assertThat(rewrite.visitedCount()).as("at least one").isEqualTo(1);
            assertThat(rewrite.run(95)).isFalse();
            assertThat(rewrite.visitedCount()).isEqualTo(11);
            assertThat(history("users").identities()).hasSize(2);
            users.put(2_000L, second(2_000)); // between two steps
            users.remove(2_000L);
            int calls = 0;
            while (!rewrite.run(1_000)) {
                calls++;
            }
            assertThat(calls).isBetween(9, 11);
            assertThat(rewrite.rewrittenCount()).isEqualTo(1_000);
        }
        assertThat(history("users").identities()).contains(CodecIdentity.NONE);
        expectUsers(users, 1_000);
    }

    @Test
    void shouldGoOnWhereAnotherRewritingEnded() {
        filled(500);
        final ValueState<Long, UserV2> users = evolved();
        final ValueRewrite given = users.rewriteValues(() -> clock.addAndGet(10));
        given.run(1_000);
        final long before = given.rewrittenCount();
        assertThat(before).isPositive();
        final ValueRewrite rewrite = users.rewriteValues();
        assertThatThrownBy(() -> given.run(0)).isInstanceOf(IllegalStateException.class);
        assertThat(rewrite.run(Long.MAX_VALUE)).isTrue();
        assertThat(rewrite.rewrittenCount()).isEqualTo(500 - before);
        expectUsers(users, 500);
    }

    @Test
    void shouldRewriteListsMapsAndAccumulators() {
        final ListState<Long, UserV1> list = store.state(TypedStateDescriptor.list("list", Codecs.LONG, V1));
        final MapState<Long, Long, UserV1> map =
                store.state(TypedStateDescriptor.map("map", Codecs.LONG, Codecs.LONG, V1));
        final NamespacedState<Long, Long, ReducingState<Long, UserV1>> latest =
                store.state(TypedStateDescriptor.reducing("latest", Codecs.LONG, V1, (a, b) -> b), Codecs.LONG);
        for (long i = 0; i < 300; i++) {
            for (long j = 0; j < i % 40; j++) {
                list.add(i, first(j));
                map.put(i, j * 7 % 40, first(j));
            }
            latest.in(i % 3).add(i, first(i));
        }
        final ListState<Long, UserV2> newList = store.state(TypedStateDescriptor.list("list", Codecs.LONG, V2));
        final MapState<Long, Long, UserV2> newMap =
                store.state(TypedStateDescriptor.map("map", Codecs.LONG, Codecs.LONG, V2));
        final NamespacedState<Long, Long, ReducingState<Long, UserV2>> newLatest =
                store.state(TypedStateDescriptor.reducing("latest", Codecs.LONG, V2, (a, b) -> b), Codecs.LONG);
        newList.add(5L, second(99));
        final long size = newList.size();
        assertThat(newList.rewriteValues().run(Long.MAX_VALUE)).isTrue();
        assertThat(newMap.rewriteValues().run(Long.MAX_VALUE)).isTrue();
        assertThat(newLatest.rewriteValues().run(Long.MAX_VALUE)).isTrue();
        assertThat(newList.size()).isEqualTo(size);
        for (final String state : List.of("list", "map", "latest")) {
            assertThat(history(state).identities()).containsExactly(CodecIdentity.NONE, CodecIdentity.ofValues(V2));
        }
        for (long i = 0; i < 300; i++) {
            long expected = 0;
            for (final UserV2 element : newList.get(i)) {
                assertThat(element).isEqualTo(i == 5 && expected == 5 ? second(99) : second(expected));
                expected++;
            }
            assertThat(expected).isEqualTo(i % 40 + (i == 5 ? 1 : 0));
            long place = 0;
            for (final var entry : newMap.entries(i)) {
                assertThat(entry.getKey()).as("the order of entries").isEqualTo(place * 7 % 40);
                assertThat(entry.getValue()).isEqualTo(second(place++));
            }
            assertThat(place).isEqualTo(i % 40);
            assertThat(newLatest.in(i % 3).get(i)).isEqualTo(second(i));
        }
        store.states().forEach(KeyedState::checkInvariants);
    }

    @Test
    void shouldLeaveNothingOlderBehindWhatIsTakenBackOrMergedMeanwhile() {
        final NamespacedState<Long, Long, ListState<Long, UserV1>> older =
                store.state(TypedStateDescriptor.list("list", Codecs.LONG, V1), Codecs.LONG);
        for (long i = 0; i < 400; i++) {
            older.in(i % 4).add(i / 4, first(i));
        }
        final NamespacedState<Long, Long, ListState<Long, UserV2>> list =
                store.state(TypedStateDescriptor.list("list", Codecs.LONG, V2), Codecs.LONG);
        final ValueRewrite rewrite = list.in(0L).rewriteValues(() -> clock.addAndGet(10));
        long step = 0;
        while (!rewrite.run(0)) {
            final long key = step * 37 % 100;
            if (step % 7 == 0 && step < 300) {
                list.merge(key, step % 4, List.of((step + 1) % 4));
            }
            if (step % 11 == 0 && step < 300) {
                store.beginBatch();
                list.in(2L).remove(key);
                list.in(3L).update(key, List.of(second(1), second(2)));
                store.rollbackBatch();
            }
            step++;
        }
        assertThat(list.size()).isEqualTo(400);
        final AtomicLong sum = new AtomicLong();
        list.forEachKey((key, window) -> list.in(window).get(key).forEach(user -> sum.addAndGet(user.visits())));
        assertThat(sum.get()).isEqualTo(399 * 400 / 2);
        final ListState<Long, UserV2> readsOneSchemaOnly = store.state(
                        TypedStateDescriptor.list("list", Codecs.LONG, V2), Codecs.LONG)
                .in(0L);
        assertThat(readsOneSchemaOnly.rewriteValues().run(Long.MAX_VALUE)).isTrue();
    }

    /** One of the two is looked at first, and is to get the elements of the other, in a batch that is committed. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1})
    void shouldMissNoElementWhenThereIsNoMemoryForAKeyThatIsToBeLookedAt(final long target) throws Exception {
        final NamespacedState<Long, Long, ListState<Long, UserV1>> older =
                store.state(TypedStateDescriptor.list("list", Codecs.LONG, V1), Codecs.LONG);
        older.in(0L).add(7L, first(0));
        older.in(1L).add(7L, first(1));
        final NamespacedState<Long, Long, ListState<Long, UserV2>> list =
                store.state(TypedStateDescriptor.list("list", Codecs.LONG, V2), Codecs.LONG);
        final ValueRewrite rewrite = list.in(0L).rewriteValues(() -> clock.addAndGet(10));
        assertThat(rewrite.run(0)).isFalse();
        final Field merged = ValueRewrite.class.getDeclaredField("merged");
        merged.setAccessible(true);
        final Object queue = merged.get(rewrite);
        merged.set(rewrite, new ArrayDeque<byte[]>() {
            @Override
            public boolean add(final byte[] key) {
                throw new OutOfMemoryError("none for " + key.length + " bytes");
            }
        });
        store.beginBatch();
        assertThatThrownBy(() -> list.merge(7L, target, List.of(1 - target))).isInstanceOf(OutOfMemoryError.class);
        store.commitBatch();
        merged.set(rewrite, queue);
        assertThat(rewrite.run(Long.MAX_VALUE / 2)).isTrue();
        assertThat(list.in(0L).get(7L)).containsExactly(second(0));
        assertThat(list.in(1L).get(7L)).containsExactly(second(1));
    }

    /** As {@link ArrayDeque} does: it stores a key, and then finds no memory to grow; the next one takes a place. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1})
    void shouldMissNoElementWhenTheQueueOfKeysLosesOneForWantOfMemory(final long target) throws Exception {
        final NamespacedState<Long, Long, ListState<Long, UserV1>> older =
                store.state(TypedStateDescriptor.list("list", Codecs.LONG, V1), Codecs.LONG);
        older.in(0L).add(7L, first(0));
        older.in(1L).add(7L, first(1));
        final NamespacedState<Long, Long, ListState<Long, UserV2>> list =
                store.state(TypedStateDescriptor.list("list", Codecs.LONG, V2), Codecs.LONG);
        final ValueRewrite rewrite = list.in(0L).rewriteValues(() -> clock.addAndGet(10));
        assertThat(rewrite.run(0)).isFalse();
        list.in(0L).add(8L, second(2));
        list.in(1L).add(8L, second(3));
        final Field merged = ValueRewrite.class.getDeclaredField("merged");
        merged.setAccessible(true);
        merged.set(rewrite, new ArrayDeque<byte[]>() {
            @Override
            public boolean add(final byte[] key) {
                super.add(key);
                if (size() == 1) {
                    return true;
                }
                poll();
                throw new OutOfMemoryError("none to grow");
            }
        });
        list.merge(7L, target, List.of(1 - target));
        store.beginBatch(); // one that is taken back makes another pass necessary in any case
        assertThatThrownBy(() -> list.merge(8L, 0L, List.of(1L))).isInstanceOf(OutOfMemoryError.class);
        store.commitBatch();
        assertThat(rewrite.run(Long.MAX_VALUE / 2)).isTrue();
        assertThat(list.in(target).get(7L)).containsExactly(second(target), second(1 - target));
        assertThat(list.in(0L).get(8L)).containsExactly(second(2));
    }

    @Test
    void shouldFindRecordsThatARollbackInsertedAgain() {
        filled(3_000);
        final ValueState<Long, UserV2> users = evolved();
        final ValueRewrite rewrite = users.rewriteValues(() -> clock.addAndGet(10));
        assertThat(rewrite.run(10)).isFalse();
        store.beginBatch();
        for (long i = 0; i < 3_000; i++) {
            users.remove(i);
        }
        store.rollbackBatch();
        assertThat(rewrite.run(Long.MAX_VALUE / 2)).isTrue();
        assertThat(rewrite.rewrittenCount()).isEqualTo(3_000);
        expectUsers(users, 3_000);
        expectUsers(evolved(), 3_000);
    }

    @Test
    void shouldRefuseWritesOfOlderObjectsFromItsBeginningOn() {
        final ValueState<Long, UserV1> older = filled(100);
        final ValueState<Long, UserV2> users = evolved();
        older.put(3L, first(3)); // two releases side by side
        final ValueRewrite rewrite = users.rewriteValues(() -> clock.addAndGet(10));
        assertThatThrownBy(() -> older.put(3L, first(4)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContainingAll("state=users", "rewritten");
        rewrite.close();
        older.put(3L, first(3));
        assertThatThrownBy(() -> rewrite.run(0)).isInstanceOf(IllegalStateException.class);
        assertThat(users.rewriteValues().run(Long.MAX_VALUE)).isTrue();
        assertThatThrownBy(() -> older.put(3L, first(4))).isInstanceOf(StateMismatchException.class);
        assertThatThrownBy(() -> older.get(3L)).isInstanceOf(StateMismatchException.class);
        expectUsers(users, 100);
    }

    @Test
    void shouldEndWhenTheStateIsOpenedWithAnotherCodec() {
        filled(100);
        final ValueState<Long, UserV2> users = evolved();
        final ValueRewrite rewrite = users.rewriteValues(() -> clock.addAndGet(10));
        rewrite.run(0);
        final ValueState<Long, UserV3> newest = store.valueState("users", Codecs.LONG, V3);
        assertThatThrownBy(() -> rewrite.run(Long.MAX_VALUE / 2))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("another codec");
        assertThatThrownBy(users::rewriteValues).isInstanceOf(StateMismatchException.class);
        newest.put(1L, new UserV3("de", 1));
        assertThat(newest.rewriteValues().run(Long.MAX_VALUE)).isTrue();
        assertThat(history("users").identities())
                .containsExactly(CodecIdentity.NONE, CodecIdentity.NONE, CodecIdentity.ofValues(V3));
        assertThat(newest.get(7L).visits()).isEqualTo(7);
    }

    @Test
    void shouldGiveADroppedMarkToNobodyWhileObjectsMayKnowIt() {
        filled(10);
        assertThat(evolved().rewriteValues().run(Long.MAX_VALUE)).isTrue();
        final ValueState<Long, UserV3> third = store.valueState("users", Codecs.LONG, V3);
        assertThat(history("users").mark()).isEqualTo(2);
        assertThat(third.rewriteValues().run(Long.MAX_VALUE)).isTrue();
        final ValueState<Long, UserV2> back = store.valueState("users", Codecs.LONG, V2);
        assertThat(history("users").mark()).as("not its old mark").isEqualTo(3);
        assertThat(back.get(4L)).isEqualTo(new UserV2(null, 4, "?"));
    }

    @Test
    void shouldKeepTheSchemasWhenAValueCannotBeRead() {
        filled(50);
        final ValueState<Long, UserV2> users = evolved();
        final BytesState raw = (BytesState) store.states().get(0);
        final UnsafeBuffer key = new UnsafeBuffer(new byte[8]);
        key.putLong(0, 77);
        raw.put(key, 0, 8, new UnsafeBuffer(new byte[] {9, 9, 0}), 0, 3); // no value, under the first mark
        final ValueRewrite rewrite = users.rewriteValues();
        assertThatThrownBy(() -> rewrite.run(Long.MAX_VALUE)).isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> rewrite.run(Long.MAX_VALUE)).as("and again").isInstanceOf(RuntimeException.class);
        assertThat(rewrite.rewrittenCount()).isEqualTo(50);
        assertThat(history("users").identities()).hasSize(2).doesNotContain(CodecIdentity.NONE);
        raw.remove(key, 0, 8);
        assertThat(rewrite.run(Long.MAX_VALUE)).isTrue();
        expectUsers(users, 50);
    }

    @Test
    void shouldWidenNumbersThatCarryNoMark() {
        final ValueState<Long, Integer> ints = store.valueState("n", Codecs.LONG, Codecs.INT);
        ints.put(1L, -1);
        final ValueState<Long, Long> longs = store.valueState("n", Codecs.LONG, Codecs.LONG);
        longs.put(2L, Long.MIN_VALUE);
        final ValueRewrite rewrite = longs.rewriteValues();
        assertThat(rewrite.run(Long.MAX_VALUE)).isTrue();
        assertThat(rewrite.rewrittenCount()).isEqualTo(1);
        assertThat(longs.get(1L)).isEqualTo(-1);
        assertThat(longs.get(2L)).isEqualTo(Long.MIN_VALUE);
        assertThatThrownBy(() -> ints.put(3L, 3)).isInstanceOf(StateMismatchException.class);
        assertThat(history("n").identities()).containsExactly(CodecIdentity.NONE, CodecIdentity.ofValues(Codecs.LONG));
        assertThat(store.valueState("n", Codecs.LONG, Codecs.LONG).get(1L)).isEqualTo(-1);
    }

    @Test
    void shouldRefuseBatchesDroppedStatesAndFlyweights() {
        filled(10);
        final ValueState<Long, UserV2> users = evolved();
        final ValueRewrite rewrite = users.rewriteValues(() -> clock.addAndGet(10));
        rewrite.run(0);
        store.beginBatch();
        assertThatThrownBy(() -> rewrite.run(0)).isInstanceOf(ConfigurationException.class);
        store.rollbackBatch();
        store.dropState("users");
        assertThatThrownBy(() -> rewrite.run(0)).isInstanceOf(IllegalStateException.class);
        assertThat(store.states()).isEmpty();
        rewrite.close();
        final FlyweightCodec<UnsafeBuffer> flyweight = new FlyweightCodec<>(
                "test.view",
                1,
                new UnsafeBuffer(0, 0),
                (view, buffer, offset, length, version) -> view.wrap(buffer, offset, length),
                (view, buffer, offset) -> 0);
        final ValueState<Long, UnsafeBuffer> views = store.valueState("views", Codecs.LONG, flyweight);
        assertThatThrownBy(views::rewriteValues).isInstanceOf(ConfigurationException.class);
        assertThat(store.valueState("empty", Codecs.LONG, V1).rewriteValues().run(0))
                .isTrue();
        final TimerState<Long> timers =
                store.state(TypedStateDescriptor.timers("timers", Codecs.LONG, TimeDomain.EVENT_TIME));
        assertThatThrownBy(timers::rewriteValues).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldLeaveTheAgeOfWhatItRewrites() {
        final AtomicLong now = new AtomicLong(1_000);
        final TimeToLive ten = TimeToLive.ofMillis(10);
        try (StateStore expiring = new StateStore(PagedMemory.anonymous(7), now::get, () -> 0)) {
            expiring.expiryBudgetNs(0);
            expiring.state(TypedStateDescriptor.value("value", Codecs.LONG, V1)).put(1L, first(1)); // not timestamped
            expiring.state(TypedStateDescriptor.value("value", Codecs.LONG, V1).withTimeToLive(ten))
                    .put(2L, first(2));
            expiring.state(TypedStateDescriptor.list("list", Codecs.LONG, V1).withTimeToLive(ten))
                    .add(1L, first(1));
            expiring.state(TypedStateDescriptor.map("map", Codecs.LONG, Codecs.LONG, V1)
                            .withTimeToLive(ten))
                    .put(1L, 1L, first(1));
            now.set(1_005);
            final ValueState<Long, UserV2> value = expiring.state(TypedStateDescriptor.value("value", Codecs.LONG, V2));
            final ListState<Long, UserV2> list = expiring.state(TypedStateDescriptor.list("list", Codecs.LONG, V2));
            final MapState<Long, Long, UserV2> map =
                    expiring.state(TypedStateDescriptor.map("map", Codecs.LONG, Codecs.LONG, V2));
            assertThat(value.rewriteValues().run(Long.MAX_VALUE)).isTrue();
            assertThat(list.rewriteValues().run(Long.MAX_VALUE)).isTrue();
            assertThat(map.rewriteValues().run(Long.MAX_VALUE)).isTrue();
            for (final KeyedState state : expiring.states()) {
                final CodecHistory history = state.descriptor().codecs().get(CodecRole.VALUE);
                assertThat(history).isEqualTo(history.onlyCurrent());
            }
            now.set(1_009);
            assertThat(value.get(1L)).isEqualTo(second(1));
            assertThat(value.get(2L)).isEqualTo(second(2));
            assertThat(list.get(1L)).containsExactly(second(1));
            assertThat(map.get(1L, 1L)).isEqualTo(second(1));
            now.set(1_010);
            assertThat(value.get(1L)).isNull();
            assertThat(value.get(2L)).isNull();
            assertThat(list.get(1L)).isEmpty();
            assertThat(map.get(1L, 1L)).isNull();
        }
    }

    @Test
    void shouldNotBeClosedBesideTheWriter() throws InterruptedException {
        filled(100);
        final ValueState<Long, UserV2> users = evolved();
        final ValueRewrite rewrite = users.rewriteValues(() -> clock.addAndGet(10));
        rewrite.run(0);
        assertThat(StateStoreTest.fromAnotherThread(rewrite::close)).isInstanceOf(NotWriterException.class);
        assertThat(rewrite.run(Long.MAX_VALUE / 2)).isTrue();
        expectUsers(users, 100);
        final ValueRewrite another = users.rewriteValues();
        store.close();
        another.close();
    }

    @Test
    void shouldEndWithAClearedState() {
        filled(100);
        final ValueState<Long, UserV2> users = evolved();
        final ValueRewrite rewrite = users.rewriteValues(() -> clock.addAndGet(10));
        rewrite.run(0);
        users.clear();
        users.put(1L, second(1));
        assertThat(rewrite.run(Long.MAX_VALUE / 2)).isTrue();
        assertThat(users.get(1L)).isEqualTo(second(1));
        assertThat(history("users").identities()).contains(CodecIdentity.NONE);
    }
}
