/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.quire.store.changelog.ChangeLog;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.ConsumerSignal;
import io.quire.store.changelog.FailStop;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.StarvedPageLists;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An error of the JVM in the middle of a change, which may be half done: nobody reads or writes that store any more.
 */
class BrokenChangeTest {
    private static final int RUN_EXTENTS = 600;
    private static final int PAGES_OF_A_RUN = RUN_EXTENTS * PageDescriptor.PAGES_PER_EXTENT;

    /** A store with a state of each kind, and in each the key 1. */
    private static final class Fixture implements AutoCloseable {
        final AtomicLong clock = new AtomicLong(1_000);
        final StateStore store;
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer large = new UnsafeBuffer(new byte[100_000]);
        final LongLongState longs;
        final LongLongState expiring;
        final LongSetState set;
        final LongSetState expiringSet;
        final FixedBytesState fixed;
        final FixedBytesState expiringFixed;
        final BytesState bytes;
        final BytesState expiringBytes;
        final ListState<Long, Long> list;
        final MapState<Long, Long, Long> map;
        final LongTimerState timers;

        Fixture(final PagedMemory memory) {
            store = new StateStore(memory, clock::get, System::nanoTime);
            store.expiryBudgetNs(0); // only when asked
            final TimeToLive timeToLive = TimeToLive.of(Duration.ofSeconds(1));
            longs = store.longLongState("longs");
            expiring = store.longLongState("expiring", timeToLive);
            set = store.longSetState("set");
            expiringSet = store.longSetState("expiring set", timeToLive);
            fixed = store.fixedBytesState("fixed", Long.BYTES, Long.BYTES);
            expiringFixed = store.fixedBytesState("expiring fixed", Long.BYTES, Long.BYTES, timeToLive);
            bytes = store.bytesState("bytes");
            expiringBytes = store.bytesState("expiring bytes", timeToLive);
            list = store.state(TypedStateDescriptor.list("list", Codecs.LONG, Codecs.LONG));
            map = store.state(TypedStateDescriptor.map("map", Codecs.LONG, Codecs.LONG, Codecs.LONG));
            timers = store.longTimerState("timers", TimeDomain.EVENT_TIME);
            key.putLong(0, 1);
            longs.put(1, 1);
            expiring.put(1, 1);
            set.add(1);
            expiringSet.add(1);
            fixed.put(key, 0, value, 0);
            expiringFixed.put(key, 0, value, 0);
            bytes.put(key, 0, Long.BYTES, value, 0, Long.BYTES);
            expiringBytes.put(key, 0, Long.BYTES, value, 0, Long.BYTES);
            list.add(1L, 1L);
            list.add(2L, 2L);
            map.put(1L, 1L, 1L);
            map.put(1L, 2L, 1L);
            timers.registerTimer(1, 1);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    private enum Change {
        PUT_LONG(f -> f.longs.put(1, 2)),
        ADD_TO_LONG(f -> f.longs.addAndGet(1, 2)),
        ADD_NEW_LONG(f -> f.longs.addAndGet(2, 2)),
        EXCHANGE_LONG(f -> f.longs.compareAndSet(1, 1, 2)),
        REMOVE_LONG(f -> f.longs.remove(1)),
        PUT_EXPIRING_LONG(f -> f.expiring.put(1, 2)),
        REMOVE_EXPIRING_LONG(f -> f.expiring.remove(1)),
        CLEAN_EXPIRED(f -> {
            f.clock.addAndGet(10_000);
            f.store.cleanExpired(Long.MAX_VALUE);
        }),
        ADD_TO_SET(f -> f.set.add(2)),
        REMOVE_FROM_SET(f -> f.set.remove(1)),
        ADD_TO_EXPIRING_SET(f -> f.expiringSet.add(2)),
        PUT_FIXED(f -> f.fixed.put(f.key, 0, f.value, 0)),
        ADD_FIXED(f -> f.fixed.add(f.value, 0)),
        ADD_TO_FIELD_OF_FIXED(f -> f.fixed.addAndGet(f.key, 0, 0, 1)),
        UPDATE_FIXED(f -> f.fixed.update(f.key, 0, value -> value.putLong(0, 3))),
        REMOVE_FIXED(f -> f.fixed.remove(f.key, 0)),
        ADD_TO_FIELD_OF_EXPIRING_FIXED(f -> f.expiringFixed.addAndGet(f.key, 0, 0, 1)),
        PUT_BYTES(f -> f.bytes.put(f.key, 0, Long.BYTES, f.value, 0, Long.BYTES)),
        PUT_LARGE_BYTES(f -> f.bytes.put(f.key, 0, Long.BYTES, f.large, 0, f.large.capacity())),
        ADD_TO_BYTES(f -> f.bytes.addAndGet(f.key, 0, Long.BYTES, 1)),
        ADD_TO_FIELD_OF_BYTES(f -> f.bytes.addAndGet(f.key, 0, Long.BYTES, 0, 1)),
        UPDATE_BYTES(f -> f.bytes.update(f.key, 0, Long.BYTES, value -> value.putLong(0, 3))),
        REMOVE_BYTES(f -> f.bytes.remove(f.key, 0, Long.BYTES)),
        ADD_TO_FIELD_OF_EXPIRING_BYTES(f -> f.expiringBytes.addAndGet(f.key, 0, Long.BYTES, 0, 1)),
        ADD_TO_LIST(f -> f.list.add(1L, 2L)),
        ADD_ALL_TO_LIST(f -> f.list.addAll(3L, List.of(1L, 2L))),
        REPLACE_LIST(f -> f.list.update(1L, List.of(1L, 2L, 3L))),
        REMOVE_LIST(f -> f.list.remove(1L)),
        PUT_INTO_MAP(f -> f.map.put(1L, 3L, 3L)),
        REMOVE_FROM_MAP(f -> f.map.remove(1L, 1L)),
        REMOVE_MAP(f -> f.map.remove(1L)),
        PUT_ALL_INTO_MAP(f -> f.map.putAll(1L, Map.of(1L, 7L, 9L, 9L))),
        REGISTER_TIMER(f -> f.timers.registerTimer(2, 2)),
        DELETE_TIMER(f -> f.timers.deleteTimer(1, 1)),
        DELIVER_TIMER(f -> f.timers.pollDue(9, (key, timestamp) -> f.longs.put(key, timestamp))),
        CLEAR(f -> f.map.clear()),
        CREATE_STATE(f -> f.store.longLongState("new")),
        FIRST_TIME_TO_LIVE(f -> f.store.longLongState("longs", TimeToLive.of(Duration.ofSeconds(1)))),
        DROP_STATE(f -> f.store.dropState("bytes")),
        BATCH(f -> {
            f.store.beginBatch();
            f.longs.put(1, 2);
            f.list.update(1L, List.of(4L));
            f.map.remove(1L);
            f.store.commitBatch();
        });

        private final Consumer<Fixture> change;

        Change(final Consumer<Fixture> change) {
            this.change = change;
        }
    }

    /** For every N the list of dirty pages finds no heap for the N-th page that a change is the first to write to. */
    @ParameterizedTest
    @EnumSource(Change.class)
    void shouldLetNobodyAtAStoreWhoseChangeFoundNoHeapToNoteAPage(final Change change) {
        int failures = 0;
        while (breaksAt(change, failures)) {
            failures++;
        }
        assertThat(failures).isPositive();
    }

    private static boolean breaksAt(final Change change, final int pages) {
        final StarvedPageLists lists = new StarvedPageLists();
        try (Fixture fixture = new Fixture(lists.memory())) {
            final StoreReader reader = fixture.store.reader();
            final PagedMemory memory = fixture.store.memory();
            final long first = memory.allocateRun(ExtentKind.LARGE_RECORD, RUN_EXTENTS);
            final long second = memory.allocateRun(ExtentKind.LARGE_RECORD, RUN_EXTENTS);
            final PageCapture capture = memory.seal();
            while (!capture.complete()) {
                capture.capture(1_000, (page, mask, lines) -> {});
            }
            capture.end();
            lists.starve(true);
            for (int page = 0; memory.dirtyPageCount() < StarvedPageLists.CHUNK_LENGTH - pages; page++) {
                final long run = page < PAGES_OF_A_RUN ? first : second;
                memory.forWrite(run + PageDescriptor.addressOfPage(page % PAGES_OF_A_RUN), Long.BYTES);
            }
            final Throwable thrown = catchThrowable(() -> change.change.accept(fixture));
            lists.starve(false);
            if (thrown == null) {
                assertThat(fixture.store.failure()).isNull();
                return false;
            }
            assertStopped(change, fixture, thrown, reader);
            return true;
        }
    }

    /** One in the copy stops writes only; a later one leaves nobody knows what. */
    private static void assertStopped(
            final Change change, final Fixture fixture, final Throwable thrown, final StoreReader reader) {
        if (change != Change.FIRST_TIME_TO_LIVE || fixture.store.unreadable()) {
            assertOver(fixture, thrown, reader);
            return;
        }
        assertThat(thrown).isInstanceOf(StoreFailedException.class).hasRootCauseMessage("planted");
        assertThat(fixture.store.failure()).isInstanceOf(OutOfMemoryError.class).hasMessage("planted");
        assertThat(fixture.longs.get(1, 0)).isEqualTo(1);
        assertThat(fixture.longs.timeToLive()).isEqualTo(TimeToLive.OFF);
        assertThat(reader.longLongState("longs").get(1, 0)).isEqualTo(1);
        assertThatThrownBy(() -> fixture.longs.put(1, 3)).isInstanceOf(StoreFailedException.class);
        assertThatThrownBy(() -> fixture.store.longLongState("another")).isInstanceOf(StoreFailedException.class);
    }

    private static void assertOver(final Fixture fixture, final Throwable thrown, final StoreReader reader) {
        assertThat(thrown).isInstanceOf(StoreFailedException.class).hasRootCauseMessage("planted");
        final StateStore store = fixture.store;
        assertThat(store.failure()).isInstanceOf(OutOfMemoryError.class).hasMessage("planted");
        assertThatThrownBy(() -> fixture.longs.put(1, 3)).isInstanceOf(StoreFailedException.class);
        assertThatThrownBy(() -> fixture.longs.get(1, 0)).isInstanceOf(StoreFailedException.class);
        assertThatThrownBy(() -> reader.longLongState("longs").get(1, 0)).isInstanceOf(StoreFailedException.class);
        assertThatThrownBy(() -> store.longLongState("another")).isInstanceOf(StoreFailedException.class);
        assertThatThrownBy(store::rollbackBatch).isInstanceOf(StoreFailedException.class);
        assertThatThrownBy(store::commitBatch).isInstanceOf(StoreFailedException.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = Change.class,
            names = {"ADD_NEW_LONG", "PUT_LARGE_BYTES", "CREATE_STATE", "FIRST_TIME_TO_LIVE"})
    void shouldLetNobodyAtAStoreWhoseChangeFoundNoHeapForAWindow(final Change change) {
        final StarvedWindows windows = new StarvedWindows();
        try (Fixture fixture = new Fixture(PagedMemory.create(new PagedMemory.Builder(windows)))) {
            final StoreReader reader = fixture.store.reader();
            final PagedMemory memory = fixture.store.memory();
            windows.starved(true);
            if (change == Change.ADD_NEW_LONG) { // the next one splits the segment
                final Throwable thrown = catchThrowable(() -> addUntilFull(fixture.longs, memory));
                assertOver(fixture, thrown, reader);
                return;
            }
            takeAllExtents(memory);
            assertStopped(change, fixture, catchThrowable(() -> change.change.accept(fixture)), reader);
        }
    }

    @Test
    void shouldLetNobodyAtAStoreWhoseChangeFoundNoHeapForAPageToLoad() {
        try (Fixture fixture = new Fixture(PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(20))))) {
            final StoreReader reader = fixture.store.reader();
            final StoreIoException notLoaded = new StoreIoException("planted", new OutOfMemoryError("planted"));
            assertThat(fixture.store.changeFailed(notLoaded)).isInstanceOf(StoreFailedException.class);
            assertThatThrownBy(() -> fixture.longs.get(1, 0)).isInstanceOf(StoreFailedException.class);
            assertThatThrownBy(() -> reader.longLongState("longs").get(1, 0)).isInstanceOf(StoreFailedException.class);
        }
    }

