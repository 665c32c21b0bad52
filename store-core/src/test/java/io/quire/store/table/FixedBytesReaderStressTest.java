/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Readers of tables of fixed widths against a writer that overwrites values and parts of values, inserts, removes,
 * grows, shrinks, clears and drops. Values check themselves; of a key, versions never go back; keys that stay are never
 * missed; of two fields that the writer changes in turn, the second is never ahead.
 */
class FixedBytesReaderStressTest {
    private static final int READERS = 2;
    private static final int STAYING = 500;
    private static final int KEYS = 10_000;
    private static final int ZERO_HASH_KEYS = 50; // of those that stay
    private static final int STEPPED = 4;
    private static final int KEY_LENGTH = 16;
    private static final int VALUE_LENGTH = 44;
    private static final int BATCH = 20;
    /** As long as can be, with the two fields at its ends, so that a copy takes long. */
    private static final int STEPPED_LENGTH = FixedBytesTable.VALUE_LENGTH_MAX;

    private static final int LAST_FIELD = STEPPED_LENGTH - Long.BYTES;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final KeyHash keyHash = new KeyHash(seed);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong failedAttempts = new AtomicLong();
    private volatile boolean over;
    private volatile FixedBytesTable wide;
    private volatile FixedBytesTable eights; // values of eight bytes, which are overwritten in one store
    private volatile FixedBytesTable set;
    private volatile FixedBytesTable stepped; // values of two fields
    private volatile FixedBytesTable passing; // cleared, dropped and created anew

    // Of the writer.
    private final byte[] key = new byte[KEY_LENGTH];
    private final byte[] value = new byte[VALUE_LENGTH];
    private long version;
    private long step;

    @Test
    void shouldNeverReadWhatWasNeverThere() throws Exception {
        run(TimeUnit.SECONDS.toNanos(2));
    }

    @Test
    @Tag("slow")
    void shouldNeverReadWhatWasNeverThereForLong() throws Exception {
        run(TimeUnit.SECONDS.toNanos(Long.getLong("stressSeconds", 120)));
    }

