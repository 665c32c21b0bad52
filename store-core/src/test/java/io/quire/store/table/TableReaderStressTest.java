/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Readers against a writer that overwrites, inserts, removes, grows, shrinks, clears, drops, and gives the memory of
 * the one table to the other. Values check themselves; of a key, versions never go back; keys that stay are never
 * missed.
 */
class TableReaderStressTest {
    private static final int READERS = 3;
    private static final int STAYING = 2_000;
    private static final int KEYS = 30_000;
    private static final int HOT = 8; // keys that everybody is after
    private static final int LONG_VALUE_KEY = 5;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong failedAttempts = new AtomicLong();
    private final AtomicLong scans = new AtomicLong();
    private volatile boolean over;
    private volatile FixedTable fixed;
    private volatile RecordTable records;
    private volatile FixedTable passing; // dropped and created anew

    // Of the writer.
    private final byte[] key = new byte[Long.BYTES];
    private final byte[] value = new byte[200_000];
    private long version;

    @Test
    void shouldNeverReadWhatWasNeverThere() throws Exception {
        run(TimeUnit.SECONDS.toNanos(3));
    }

    @Test
    @Tag("slow")
    void shouldNeverReadWhatWasNeverThereForLong() throws Exception {
        run(TimeUnit.SECONDS.toNanos(Long.getLong("stressSeconds", 120)));
    }