    private static void addUntilFull(final LongLongState longs, final PagedMemory memory) {
        takeAllExtents(memory);
        for (long key = 2; key < 100_000; key++) {
            longs.put(key, key);
        }
    }

    private static void takeAllExtents(final PagedMemory memory) {
        final Throwable none = catchThrowable(() -> {
            for (int i = 0; i < 1_000; i++) {
                memory.allocateExtent(ExtentKind.PAGES);
            }
        });
        assertThat(none).hasMessage("planted");
    }

    /** The change is in memory then, and nobody knows whether it is in the log. */
    @Test
    void shouldStopTheStoreWhenAChangeFindsNoHeapToBeAcknowledged(@TempDir final Path directory) {
        try (ChangeRing ring = ChangeRing.create(
                        directory.resolve("ring"), new UUID(1, 2), 3, 1L << 32, ChangeRing.MIN_CAPACITY, 0);
                Fixture fixture = new Fixture(PagedMemory.anonymous(1))) {
            final ChangeLog log = new ChangeLog(
                    ring, new FailStop(), YieldingIdleStrategy.INSTANCE, ConsumerSignal.NONE, System::nanoTime);
            final StateStore store = fixture.store;
            store.attach(log, StarvedForcer::await, true, 0, null);
            assertThatThrownBy(() -> fixture.longs.put(1, 2))
                    .isInstanceOf(StoreFailedException.class)
                    .hasRootCauseMessage("planted");
            assertThat(store.failure()).isInstanceOf(OutOfMemoryError.class);
            assertThatThrownBy(() -> fixture.longs.put(1, 3)).isInstanceOf(StoreFailedException.class);
        }
    }

    private static final class StarvedForcer {
        static void await(final long position) {
            throw new OutOfMemoryError("planted");
        }
    }
}