    private void run(final long durationNs) throws Exception {
        try (PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(22)).hashSeed(seed))) {
            wide = FixedBytesTable.create(memory, KEY_LENGTH, VALUE_LENGTH);
            eights = FixedBytesTable.create(memory, KEY_LENGTH, Long.BYTES);
            set = FixedBytesTable.create(memory, KEY_LENGTH, 0);
            stepped = FixedBytesTable.create(memory, KEY_LENGTH, STEPPED_LENGTH);
            passing = FixedBytesTable.create(memory, KEY_LENGTH, Long.BYTES);
            for (int i = 0; i < STAYING; i++) {
                put(i);
            }
            takeStep(true);
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
            wide.checkInvariants();
            eights.checkInvariants();
            set.checkInvariants();
        }
        System.out.println("versions=" + version + " reads=" + reads + " failed attempts=" + failedAttempts);
        assertThat(failure.get())
                .as("seed=%d replay: mvn test -Dtest=FixedBytesReaderStressTest -Dseed=%d", seed, seed)
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

    /** Key of a number; those of the first numbers have the hash 0. */
    private void key(final byte[] target, final long number) {
        RawMemory.putLong(target, RawMemory.ARRAY_OFFSET + Long.BYTES, number);
        final long first = number < ZERO_HASH_KEYS
                ? keyHash.firstOf(0, target, RawMemory.ARRAY_OFFSET + Long.BYTES, KEY_LENGTH)
                : ~number;
        RawMemory.putLong(target, RawMemory.ARRAY_OFFSET, first);
    }

    private static long numberOf(final byte[] key) {
        return RawMemory.getLong(key, RawMemory.ARRAY_OFFSET + Long.BYTES);
    }

    private void write(final PagedMemory memory, final long durationNs) {
        final Random random = new Random(seed);
        final long end = System.nanoTime() + durationNs;
        while (System.nanoTime() - end < 0 && failure.get() == null) {
            final int growth = random.nextInt(101);
            for (int i = 5_000 + random.nextInt(10_000); i > 0; i--) {
                final int number = random.nextInt(random.nextInt(4) == 0 ? STAYING : KEYS);
                if (number < STAYING || random.nextInt(100) < growth) {
                    put(number);
                } else {
                    remove(number);
                }
                takeStep(false);
            }
            if (random.nextBoolean()) {
                passing.clear();
            } else {
                final FixedBytesTable dropped = passing;
                passing = FixedBytesTable.create(memory, KEY_LENGTH, Long.BYTES);
                dropped.drop();
            }
        }
    }

    private void put(final long number) {
        version++;
        key(key, number);
        VersionedEntry.fill(value, VALUE_LENGTH, number, version);
        wide.put(key, RawMemory.ARRAY_OFFSET, value, RawMemory.ARRAY_OFFSET);
        RawMemory.putLong(value, RawMemory.ARRAY_OFFSET, VersionedEntry.longValue(number, version));
        eights.put(key, RawMemory.ARRAY_OFFSET, value, RawMemory.ARRAY_OFFSET);
        set.insertOrFind(key, RawMemory.ARRAY_OFFSET, null, 0);
        RawMemory.putLong(value, RawMemory.ARRAY_OFFSET, VersionedEntry.longValue(~number, version));
        passing.put(key, RawMemory.ARRAY_OFFSET, value, RawMemory.ARRAY_OFFSET);
    }

    private void remove(final long number) {
        key(key, number);
        wide.remove(key, RawMemory.ARRAY_OFFSET);
        eights.remove(key, RawMemory.ARRAY_OFFSET);
        set.remove(key, RawMemory.ARRAY_OFFSET);
        passing.remove(key, RawMemory.ARRAY_OFFSET);
    }

    /** Both fields of a value go on by one, first the first and then the second. */
    private void takeStep(final boolean insert) {
        step++;
        RawMemory.putLong(value, RawMemory.ARRAY_OFFSET, step);
        for (int i = 0; i < STEPPED; i++) {
            key(key, i);
            final long entry = insert
                    ? stepped.insertOrFind(key, RawMemory.ARRAY_OFFSET, null, 0)
                    : stepped.find(key, RawMemory.ARRAY_OFFSET);
            stepped.overwrite(entry, 0, value, RawMemory.ARRAY_OFFSET, Long.BYTES);
            stepped.overwrite(entry, LAST_FIELD, value, RawMemory.ARRAY_OFFSET, Long.BYTES);
        }
    }

    private void read(final Random random) {
        final TestReadSession session = new TestReadSession();
        final Reading reading = new Reading(session);
        long count = 0;
        while (!over && failure.get() == null) {
            final FixedBytesTable passingNow = passing;
            final FixedBytesTableReader passingReader = passingNow.reader(session);
            for (int i = 0; i < 500; i++) {
                final int number = random.nextInt(i % 2 == 0 ? STAYING : KEYS);
                reading.readOne(number);
                reading.readStepped(random.nextInt(STEPPED));
                readPassing(passingNow, passingReader, number);
                count += 5;
            }
            reading.readMany(random);
            count += BATCH;
            if (random.nextInt(5) == 0) {
                reading.scan();
            }
        }
        reads.addAndGet(count);
        failedAttempts.addAndGet(session.failures);
    }

    private void readPassing(final FixedBytesTable table, final FixedBytesTableReader reader, final int number) {
        final byte[] wanted = new byte[KEY_LENGTH];
        final byte[] found = new byte[Long.BYTES];
        key(wanted, number);
        try {
            if (reader.get(wanted, RawMemory.ARRAY_OFFSET, found, RawMemory.ARRAY_OFFSET)) {
                VersionedEntry.version(~number, RawMemory.getLong(found, RawMemory.ARRAY_OFFSET));
            }
        } catch (final IllegalStateException e) {
            if (table == passing) {
                throw e; // not dropped
            }
        }
    }

    /** What one reading thread has. */
    private final class Reading {
        private final FixedBytesTableReader wideReader;
        private final FixedBytesTableReader eightsReader;
        private final FixedBytesTableReader setReader;
        private final FixedBytesTableReader steppedReader;
        private final long[] wideVersions = new long[KEYS];
        private final long[] eightsVersions = new long[KEYS];
        private final byte[] wanted = new byte[KEY_LENGTH];
        private final byte[] keys = new byte[BATCH * KEY_LENGTH];
        private final byte[] found = new byte[STEPPED_LENGTH];
        private final UnsafeBuffer view = new UnsafeBuffer(found);
        private long lastStep;

        Reading(final TestReadSession session) {
            wideReader = wide.reader(session);
            eightsReader = eights.reader(session);
            setReader = set.reader(session);
            steppedReader = stepped.reader(session);
        }

        void readOne(final int number) {
            key(wanted, number);
            readWide(wanted, RawMemory.ARRAY_OFFSET, number);
            if (eightsReader.get(wanted, RawMemory.ARRAY_OFFSET, found, RawMemory.ARRAY_OFFSET)) {
                final long version = VersionedEntry.version(number, RawMemory.getLong(found, RawMemory.ARRAY_OFFSET));
                checkOrder(number, version, eightsVersions);
            } else {
                checkAbsent(number);
            }
            if (!setReader.containsKey(wanted, RawMemory.ARRAY_OFFSET)) {
                checkAbsent(number);
            }
        }

        private void readWide(final byte[] base, final long offset, final int number) {
            if (wideReader.get(base, offset, found, RawMemory.ARRAY_OFFSET)) {
                checkOrder(number, VersionedEntry.check(view, 0, VALUE_LENGTH, number), wideVersions);
            } else {
                checkAbsent(number);
            }
        }

        void readMany(final Random random) {
            final int[] numbers = random.ints(BATCH, 0, KEYS).toArray();
            for (int i = 0; i < BATCH; i++) {
                key(wanted, numbers[i]);
                System.arraycopy(wanted, 0, keys, i * KEY_LENGTH, KEY_LENGTH);
            }
            wideReader.touchAll(keys, RawMemory.ARRAY_OFFSET, BATCH);
            for (int i = 0; i < BATCH; i++) {
                readWide(keys, RawMemory.ARRAY_OFFSET + (long) i * KEY_LENGTH, numbers[i]);
            }
        }

        void readStepped(final int number) {
            key(wanted, number);
            if (!steppedReader.get(wanted, RawMemory.ARRAY_OFFSET, found, RawMemory.ARRAY_OFFSET)) {
                throw new AssertionError("missed " + number);
            }
            final long first = view.getLong(0);
            final long second = view.getLong(LAST_FIELD);
            if (first - second != 0 && first - second != 1) {
                throw new AssertionError("fields of different moments: " + first + " and " + second);
            }
            if (second < lastStep - 1) {
                throw new AssertionError("went back: " + second + " before=" + lastStep);
            }
            lastStep = Math.max(lastStep, second);
        }

        void scan() {
            final Set<Long> seen = new HashSet<>();
            wideReader.forEach((entryKey, values, valueOffset) -> {
                final long number = numberOf(entryKey);
                VersionedEntry.check(new UnsafeBuffer(values), valueOffset, VALUE_LENGTH, number);
                addOnce(seen, number);
            });
            checkStaying(seen);
            seen.clear();
            setReader.forEach((entryKey, values, valueOffset) -> addOnce(seen, numberOf(entryKey)));
            checkStaying(seen);
        }
    }

    private static void checkOrder(final int number, final long found, final long[] versions) {
        if (found < versions[number]) {
            throw new AssertionError("went back: key=" + number + " version=" + found + " before=" + versions[number]);
        }
        versions[number] = found;
    }

    private static void checkAbsent(final int number) {
        if (number < STAYING) {
            throw new AssertionError("missed " + number);
        }
    }

    private static void addOnce(final Set<Long> seen, final long number) {
        if (!seen.add(number)) {
            throw new AssertionError("seen twice: " + number);
        }
    }

    private static void checkStaying(final Set<Long> seen) {
        for (long i = 0; i < STAYING; i++) {
            if (!seen.contains(i)) {
                throw new AssertionError("not seen: " + i);
            }
        }
    }
}
