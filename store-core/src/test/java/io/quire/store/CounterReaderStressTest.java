/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.PagedMemory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A counter that comes and goes: a reader beside the writer finds none, or the first sum, and never a zero before. */
class CounterReaderStressTest {
    private static final long SUM = 5;
    private static final long ABSENT = -1;
    private static final long TIME_NS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private final StateStore store = new StateStore(PagedMemory.anonymous(5));
    private final UnsafeBuffer key = key();

    @AfterEach
    void close() {
        store.close();
    }

    private static UnsafeBuffer key() {
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        key.putLong(0, 77);
        return key;
    }

    private void check(final Runnable step, final Function<StoreReader, LongSupplier> reading) throws Exception {
        final AtomicBoolean done = new AtomicBoolean();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final long[] seen = new long[2];
        final Thread thread = new Thread(() -> {
            try (StoreReader reader = store.reader()) {
                final LongSupplier get = reading.apply(reader);
                while (!done.get()) {
                    final long found = get.getAsLong();
                    if (found != ABSENT && found != SUM) {
                        throw new AssertionError("a value that never was: " + found);
                    }
                    seen[found == ABSENT ? 0 : 1]++;
                }
            } catch (final Throwable e) {
                failure.set(e);
            }
        });
        step.run(); // the test's thread is the writer
        thread.start();
        final long start = System.nanoTime();
        while (failure.get() == null && System.nanoTime() - start < TIME_NS) {
            step.run();
        }
        done.set(true);
        thread.join();
        assertThat(failure.get()).isNull();
        assertThat(seen[0]).isPositive();
        assertThat(seen[1]).isPositive();
    }

    @Test
    void shouldShowNoZeroBeforeTheFirstSumOfRecords() throws Exception {
        final BytesState state = store.bytesState("bytes");
        check(
                () -> {
                    if (state.addAndGet(key, 0, Long.BYTES, SUM) != SUM) {
                        throw new AssertionError("not the first sum");
                    }
                    state.remove(key, 0, Long.BYTES);
                },
                reader -> {
                    final BytesStateReader bytes = reader.bytesState("bytes");
                    final UnsafeBuffer asked = key();
                    final UnsafeBuffer value = new UnsafeBuffer(new byte[Long.BYTES]);
                    return () -> bytes.get(asked, 0, Long.BYTES, value, 0) == BytesState.NOT_FOUND
                            ? ABSENT
                            : value.getLong(0);
                });
    }

    @Test
    void shouldShowNoZeroBeforeTheFirstSumOfFixedBytes() throws Exception {
        final FixedBytesState state = store.fixedBytesState("fixed", Long.BYTES, 2 * Long.BYTES);
        check(
                () -> {
                    if (state.addAndGet(key, 0, Long.BYTES, SUM) != SUM) {
                        throw new AssertionError("not the first sum");
                    }
                    state.remove(key, 0);
                },
                reader -> {
                    final FixedBytesStateReader fixed = reader.fixedBytesState("fixed", Long.BYTES, 2 * Long.BYTES);
                    final UnsafeBuffer asked = key();
                    final UnsafeBuffer value = new UnsafeBuffer(new byte[2 * Long.BYTES]);
                    return () -> fixed.get(asked, 0, value, 0) ? value.getLong(0) + value.getLong(Long.BYTES) : ABSENT;
                });
    }

    @Test
    void shouldAddToFieldsOfFixedBytesOneByOne() {
        final FixedBytesState state = store.fixedBytesState("fields", Long.BYTES, 3 * Long.BYTES);
        final UnsafeBuffer other = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[3 * Long.BYTES]);
        assertThat(state.addAndGet(key, 0, Long.BYTES, 5)).isEqualTo(5);
        assertThat(state.addAndGet(other, 0, 2 * Long.BYTES, 6)).isEqualTo(6);
        assertThat(state.addAndGet(key, 0, 0, 7)).isEqualTo(7);
        assertThat(state.addAndGet(key, 0, Long.BYTES, 8)).isEqualTo(13);
        assertThat(state.get(key, 0, value, 0)).isTrue();
        assertThat(new long[] {value.getLong(0), value.getLong(8), value.getLong(16)})
                .containsExactly(7, 13, 0);
        assertThat(state.get(other, 0, value, 0)).isTrue();
        assertThat(new long[] {value.getLong(0), value.getLong(8), value.getLong(16)})
                .containsExactly(0, 0, 6);
    }
}
