/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * A reader scans a table of many segments while its writer clears or replaces it and fills it again, each time with
 * values of another size class, so that the extents of the one time are given to something else the next.
 */
class ReplacedTableReaderStressTest {
    private static final int KEYS = 60_000;
    private static final int[] LENGTHS = {40, 96, 152};
    private static final long DURATION_NS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private final byte[] key = new byte[Long.BYTES];
    private final byte[] value = new byte[LENGTHS[LENGTHS.length - 1]];
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile RecordTable table;
    private volatile boolean over;
    private volatile long seen;

    @Test
    void shouldSeeNothingThatWasNeverPutWhileATableIsClearedOrDropped() throws InterruptedException {
        try (PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(22)).hashSeed(42))) {
            table = RecordTable.create(memory);
            final Thread reader = new Thread(this::scan);
            reader.start();
            final long end = System.nanoTime() + DURATION_NS;
            for (int generation = 0; generation < 4 || seen < KEYS || System.nanoTime() - end < 0; generation++) {
                fill(generation);
                if (failure.get() != null) {
                    break;
                }
                if (generation % 4 == 3) {
                    final RecordTable dropped = table;
                    table = RecordTable.create(memory);
                    dropped.drop();
                } else {
                    table.clear();
                }
            }
            over = true;
            reader.join();
        }
        assertThat(failure.get()).isNull();
    }

    private void fill(final int generation) {
        final int length = LENGTHS[generation % LENGTHS.length];
        for (long number = 0; number < KEYS; number++) {
            RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, number);
            for (int i = 0; i < length; i += Long.BYTES) {
                RawMemory.putLong(value, RawMemory.ARRAY_OFFSET + i, i == 0 ? number : generation);
            }
            table.put(key, RawMemory.ARRAY_OFFSET, key.length, value, RawMemory.ARRAY_OFFSET, length);
        }
    }

    private void scan() {
        try {
            while (!over) {
                final RecordTable scanned = table;
                try {
                    scanned.reader(new TestReadSession()).forEach(this::check);
                } catch (final IllegalStateException e) {
                    if (scanned == table) {
                        throw e; // not dropped
                    }
                }
            }
        } catch (final Throwable t) {
            failure.set(t);
        }
    }

    private void check(
            final byte[] base, final int keyOffset, final int keyLength, final int valueOffset, final int valueLength) {
        assertThat(keyLength).isEqualTo(Long.BYTES);
        assertThat(valueLength).isIn(LENGTHS[0], LENGTHS[1], LENGTHS[2]);
        final long number = RawMemory.getLong(base, RawMemory.ARRAY_OFFSET + keyOffset);
        final long at = RawMemory.ARRAY_OFFSET + valueOffset;
        assertThat(RawMemory.getLong(base, at)).isEqualTo(number);
        final long generation = RawMemory.getLong(base, at + Long.BYTES);
        assertThat(valueLength).isEqualTo(LENGTHS[(int) (generation % LENGTHS.length)]);
        for (int i = 2 * Long.BYTES; i < valueLength; i += Long.BYTES) {
            assertThat(RawMemory.getLong(base, at + i)).isEqualTo(generation);
        }
        seen++;
    }
}
