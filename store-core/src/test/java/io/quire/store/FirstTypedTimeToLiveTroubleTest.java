/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.quire.store.FirstTypedTimeToLiveTest.Kind;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.NotWriterException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.LiveMemory;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.TestMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What can go wrong, or be under way, when a typed state of any bytes gets its first time to live. */
class FirstTypedTimeToLiveTroubleTest {
    private static final TimeToLive TEN = TimeToLive.ofMillis(10);

    private final AtomicLong clock = new AtomicLong(1_000);

    private StateStore store(final PagedMemory memory) {
        return new StateStore(memory, clock::get, SystemNanoClock.INSTANCE);
    }

    private static PagedMemory memory(final LiveMemory pages, final long lengthMax) {
        return PagedMemory.create(new PagedMemory.Builder(pages).hashSeed(7).lengthMax(lengthMax));
    }

    private StateStore store() {
        return store(memory(new AnonymousMemory(22), 1L << 32));
    }

    private static long usedExtents(final StateStore store) {
        final long[] counts = store.memory().extentsByKind();
        return Arrays.stream(counts).sum()
                - counts[ExtentKind.FREE.code()]
                - counts[ExtentKind.WINDOW.code()]; // of what has grown
    }

    /** With less and less room, until there is none: whatever step it fails in, the state is as it was. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldLeaveTheStateAsItWasWhenThereIsNoMemoryForTheCopy(final Kind kind) {
        int failed = 0;
        int succeeded = 0;
        for (long lengthMax = 16 << 16; succeeded == 0; lengthMax += Math.max(65_536, lengthMax / 16)) {
            try (StateStore small = store(memory(new AnonymousMemory(20), lengthMax))) {
                final Map<Long, List<String>> expected;
                try {
                    expected = FirstTypedTimeToLiveTest.fill(kind, small);
                } catch (final StoreFullException e) {
                    continue;
                }
                final long used = usedExtents(small);
                try {
                    kind.open(small, TEN);
                    succeeded++;
                } catch (final StoreFullException e) {
                    failed++;
                    assertThat(usedExtents(small)).isEqualTo(used);
                    assertThat(small.states().get(0).timeToLive()).isEqualTo(TimeToLive.OFF);
                }
                assertThat(small.failure()).isNull();
                assertThat(kind.entries(kind.open(small, null))).isEqualTo(expected);
                small.states().forEach(KeyedState::checkInvariants);
            }
        }
        assertThat(failed).isPositive();
    }

    /** Any page, also one in the middle of the copy: the store goes on with the state as it was. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldLeaveTheStateAsItWasWhenAPageCannotBeRead(final Kind kind) {
        final Map<Long, List<String>> expected;
        final TestMemory.Replica replica = new TestMemory.Replica();
        final int pages;
        try (StateStore store = store()) {
            expected = FirstTypedTimeToLiveTest.fill(kind, store);
            replica.checkpoint(store.memory());
            pages = store.memory().pageLimit();
        }
        int failed = 0;
        for (int damaged = 0; damaged < pages; damaged += 1 + pages / 300) {
            failed += copyWithDamage(kind, replica, damaged, expected) ? 1 : 0;
        }
        assertThat(failed).isPositive();
    }

    private boolean copyWithDamage(
            final Kind kind,
            final TestMemory.Replica replica,
            final int damaged,
            final Map<Long, List<String>> expected) {
        final AtomicInteger whole = new AtomicInteger(damaged);
        final StateStore recovered;
        try {
            recovered = store(replica.recover((page, target) -> {
                if (page == whole.get()) {
                    throw new CorruptStoreException("damaged");
                }
                replica.load(page, target);
            }));
        } catch (final CorruptStoreException e) { // of the extents' table or the catalog
            return false;
        }
        try (recovered) {
            final Throwable thrown = catchThrowable(() -> kind.open(recovered, TEN));
            if (thrown == null) { // one that holds nothing of the state
                assertThat(kind.entries(kind.open(recovered, null))).isEqualTo(expected);
                return false;
            }
            assertThat(thrown).isExactlyInstanceOf(CorruptStoreException.class).hasMessage("damaged");
            assertThat(recovered.failure()).as("page=" + damaged).isNull();
            assertThat(recovered.states().get(0).timeToLive()).isEqualTo(TimeToLive.OFF);
            whole.set(-1);
            assertThat(kind.entries(kind.open(recovered, null))).isEqualTo(expected);
            final TypedState<Long> given = kind.open(recovered, TEN);
            assertThat(kind.entries(given)).isEqualTo(expected);
            recovered.states().forEach(KeyedState::checkInvariants);
            recovered.dropState(FirstTypedTimeToLiveTest.NAME);
            assertThat(usedExtents(recovered))
                    .as("nothing is left of the first copy")
                    .isLessThan(10);
            return true;
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldGiveTheSpaceOfTheOldTableBack(final Kind kind) {
        try (StateStore store = store()) {
            long used = 0; // once the catalog has room for descriptors with a time to live
            for (int i = 0; i < 4; i++) {
                FirstTypedTimeToLiveTest.fill(kind, store);
                kind.open(store, TEN);
                assertThat(store.dropState(FirstTypedTimeToLiveTest.NAME)).isTrue();
                used = i == 0 ? usedExtents(store) : used;
                assertThat(usedExtents(store)).isEqualTo(used).isLessThan(10);
            }
        }
    }

    /** What it walks over is another table's memory by then. */
    @Test
    void shouldEndIteratorsThatAreOpen() {
        try (StateStore store = store()) {
            final ListState<Long, byte[]> list = list(store, null);
            final MapState<Long, Long, byte[]> map = map(store, null);
            for (long i = 0; i < 2_000; i++) {
                list.add(1L, new byte[(int) (i % 50)]);
                map.put(1L, i, new byte[(int) (i % 50)]);
            }
            final List<Iterator<?>> iterators = new ArrayList<>();
            for (int steps = 0; steps < 3; steps++) {
                iterators.add(list.get(1L).iterator());
                iterators.add(map.entries(1L).iterator());
                iterators.add(map.keys(1L).iterator());
            }
            for (int i = 3; i < iterators.size(); i++) {
                iterators.get(i).next();
            }
            iterators
                    .subList(6, iterators.size())
                    .forEach(iterator -> assertThat(iterator.hasNext()).isTrue());
            final Iterator<Map.Entry<Long, byte[]>> current = map.entries(1L).iterator();
            final Map.Entry<Long, byte[]> entry = current.next();
            list(store, TEN);
            map(store, TEN);
            final BytesState other = store.bytesState("other");
            final UnsafeBuffer value = new UnsafeBuffer(new byte[60]);
            value.setMemory(0, 60, (byte) -1);
            for (int i = 0; i < 20_000; i++) {
                value.putInt(0, i);
                other.put(value, 0, 4, value, 0, 60);
            }
            iterators.forEach(iterator -> assertThatThrownBy(iterator::next).isInstanceOf(IllegalStateException.class));
            assertThatThrownBy(current::remove).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> entry.setValue(new byte[1])).isInstanceOf(IllegalStateException.class);
            assertThat(store.failure()).isNull();
            assertThat(list(store, null).size(1L)).isEqualTo(2_000);
            store.states().forEach(KeyedState::checkInvariants);
        }
    }

    private static ListState<Long, byte[]> list(final StateStore store, final TimeToLive ttl) {
        final TypedStateDescriptor<Long, ListState<Long, byte[]>> list =
                TypedStateDescriptor.list("list", Codecs.LONG, Codecs.BYTES);
        return store.state(ttl == null ? list : list.withTimeToLive(ttl));
    }

    private static MapState<Long, Long, byte[]> map(final StateStore store, final TimeToLive ttl) {
        final TypedStateDescriptor<Long, MapState<Long, Long, byte[]>> map =
                TypedStateDescriptor.map("map", Codecs.LONG, Codecs.LONG, Codecs.BYTES);
        return store.state(ttl == null ? map : map.withTimeToLive(ttl));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldEndARewritingThatIsUnderWay(final Kind kind) {
        try (StateStore store = store()) {
            final Map<Long, List<String>> expected = FirstTypedTimeToLiveTest.fill(kind, store);
            final ValueRewrite begun = kind.open(store, null).rewriteValues();
            final ValueRewrite halfway = kind.open(store, null).rewriteValues();
            assertThat(halfway.run(0)).isFalse();
            final TypedState<Long> given = kind.open(store, TEN);
            assertThatThrownBy(() -> begun.run(Long.MAX_VALUE)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> halfway.run(Long.MAX_VALUE)).isInstanceOf(IllegalStateException.class);
            begun.close();
            halfway.close();
            assertThat(given.timeToLive()).isEqualTo(TEN);
            try (ValueRewrite again = given.rewriteValues()) {
                assertThat(again.run(Long.MAX_VALUE)).isTrue();
            }
            assertThat(kind.entries(given)).isEqualTo(expected);
            clock.addAndGet(10);
            assertThat(kind.entries(given)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldRefuseWhatIsNotTheWriter(final Kind kind) throws InterruptedException {
        try (StateStore store = store()) {
            final Map<Long, List<String>> expected = FirstTypedTimeToLiveTest.fill(kind, store);
            final AtomicReference<Throwable> refused = new AtomicReference<>();
            final Thread other = new Thread(() -> refused.set(catchThrowable(() -> kind.open(store, TEN))), "other");
            other.start();
            other.join();
            assertThat(refused.get()).isInstanceOf(NotWriterException.class);
            assertThat(kind.entries(kind.open(store, null))).isEqualTo(expected);
            assertThat(store.states().get(0).timeToLive()).isEqualTo(TimeToLive.OFF);
        }
    }

    /** Of each namespace, and timers that are delivered beside it. */
    @Test
    void shouldKeepNamespacesApartAndBeRefusedWhileATimerIsDelivered() {
        try (StateStore store = store()) {
            final TypedStateDescriptor<Long, MapState<Long, Long, byte[]>> map =
                    TypedStateDescriptor.map("map", Codecs.LONG, Codecs.LONG, Codecs.BYTES);
            final NamespacedState<Long, String, MapState<Long, Long, byte[]>> before = store.state(map, Codecs.STRING);
            for (long i = 0; i < 300; i++) {
                before.in("w" + i % 7).put(i, i, new byte[] {(byte) i});
            }
            final LongTimerState timers = store.longTimerState("timers", TimeDomain.EVENT_TIME);
            timers.registerTimer(1, 1);
            assertThatThrownBy(() ->
                            timers.pollDue(1, (key, timestamp) -> store.state(map.withTimeToLive(TEN), Codecs.STRING)))
                    .isInstanceOf(StateStoreException.class)
                    .hasMessageContaining("inside a batch");
            assertThat(timers.containsTimer(1, 1)).isTrue();
            final NamespacedState<Long, String, MapState<Long, Long, byte[]>> after =
                    store.state(map.withTimeToLive(TEN), Codecs.STRING);
            assertThatThrownBy(() -> before.in("w1").get(1L, 1L)).isInstanceOf(IllegalStateException.class);
            for (long i = 0; i < 300; i++) {
                assertThat(after.in("w" + i % 7).get(i, i)).isEqualTo(new byte[] {(byte) i});
                assertThat(after.in("w" + (i + 1) % 7).get(i, i)).isNull();
            }
        }
    }

    /** Nothing that can be read has changed; whether extents can still be taken, nobody knows. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldStopWritesAndNoReadsAfterAnErrorInTheCopy(final Kind kind) {
        final StarvedWindows windows = new StarvedWindows();
        try (StateStore store = store(memory(windows, 1L << 32))) {
            final Map<Long, List<String>> expected = FirstTypedTimeToLiveTest.fill(kind, store);
            final TypedState<Long> before = kind.open(store, null);
            windows.starved(true);
            assertThatThrownBy(() -> kind.open(store, TEN))
                    .isInstanceOf(StoreFailedException.class)
                    .hasRootCauseMessage("planted");
            assertThat(store.failure()).isInstanceOf(OutOfMemoryError.class);
            assertThat(kind.entries(before)).isEqualTo(expected);
            assertThat(kind.open(store, null).timeToLive()).isEqualTo(TimeToLive.OFF);
            assertThatThrownBy(() -> kind.put(before, 1)).isInstanceOf(StoreFailedException.class);
            assertThatThrownBy(() -> kind.open(store, TEN)).isInstanceOf(StoreFailedException.class);
            store.states().forEach(KeyedState::checkInvariants);
        }
    }
}
