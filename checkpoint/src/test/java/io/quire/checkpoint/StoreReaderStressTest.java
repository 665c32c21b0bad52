/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.BytesState;
import io.quire.store.BytesStateReader;
import io.quire.store.Durability;
import io.quire.store.FixedBytesState;
import io.quire.store.FixedBytesStateReader;
import io.quire.store.LongBytesState;
import io.quire.store.LongBytesStateReader;
import io.quire.store.LongDoubleState;
import io.quire.store.LongDoubleStateReader;
import io.quire.store.LongLongState;
import io.quire.store.LongLongStateReader;
import io.quire.store.LongSetState;
import io.quire.store.LongSetStateReader;
import io.quire.store.StoreReader;
import io.quire.store.errors.StoreClosedException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.DirectBuffer;
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
    private static final int FIXED_LENGTH = 48;

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
        final Written written = new Written(store);
        if (number == 0) {
            for (int i = 0; i < STAYING; i++) {
                put(written, i);
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
            write(store, written);
            reading.await(); // on a busy machine a reader may not have begun yet
        } finally {
            store.close();
        }
        for (final Thread reader : readers) {
            reader.join();
        }
    }

    /** The states, as the writer has them. */
    private static final class Written {
        private final LongLongState longs;
        private final BytesState bytes;
        private final LongLongState cleared;
        private final LongSetState set;
        private final LongDoubleState doubles;
        private final LongBytesState longBytes;
        private final FixedBytesState fixed;

        Written(final DurableStateStore store) {
            longs = store.longLongState("longs");
            bytes = store.bytesState("bytes");
            cleared = store.longLongState("cleared");
            set = store.longSetState("set");
            doubles = store.longDoubleState("doubles");
            longBytes = store.longBytesState("long bytes");
            fixed = store.fixedBytesState("fixed", Long.BYTES, FIXED_LENGTH);
        }
    }

    private void write(final DurableStateStore store, final Written written) {
        final int growth = random.nextInt(101);
        for (int i = 0; i < WRITES && failure.get() == null; i++) {
            final int number = random.nextInt(KEYS);
            if (number < STAYING || random.nextInt(100) < growth) {
                put(written, number);
            } else {
                written.longs.remove(number);
                key.putLong(0, number);
                written.bytes.remove(key, 0, Long.BYTES);
                written.set.remove(number);
                written.doubles.remove(number);
                written.longBytes.remove(number);
                written.fixed.remove(key, 0);
            }
            if (i % 5_000 == 1_000) {
                store.checkpoint();
                written.cleared.clear();
            }
        }
    }

    private void put(final Written written, final long number) {
        version++;
        written.longs.put(number, longOf(number, version));
        written.cleared.put(number, longOf(~number, version));
        written.set.add(number);
        written.doubles.put(number, Double.longBitsToDouble(longOf(number, version)));
        final int length =
                random.nextInt(500) == 0 ? 40_000 + random.nextInt(20_000) : Long.BYTES * (1 + random.nextInt(30));
        key.putLong(0, number);
        for (int i = 0; i < Math.max(length, FIXED_LENGTH); i += Long.BYTES) {
            value.putLong(i, i == 0 ? version : longOf(number + i, version));
        }
        written.bytes.put(key, 0, Long.BYTES, value, 0, length & -Long.BYTES);
        written.longBytes.put(number, value, 0, length & -Long.BYTES);
        written.fixed.put(key, 0, value, 0);
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
            final Others others = new Others(reader);
            final UnsafeBuffer number = new UnsafeBuffer(new byte[Long.BYTES]);
            final ExpandableArrayBuffer copy = new ExpandableArrayBuffer(64);
            while (true) {
                final long wanted = readerRandom.nextInt(readerRandom.nextBoolean() ? STAYING : KEYS);
                number.putLong(0, wanted);
                checkLong(wanted, wanted, longs.get(wanted, 0));
                checkLong(KEYS, ~wanted, cleared.get(wanted, 0));
                checkBytes(wanted, copy, bytes.get(number, 0, Long.BYTES, copy, 0));
                others.read(wanted, number, copy);
                count += 7;
                reading.countDown();
                if (readerRandom.nextInt(5_000) == 0) {
                    scan(longs, bytes);
                    others.scan();
                }
                if (readerRandom.nextInt(50) == 0) {
                    others.readMany(readerRandom);
                }
            }
        } catch (final StoreClosedException e) {
            reads.addAndGet(count);
        } catch (final Throwable t) {
            failure.compareAndSet(null, t);
        }
        reading.countDown();
    }

    /** Readers of the other states. */
    private static final class Others {
        private static final int BATCH = 50;

        private final LongSetStateReader set;
        private final LongDoubleStateReader doubles;
        private final LongBytesStateReader longBytes;
        private final FixedBytesStateReader fixed;
        private final long[] numbers = new long[BATCH];
        private final double[] found = new double[BATCH];
        private final UnsafeBuffer keys = new UnsafeBuffer(new byte[BATCH * Long.BYTES]);

        Others(final StoreReader reader) {
            set = reader.longSetState("set");
            doubles = reader.longDoubleState("doubles");
            longBytes = reader.longBytesState("long bytes");
            fixed = reader.fixedBytesState("fixed", Long.BYTES, FIXED_LENGTH);
        }

        void read(final long wanted, final UnsafeBuffer number, final ExpandableArrayBuffer copy) {
            if (!set.contains(wanted) && wanted < STAYING) {
                throw new AssertionError("missed: " + wanted);
            }
            checkLong(wanted, wanted, Double.doubleToRawLongBits(doubles.get(wanted, 0)));
            checkBytes(wanted, copy, longBytes.get(wanted, copy, 0));
            final boolean present = fixed.get(number, 0, copy, 0);
            checkBytes(wanted, copy, present ? FIXED_LENGTH : BytesStateReader.NOT_FOUND);
        }

        void readMany(final Random random) {
            for (int i = 0; i < BATCH; i++) {
                numbers[i] = random.nextInt(KEYS);
                keys.putLong(i * Long.BYTES, numbers[i]);
            }
            doubles.getAll(numbers, 0, BATCH, found, 0);
            for (int i = 0; i < BATCH; i++) {
                checkLong(numbers[i], numbers[i], Double.doubleToRawLongBits(found[i]));
            }
            longBytes.getAll(numbers, 0, BATCH, (index, value) -> checkBytes(numbers[index], value, value.capacity()));
            fixed.getAll(keys, 0, BATCH, (index, value) -> checkBytes(numbers[index], value, value.capacity()));
        }

        void scan() {
            final int[] staying = new int[4];
            set.forEach(number -> staying[0] += number < STAYING ? 1 : 0);
            doubles.forEach((number, value) -> staying[1] += number < STAYING ? 1 : 0);
            longBytes.forEach((number, value) -> {
                checkBytes(number, value, value.capacity());
                staying[2] += number < STAYING ? 1 : 0;
            });
            fixed.forEach((number, value) -> {
                checkBytes(number.getLong(0), value, value.capacity());
                staying[3] += number.getLong(0) < STAYING ? 1 : 0;
            });
            assertThat(staying).containsOnly(STAYING);
        }
    }

    private static void checkLong(final long wanted, final long number, final long found) {
        if (found != 0) {
            check(number, found);
        } else if (wanted < STAYING) {
            throw new AssertionError("missed: " + wanted);
        }
    }

    private static void checkBytes(final long wanted, final DirectBuffer copy, final int length) {
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
