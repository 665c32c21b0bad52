/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.codec.Codecs;
import io.quire.store.memory.PagedMemory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Readers beside a writer whose entries expire and are written again all the time, or are written again before they
 * expire. Each value is the time at which it was written, so that one that is older than its timestamp, or has expired,
 * shows; and so does one that is absent although it was renewed in time.
 */
class TimestampedReaderStressTest {
    private static final int READERS = 2;
    private static final int KEYS = 6;
    private static final int TTL = 2; // ticks of the clock
    private static final int PERIOD = 3; // ticks between two writes of a key
    private static final int RENEWED = 3; // further keys, which are written with every tick and never expire
    private static final int FIXED_LONGS = 3;
    private static final int LARGE_LONGS = 10_000; // with an extent of its own

    private final AtomicLong clock = new AtomicLong(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicLong present = new AtomicLong();
    private final AtomicLong absent = new AtomicLong();
    private final AtomicLong renewed = new AtomicLong();
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[LARGE_LONGS * Long.BYTES]);
    private LongLongState longs;
    private BytesState bytes;
    private FixedBytesState fixed;
    private LongSetState longSet;
    private FixedBytesState fixedSet; // of values of no bytes
    private ValueState<Long, Long> typed;
    private volatile int phase; // which state is written and read: longs, fixed bytes, bytes, long ones, sets, typed
    private volatile long renewing; // not 0 while what is renewed is there, another number in each phase
    private volatile boolean stopped;

    @Test
    void shouldNeverSeeWhatHasExpiredNorAValueWithAnothersTimestamp() throws InterruptedException {
        run(TimeUnit.SECONDS.toNanos(2));
    }

    @Test
    @Tag("slow")
    void shouldNeverSeeWhatHasExpiredNorAValueWithAnothersTimestampForLong() throws InterruptedException {
        run(TimeUnit.SECONDS.toNanos(60));
    }

    private void run(final long durationNs) throws InterruptedException {
        final TimeToLive ttl = TimeToLive.ofMillis(TTL);
        try (StateStore store = new StateStore(PagedMemory.anonymous(7), clock::get, SystemNanoClock.INSTANCE)) {
            longs = store.longLongState("longs", ttl);
            bytes = store.bytesState("bytes", ttl);
            fixed = store.fixedBytesState("fixed", Long.BYTES, FIXED_LONGS * Long.BYTES, ttl);
            longSet = store.longSetState("long set", ttl);
            fixedSet = store.fixedBytesState("fixed set", Long.BYTES, 0, ttl);
            typed = store.state(TypedStateDescriptor.value("typed", Codecs.LONG, Codecs.LONG)
                    .withTimeToLive(ttl));
            final Thread[] threads = new Thread[READERS];
            for (int i = 0; i < READERS; i++) {
                threads[i] = new Thread(() -> read(store), "reader-" + i);
                threads[i].start();
            }
            final long end = System.nanoTime() + durationNs;
            while (System.nanoTime() - end < 0 && failure.get() == null) {
                renewing = 0;
                phase = (phase + 1) % 7;
                store.expiryBudgetNs(clock.get() % 2 == 0 ? 0 : 5_000);
                for (int tick = 0; tick < (phase == 3 ? 50 : 5_000); tick++) {
                    final long time = clock.incrementAndGet();
                    for (long k = time % PERIOD; k < KEYS; k += PERIOD) {
                        write(k, time);
                    }
                    for (long k = KEYS; k < KEYS + RENEWED; k++) {
                        write(k, time);
                    }
                    if (renewing == 0) {
                        renewing = time;
                    }
                }
            }
            stopped = true;
            for (final Thread thread : threads) {
                thread.join();
            }
            store.states().forEach(KeyedState::checkInvariants);
        }
        System.out.println("ticks=" + clock + " present=" + present + " absent=" + absent + " renewed=" + renewed);
        assertThat(failure.get()).isNull();
        assertThat(present).hasPositiveValue();
        assertThat(absent).hasPositiveValue();
        assertThat(renewed).hasPositiveValue();
    }

    /** What has expired counts as absent, so adding to it is as good as putting. */
    private void write(final long k, final long time) {
        key.putLong(0, k);
        switch (phase) {
            case 0 -> {
                if (k < KEYS && k % 2 == 0) {
                    assertThat(longs.addAndGet(k, time)).isEqualTo(time);
                } else {
                    longs.put(k, time);
                }
            }
            case 1 -> fixed.put(key, 0, longsOf(time, FIXED_LONGS), 0);
            case 2 -> {
                final int count = 1 + (int) (time % 7);
                bytes.put(key, 0, Long.BYTES, longsOf(time, count), 0, count * Long.BYTES);
            }
            case 3 -> bytes.put(key, 0, Long.BYTES, longsOf(time, LARGE_LONGS), 0, LARGE_LONGS * Long.BYTES);
            case 4 -> longSet.add(k);
            case 6 -> typed.put(k, time);
            default -> fixedSet.add(key, 0);
        }
    }

