/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.LiveMemory;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.LangUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store whose memory has reached its limit: what fails has changed nothing, and what frees room helps. */
class FullMemoryTest {
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[8192]);

    private static StateStore store(final long lengthMax) {
        return new StateStore(PagedMemory.create(
                new PagedMemory.Builder(new AnonymousMemory(20)).hashSeed(7).lengthMax(lengthMax)));
    }

    /** The extents that the batch has freed are in use for its larger values when its removals are taken back. */
    @ParameterizedTest
    @ValueSource(longs = {26, 54})
    void shouldTakeABatchBackThoughItsRoomWasUsedOtherwise(final long seed) {
        final Random random = new Random(seed);
        try (StateStore store = store(8 << 20)) {
            final BytesState state = store.bytesState("s");
            final Map<Long, Integer> lengths = fill(state, random);
            int takenBack = 0;
            for (int batch = 0; batch < 11; batch++) {
                store.beginBatch();
                for (int i = 0; i < 400; i++) {
                    key.putLong(0, random.nextInt(lengths.size()));
                    state.remove(key, 0, Long.BYTES);
                }
                if (isFull(state)) {
                    store.rollbackBatch();
                    takenBack++;
                } else {
                    store.commitBatch();
                }
            }
            assertThat(takenBack).isEqualTo(11);
            assertThat(store.memory().pageLimit() * (long) PageDescriptor.PAGE_LENGTH)
                    .as("more than the limit was needed, or this test tries nothing")
                    .isGreaterThan(8 << 20);
            assertThat(state.size()).isEqualTo(lengths.size());
            lengths.forEach((number, length) -> {
                key.putLong(0, number);
                assertThat(state.valueLength(key, 0, Long.BYTES)).isEqualTo(length);
            });
            key.putLong(0, -1);
            assertThatThrownBy(() -> state.put(key, 0, Long.BYTES, value, 0, value.capacity()))
                    .as("the limit counts again")
                    .isInstanceOf(StoreFullException.class);
        }
    }

    /** Memory that cannot grow any more from some moment on, whatever the limit says. */
    private static final class EndingMemory implements LiveMemory {
        private final AnonymousMemory memory = new AnonymousMemory(20);
        private Throwable end;

        @Override
        public long reserveWindow(final int window) {
            return memory.reserveWindow(window);
        }

        @Override
        public void back(final long address, final long length) {
            if (end != null) {
                LangUtil.rethrowUnchecked(end);
            }
            memory.back(address, length);
        }

        @Override
        public int windowShift() {
            return memory.windowShift();
        }

        @Override
        public String description() {
            return memory.description();
        }

        @Override
        public void close() {
            memory.close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldRefuseReadsOfABatchThatCouldNotBeTakenBack(final boolean isError) {
        final EndingMemory ending = new EndingMemory();
        final StateStore store = new StateStore(
                PagedMemory.create(new PagedMemory.Builder(ending).hashSeed(7).lengthMax(8 << 20)));
        try (store) {
            final BytesState state = store.bytesState("s");
            final BytesStateReader reader = store.reader().bytesState("s");
            final AtomicReference<Throwable> whenTold = new AtomicReference<>();
            store.attach(null, null, false, 0, new WriterDuty() {
                @Override
                public void run() {}

                @Override
                public void failed(final Throwable cause) { // reads are refused before anybody can be told
                    key.putLong(0, 1);
                    whenTold.compareAndSet(null, catchThrowable(() -> reader.valueLength(key, 0, Long.BYTES)));
                }
            });
            final Random random = new Random(26);
            final Map<Long, Integer> lengths = fill(state, random);
            final Throwable end = isError ? new OutOfMemoryError("no memory") : new StoreFullException("no memory");
            Throwable told = null;
            for (int batch = 0; batch < 11 && told == null; batch++) { // one of them needs more than there was before
                store.beginBatch();
                for (int i = 0; i < 400; i++) {
                    key.putLong(0, random.nextInt(lengths.size()));
                    state.remove(key, 0, Long.BYTES);
                }
                final boolean isFull = isFull(state);
                ending.end = end;
                told = catchThrowable(isFull ? store::rollbackBatch : store::commitBatch);
                ending.end = null;
            }
            assertThat(told)
                    .isInstanceOf(StoreFailedException.class)
                    .hasMessageContaining("no memory")
                    .hasCause(end);
            assertThat(whenTold.get()).isInstanceOf(StoreFailedException.class).hasMessageContaining("no memory");
            key.putLong(0, 1);
            for (final ThrowingCallable access : List.<ThrowingCallable>of(
                    () -> state.remove(key, 0, Long.BYTES),
                    () -> state.valueLength(key, 0, Long.BYTES),
                    () -> reader.valueLength(key, 0, Long.BYTES),
                    store::reader,
                    store::rollbackBatch)) {
                assertThatThrownBy(access)
                        .isInstanceOf(StoreFailedException.class)
                        .hasMessageContaining("no memory");
            }
            store.close();
            assertThatThrownBy(() -> state.valueLength(key, 0, Long.BYTES)).isInstanceOf(StoreClosedException.class);
            assertThatThrownBy(() -> reader.valueLength(key, 0, Long.BYTES)).isInstanceOf(StoreClosedException.class);
        }
    }

    private Map<Long, Integer> fill(final BytesState state, final Random random) {
        final Map<Long, Integer> lengths = new HashMap<>();
        for (long number = 0; ; number++) {
            final int length = 24 + random.nextInt(900);
            key.putLong(0, number);
            try {
                state.put(key, 0, Long.BYTES, value, 0, length);
            } catch (final StoreFullException e) {
                return lengths;
            }
            lengths.put(number, length);
        }
    }

    private boolean isFull(final BytesState state) {
        try {
            for (long i = 0; i < 4000; i++) {
                key.putLong(0, 1_000_000 + i);
                state.put(key, 0, Long.BYTES, value, 0, 3000);
            }
            return false;
        } catch (final StoreFullException e) {
            return true;
        }
    }

    @Test
    void shouldGiveTheTableOfAStateBackThatTheCatalogHasNoRoomFor() {
        try (StateStore store = store(1 << 20)) {
            store.longLongState("a");
            final PagedMemory memory = store.memory();
            final Deque<Long> taken = new ArrayDeque<>();
            while (takeExtent(memory, taken)) {
                assertThat(taken).hasSizeLessThan(16);
            }
            memory.free(taken.pop());
            memory.free(taken.pop()); // enough for the table, not for its entry in the catalog
            final long[] before = memory.extentsByKind();
            assertThatThrownBy(() -> store.longLongState("a name of another size class " + "x".repeat(200)))
                    .isInstanceOf(StoreFullException.class);
            assertThat(memory.extentsByKind()).isEqualTo(before);
            assertThat(store.states()).hasSize(1);
        }
    }

    private static boolean takeExtent(final PagedMemory memory, final Deque<Long> taken) {
        try {
            taken.push(memory.allocateExtent(ExtentKind.PAGES));
            return true;
        } catch (final StoreFullException e) {
            return false;
        }
    }
}
