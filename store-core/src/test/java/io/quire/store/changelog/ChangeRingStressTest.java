/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writer and a consumer on two threads; every record says what it must contain. */
class ChangeRingStressTest {
    private static final long BUDGET_NS = 1_500_000_000L;

    @TempDir
    Path directory;

    @Test
    void shouldHandOverEveryRecordOnceInOrderAndWhole() throws InterruptedException {
        final long seed = Long.getLong("seed", System.nanoTime());
        System.out.println(
                "seed=" + seed + " replay: mvn test -pl store-core -Dtest=ChangeRingStressTest -Dseed=" + seed);
        final AtomicLong expectedKey = new AtomicLong();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final AtomicLong endPosition = new AtomicLong(-1);
        try (ChangeRing ring = ChangeRing.create(
                        directory.resolve("ring"), RingFixture.STORE_ID, 1, 1L << 32, 65536, 1 << 20);
                ChangeGroupAssembler assembler = new ChangeGroupAssembler(new Checker(expectedKey))) {
            final Thread consumer = new Thread(() -> {
                try {
                    consume(ring, assembler, endPosition);
                } catch (final Throwable e) {
                    failure.set(e);
                }
            });
            consumer.start();
            final FailStop failStop = new FailStop();
            final ChangeLog log = new ChangeLog(
                    ring, failStop, new YieldingIdleStrategy(), () -> stopWith(failure, failStop), System::nanoTime);
            final long writtenCount = write(log, new Random(seed));
            endPosition.set(log.position());
            consumer.join();
            assertThat(failure.get()).isNull();
            assertThat(expectedKey.get()).isEqualTo(writtenCount);
            assertThat(assembler.isGroupOpen()).isFalse();
        }
    }

    private static void stopWith(final AtomicReference<Throwable> failure, final FailStop failStop) {
        if (failure.get() != null) {
            failStop.trip(failure.get());
        }
    }

    private static long write(final ChangeLog log, final Random random) {
        final long value = RawMemory.allocate(100_000);
        final long deadline = System.nanoTime() + BUDGET_NS;
        long key = 0;
        while (System.nanoTime() < deadline) {
            final int choice = random.nextInt(1000);
            if (choice < 700) {
                log.putLong((int) key, key, ~key);
                key++;
            } else if (choice < 997) {
                key = writeGroup(log, random, value, key);
            } else {
                writeBytes(log, value, key++, random.nextInt(100_000));
            }
        }
        RawMemory.free(value);
        return key;
    }

    private static long writeGroup(final ChangeLog log, final Random random, final long value, final long firstKey) {
        final int count = random.nextInt(random.nextInt(20) == 0 ? 3000 : 20);
        final boolean isAborted = random.nextInt(4) == 0;
        log.beginGroup();
        long key = firstKey;
        for (int i = 0; i < count; i++) {
            writeBytes(log, value, key++, random.nextInt(100));
        }
        if (isAborted) {
            log.abortGroup();
            return firstKey;
        }
        log.commitGroup();
        return key;
    }

    private static void writeBytes(final ChangeLog log, final long value, final long key, final int length) {
        RawMemory.setMemory(value, length, (byte) key);
        log.putLongBytes((int) key, key, null, value, length);
    }

    private static void consume(final ChangeRing ring, final ChangeGroupAssembler assembler, final AtomicLong end) {
        final long copy = RawMemory.allocate(ring.capacity());
        long head = ring.headAcquire();
        while (head != end.get()) {
            final long tail = ring.tailAcquire();
            while (head < tail) {
                final int length = (int) Math.min(tail - head, ring.contiguousLength(head));
                RawMemory.copy(ring.pointerOf(head), copy, length);
                assembler.accept(head, copy, length);
                head += length;
                ring.headRelease(head);
            }
            Thread.onSpinWait();
        }
        RawMemory.free(copy);
    }

    private record Checker(AtomicLong expectedKey) implements ChangeRecordHandler {
        @Override
        public void onRecord(
                final byte type,
                final int stateId,
                final long keyPointer,
                final int keyLength,
                final long valuePointer,
                final int valueLength) {
            final long key = RawMemory.getLong(keyPointer);
            if (key != expectedKey.get() || stateId != (int) key || keyLength != Long.BYTES) {
                throw new AssertionError("expected key=" + expectedKey + " found=" + key + " state=" + stateId);
            }
            if (valueLength == Long.BYTES && RawMemory.getLong(valuePointer) == ~key) {
                expectedKey.lazySet(key + 1);
                return;
            }
            for (int i = 0; i < valueLength; i++) {
                if (RawMemory.getByte(valuePointer + i) != (byte) key) {
                    throw new AssertionError("key=" + key + " differs at byte " + i + " of " + valueLength);
                }
            }
            expectedKey.lazySet(key + 1);
        }
    }
}