    private UnsafeBuffer longsOf(final long time, final int count) {
        for (int i = 0; i < count; i++) {
            value.putLong(i * Long.BYTES, time);
        }
        return value;
    }

    private void read(final StateStore store) {
        try (StoreReader reader = store.reader()) {
            final LongLongStateReader readLongs = reader.longLongState("longs");
            final BytesStateReader readBytes = reader.bytesState("bytes");
            final FixedBytesStateReader readFixed =
                    reader.fixedBytesState("fixed", Long.BYTES, FIXED_LONGS * Long.BYTES);
            final LongSetStateReader readLongSet = reader.longSetState("long set");
            final ValueStateReader<Long, Long> readTyped = reader.valueState("typed", Codecs.LONG, Codecs.LONG);
            final FixedBytesStateReader readFixedSet = reader.fixedBytesState("fixed set", Long.BYTES, 0);
            final UnsafeBuffer readKey = new UnsafeBuffer(new byte[Long.BYTES]);
            final ExpandableArrayBuffer found = new ExpandableArrayBuffer(LARGE_LONGS * Long.BYTES);
            for (int round = 0; !stopped && failure.get() == null; round++) {
                for (long k = 0; k < KEYS + RENEWED; k++) {
                    readKey.putLong(0, k);
                    final long renewingBefore = renewing;
                    final int now = phase;
                    final long before = clock.get();
                    final boolean there;
                    if (now == 0) {
                        there = check(k, before, readLongs.get(k, -1));
                    } else if (now == 1) {
                        there = check(
                                k, before, readFixed.get(readKey, 0, found, 0) ? same(found, FIXED_LONGS * 8) : -1);
                    } else if (now < 4) {
                        final int length = readBytes.get(readKey, 0, Long.BYTES, found, 0);
                        there = check(k, before, length < 0 ? -1 : same(found, length));
                    } else if (now == 6) {
                        there = checkTyped(k, before, readTyped);
                    } else {
                        there = checkSet(
                                k, before, now == 4 ? readLongSet.contains(k) : readFixedSet.containsKey(readKey, 0));
                    }
                    checkRenewed(k, renewingBefore, there);
                }
                if (round % 1000 == 0) {
                    final long before = clock.get();
                    readLongs.forEach((each, time) -> check(each, before, time));
                    readBytes.forEach((each, time) -> check(each.getLong(0), before, time.getLong(0)));
                    readTyped.forEach((each, time) -> check(each, before, time));
                }
            }
        } catch (final Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    private static long same(final ExpandableArrayBuffer found, final int length) {
        for (int i = Long.BYTES; i < length; i += Long.BYTES) {
            if (found.getLong(i) != found.getLong(0)) {
                throw new AssertionError("torn: " + found.getLong(i) + " behind " + found.getLong(0));
            }
        }
        return found.getLong(0);
    }

    private boolean check(final long k, final long before, final long time) {
        if (time < 0) {
            absent.incrementAndGet();
            return false;
        }
        present.incrementAndGet();
        final boolean inTurn = k >= KEYS || time % PERIOD == k % PERIOD;
        if (!inTurn || time + TTL <= before || time > clock.get()) {
            throw new AssertionError("written at " + time + " under " + k + ", read after " + before);
        }
        return true;
    }

    private boolean checkTyped(final long k, final long before, final ValueStateReader<Long, Long> reader) {
        final boolean containing = k >= KEYS && before % 2 == 0;
        if (containing) {
            return reader.containsKey(k);
        }
        final Long time = reader.get(k);
        return check(k, before, time == null ? -1 : time);
    }

    /** A set shows no time, but its keys are absent in the last tick before they are added again. */
    private boolean checkSet(final long k, final long before, final boolean there) {
        (there ? present : absent).incrementAndGet();
        final boolean expired = k < KEYS && (before - k) % PERIOD == TTL;
        if (there && expired && clock.get() == before) {
            throw new AssertionError(k + " has expired, read at " + before);
        }
        return there;
    }

    /** Throws when what is written with every tick was not there, all the time that it was read in one phase. */
    private void checkRenewed(final long k, final long renewingBefore, final boolean there) {
        if (k >= KEYS && renewingBefore != 0 && renewing == renewingBefore) {
            if (!there) {
                throw new AssertionError(k + " was absent");
            }
            renewed.incrementAndGet();
        }
    }
}
