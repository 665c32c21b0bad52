/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.BytesState;
import io.quire.store.BytesStateReader;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.LongLongStateReader;
import io.quire.store.StoreReader;
import io.quire.store.errors.StoreClosedException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers that never stop, against a durable store that is opened cold, written to, checkpointed, cleared and closed
 * under them, again and again. Every value follows from its key and a version, so that a wrong one shows.
 */
class StoreReaderStressTest {
    private static final int READERS = 2;
    private static final int STAYING = 1_000;
    private static final int KEYS = 20_000;
    private static final int WRITES = 20_000;

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicLong reads = new AtomicLong();
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[60_000]);
    private long version = 1;

    @Test
    void shouldReadRightThroughEverythingUntilClosed() throws Exception {
        run(TimeUnit.SECONDS.toNanos(4));
    }

    @Test
    @Tag("slow")
    void shouldReadRightThroughEverythingUntilClosedForLong() throws Exception {
        run(TimeUnit.SECONDS.toNanos(Long.getLong("stressSeconds", 120)));
    }

    private void run(final long durationNs) throws Exception {
        final long end = System.nanoTime() + durationNs;
        int rounds = 0;
        do {
            round(rounds++);
        } while (System.nanoTime() - end < 0 && failure.get() == null);
        System.out.println("rounds=" + rounds + " versions=" + version + " reads=" + reads);
        assertThat(failure.get())
                .as("seed=%d replay: mvn test -pl checkpoint -am -Dtest=StoreReaderStressTest -Dseed=%d", seed, seed)
                .isNull();
        assertThat(reads).hasPositiveValue();
    }

    private void round(final int number) throws InterruptedException {
        final DurableStateStore store = DurableStateStore.open(
                new DurableStoreContext().directory(temp.resolve("store")).durability(Durability.PROCESS));
        final LongLongState longs = store.longLongState("longs");
        final BytesState bytes = store.bytesState("bytes");
        final LongLongState cleared = store.longLongState("cleared");
        if (number == 0) {
            for (int i = 0; i < STAYING; i++) {
                put(longs, bytes, cleared, i);
            }
        }
        final CountDownLatch reading = new CountDownLatch(READERS);
        final Thread[] readers = new Thread[READERS];
        for (int i = 0; i < READERS; i++) {
            final Random readerRandom = new Random(random.nextLong());
            readers[i] = new Thread(() -> readUntilClosed(store, readerRandom, reading));
            readers[i].start();
        }
        try {
            write(store, longs, bytes, cleared);
            reading.await(); // on a busy machine a reader may not have begun yet
        } finally {
            store.close();
        }
        for (final Thread reader : readers) {
            reader.join();
        }
    }

    private void write(
            final DurableStateStore store,
            final LongLongState longs,
            final BytesState bytes,
            final LongLongState cleared) {
        final int growth = random.nextInt(101);
        for (int i = 0; i < WRITES && failure.get() == null; i++) {
            final int number = random.nextInt(KEYS);
            if (number < STAYING || random.nextInt(100) < growth) {
                put(longs, bytes, cleared, number);
            } else {
                longs.remove(number);
                key.putLong(0, number);
                bytes.remove(key, 0, Long.BYTES);
            }
            if (i % 5_000 == 1_000) {
                store.checkpoint();
                cleared.clear();
            }
        }
    }

    private void put(
            final LongLongState longs, final BytesState bytes, final LongLongState cleared, final long number) {
        version++;
        longs.put(number, longOf(number, version));
        cleared.put(number, longOf(~number, version));
        final int length =
                random.nextInt(500) == 0 ? 40_000 + random.nextInt(20_000) : Long.BYTES * (1 + random.nextInt(30));
        key.putLong(0, number);
        for (int i = 0; i < length; i += Long.BYTES) {
            value.putLong(i, i == 0 ? version : longOf(number + i, version));
        }
        bytes.put(key, 0, Long.BYTES, value, 0, length & -Long.BYTES);
    }

    private static long longOf(final long number, final long version) {
        return (number * 0x9E3779B97F4A7C15L ^ version * 0xD6E8FEB86659FD93L) << 32 | version;
    }

    private static void check(final long number, final long found) {
        if (found != longOf(number, found & 0xFFFF_FFFFL)) {
            throw new AssertionError("wrong value: key=" + number + " value=" + Long.toHexString(found));
        }
    }

    private void readUntilClosed(
            final DurableStateStore store, final Random readerRandom, final CountDownLatch reading) {
        long count = 0;
        try {
            final StoreReader reader = store.reader();
            final LongLongStateReader longs = reader.longLongState("longs");
            final LongLongStateReader cleared = reader.longLongState("cleared");
            final BytesStateReader bytes = reader.bytesState("bytes");
            final UnsafeBuffer number = new UnsafeBuffer(new byte[Long.BYTES]);
            final ExpandableArrayBuffer copy = new ExpandableArrayBuffer(64);
            while (true) {
                final long wanted = readerRandom.nextInt(readerRandom.nextBoolean() ? STAYING : KEYS);
                number.putLong(0, wanted);
                checkLong(wanted, wanted, longs.get(wanted, 0));
                checkLong(KEYS, ~wanted, cleared.get(wanted, 0));
                checkBytes(wanted, copy, bytes.get(number, 0, Long.BYTES, copy, 0));
                count += 3;
                reading.countDown();
                if (readerRandom.nextInt(5_000) == 0) {
                    scan(longs, bytes);
                }
            }
        } catch (final StoreClosedException e) {
            reads.addAndGet(count);
        } catch (final Throwable t) {
            failure.compareAndSet(null, t);
        }
        reading.countDown();
    }

    private static void checkLong(final long wanted, final long number, final long found) {
        if (found != 0) {
            check(number, found);
        } else if (wanted < STAYING) {
            throw new AssertionError("missed: " + wanted);
        }
    }

    private static void checkBytes(final long wanted, final ExpandableArrayBuffer copy, final int length) {
        if (length == BytesStateReader.NOT_FOUND) {
            if (wanted < STAYING) {
                throw new AssertionError("missed: " + wanted);
            }
            return;
        }
        final long version = copy.getLong(0);
        for (int i = Long.BYTES; i < length; i += Long.BYTES) {
            if (copy.getLong(i) != longOf(wanted + i, version)) {
                throw new AssertionError("torn: key=" + wanted + " version=" + version + " index=" + i);
            }
        }
    }

    private static void scan(final LongLongStateReader longs, final BytesStateReader bytes) {
        final int[] staying = new int[2];
        longs.forEach((number, found) -> {
            check(number, found);
            staying[0] += number < STAYING ? 1 : 0;
        });
        bytes.forEach((number, found) -> staying[1] += number.getLong(0) < STAYING ? 1 : 0);
        assertThat(staying).containsExactly(STAYING, STAYING);
    }
}