    private void run(final long durationNs) throws Exception {
        try (PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(22)).hashSeed(seed))) {
            fixed = FixedTable.create(memory);
            records = RecordTable.create(memory);
            passing = FixedTable.create(memory);
            for (int i = 0; i < STAYING; i++) {
                put(i, new Random(seed));
            }
            final Thread[] readers = new Thread[READERS];
            for (int i = 0; i < READERS; i++) {
                final Random random = new Random(seed + i);
                readers[i] = new Thread(() -> guarded(() -> read(random)));
                readers[i].start();
            }
            guarded(() -> write(memory, durationNs));
            over = true;
            for (final Thread reader : readers) {
                reader.join();
            }
            fixed.checkInvariants();
            records.checkInvariants();
        }
        System.out.println(
                "versions=" + version + " reads=" + reads + " scans=" + scans + " failed attempts=" + failedAttempts);
        assertThat(failure.get())
                .as("seed=%d replay: mvn test -Dtest=TableReaderStressTest -Dseed=%d", seed, seed)
                .isNull();
        assertThat(reads.get()).isPositive();
    }

    private void guarded(final Runnable body) {
        try {
            body.run();
        } catch (final Throwable t) {
            failure.compareAndSet(null, t);
        }
    }

    private void write(final PagedMemory memory, final long durationNs) {
        final Random random = new Random(seed);
        final long end = System.nanoTime() + durationNs;
        while (System.nanoTime() - end < 0 && failure.get() == null) {
            final int growth = random.nextInt(101);
            final boolean staying = random.nextInt(3) == 0;
            final PageCapture capture = memory.seal();
            for (int i = 20_000 + random.nextInt(20_000); i > 0; i--) {
                change(random, growth, staying);
                if (!capture.complete() && i % 64 == 0) {
                    capture.capture(1, (page, mask, lines) -> {});
                }
            }
            while (!capture.complete()) {
                capture.capture(1024, (page, mask, lines) -> {});
            }
            capture.end();
            replacePassing(memory, random);
        }
    }

    private void change(final Random random, final int growth, final boolean staying) {
        final int number = random.nextInt(4) == 0 ? random.nextInt(HOT) : random.nextInt(staying ? STAYING : KEYS);
        if (number < STAYING || random.nextInt(100) < growth) {
            put(number, random);
        } else {
            fixed.remove(number);
            passing.remove(number);
            RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, number);
            records.remove(key, RawMemory.ARRAY_OFFSET, key.length);
            records.tidy();
        }
    }

    private void put(final long number, final Random random) {
        version++;
        fixed.set(number, VersionedEntry.longValue(number, version));
        passing.set(number, VersionedEntry.longValue(~number, version));
        RawMemory.putLong(key, RawMemory.ARRAY_OFFSET, number);
        final int length = lengthOf(number, random);
        VersionedEntry.fill(value, length, number, version);
        records.put(key, RawMemory.ARRAY_OFFSET, key.length, value, RawMemory.ARRAY_OFFSET, length);
    }

    /** One of a few keys has long values, which are seldom replaced; most are short; some go from class to class. */
    private static int lengthOf(final long number, final Random random) {
        if (number == LONG_VALUE_KEY) {
            return 150_000 + random.nextInt(50_000);
        }
        if (number % 16 == 0) {
            return Long.BYTES;
        }
        return number % 16 < 12 ? 40 : 8 + random.nextInt(random.nextInt(20) == 0 ? 4_000 : 100);
    }

    /** Its extents go to whoever needs some next. */
    private void replacePassing(final PagedMemory memory, final Random random) {
        if (random.nextBoolean()) {
            passing.clear();
        } else {
            final FixedTable dropped = passing;
            passing = FixedTable.create(memory);
            dropped.drop();
        }
    }

    private void read(final Random random) {
        final TestReadSession session = new TestReadSession();
        final FixedTableReader fixedReader = fixed.reader(session);
        final RecordTableReader recordReader = records.reader(session);
        final long[] fixedVersions = new long[KEYS];
        final long[] recordVersions = new long[KEYS];
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(64);
        final byte[] number = new byte[Long.BYTES];
        long count = 0;
        while (!over && failure.get() == null) {
            final FixedTable passingNow = passing;
            final FixedTableReader passingReader = passingNow.reader(session);
            for (int i = 0; i < 1_000; i++) {
                final int wanted =
                        random.nextBoolean() ? random.nextInt(HOT) : random.nextInt(i % 2 == 0 ? STAYING : KEYS);
                checkFixed(fixedReader.get(wanted, -1), wanted, fixedVersions);
                RawMemory.putLong(number, RawMemory.ARRAY_OFFSET, wanted);
                final int length = recordReader.get(number, RawMemory.ARRAY_OFFSET, Long.BYTES, buffer, 0);
                checkRecord(length, buffer, wanted, recordVersions);
                readPassing(passingNow, passingReader, wanted);
            }
            count += 3_000;
            if (random.nextInt(5) == 0) {
                scanFixed(fixedReader);
                scanRecords(recordReader);
            }
        }
        reads.addAndGet(count);
        failedAttempts.addAndGet(session.failures);
    }

    private static void checkFixed(final long found, final int number, final long[] versions) {
        if (found == -1) {
            if (number < STAYING) {
                throw new AssertionError("missed " + number);
            }
            return;
        }
        final long foundVersion = VersionedEntry.version(number, found);
        checkOrder(number, foundVersion, versions);
    }

    private static void checkOrder(final int number, final long found, final long[] versions) {
        if (found < versions[number]) {
            throw new AssertionError("went back: key=" + number + " version=" + found + " before=" + versions[number]);
        }
        versions[number] = found;
    }

    private static void checkRecord(
            final int length, final ExpandableArrayBuffer buffer, final int number, final long[] versions) {
        if (length == RecordTableReader.NOT_FOUND) {
            if (number < STAYING) {
                throw new AssertionError("missed " + number);
            }
            return;
        }
        checkOrder(number, VersionedEntry.check(buffer, 0, length, number), versions);
    }

    private void readPassing(final FixedTable table, final FixedTableReader reader, final int number) {
        try {
            final long found = reader.get(number, -1);
            if (found != -1) {
                VersionedEntry.version(~number, found);
            }
        } catch (final IllegalStateException e) {
            if (table == passing) {
                throw e; // not dropped
            }
        }
    }

    private void scanFixed(final FixedTableReader reader) {
        final Set<Long> seen = new HashSet<>();
        reader.forEach((number, found) -> {
            VersionedEntry.version(number, found);
            addOnce(seen, number);
        });
        checkStaying(seen);
    }

    private void scanRecords(final RecordTableReader reader) {
        final Set<Long> seen = new HashSet<>();
        final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        reader.forEach((entry, keyOffset, keyLength, valueOffset, valueLength) -> {
            view.wrap(entry);
            final long number = view.getLong(keyOffset);
            VersionedEntry.check(view, valueOffset, valueLength, number);
            addOnce(seen, number);
        });
        checkStaying(seen);
    }

    private static void addOnce(final Set<Long> seen, final long number) {
        if (!seen.add(number)) {
            throw new AssertionError("seen twice: " + number);
        }
    }

    private void checkStaying(final Set<Long> seen) {
        scans.incrementAndGet();
        for (long i = 0; i < STAYING; i++) {
            if (!seen.contains(i)) {
                throw new AssertionError("not seen: " + i);
            }
        }
    }
}
