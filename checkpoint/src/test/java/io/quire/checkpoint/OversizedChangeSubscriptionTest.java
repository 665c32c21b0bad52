/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.LongBytesState;
import io.quire.store.catalog.StateDescriptor;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Changes and batches longer than the ring, and those who read them: quickly, slowly, and with deaths between. */
@Timeout(120)
class OversizedChangeSubscriptionTest {
    private static final int RING_LENGTH = 64 * 1024;
    private static final int ROUNDS = 12;

    @TempDir
    Path temp;

    private final List<String> expected = new ArrayList<>();
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[3_000_000]);

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(25)
                .changeRingLength(RING_LENGTH)
                .logSegmentLength(256 * 1024)
                .retainedLogLength(1L << 40)
                .checkpointIntervalNs(0);
    }

    private static String line(final long position, final long key, final DirectBuffer content) {
        final CRC32C crc = new CRC32C();
        final byte[] copy = new byte[content.capacity()];
        content.getBytes(0, copy);
        crc.update(copy);
        return key + ": " + copy.length + " bytes " + Long.toHexString(crc.getValue()) + " @" + position;
    }

    /** Notes changes when their group has ended, as who keeps them with the position does; dies when told to. */
    private static class Reader implements ChangeListener {
        final List<String> lines = new ArrayList<>();
        private final List<String> group = new ArrayList<>();
        volatile int livesLeft = Integer.MAX_VALUE; // changes
        volatile boolean ended;

        @Override
        public void onChange(
                final long position, final StateDescriptor state, final DirectBuffer key, final DirectBuffer content) {
            if (livesLeft-- == 0) {
                throw new IllegalStateException("planted");
            }
            group.add(line(position, key.getLong(0, ByteOrder.LITTLE_ENDIAN), content));
        }

        @Override
        public void onClear(final long position, final StateDescriptor state) {
            throw new AssertionError("nothing was cleared");
        }

        @Override
        public void onGroupEnd(final long position) {
            lines.addAll(group);
            group.clear();
        }

        @Override
        public void onEnd(final Throwable reason) {
            ended = true;
        }

        /** The next one, which has what this one has kept. */
        Reader successor() {
            final Reader next = new Reader();
            next.lines.addAll(lines);
            return next;
        }
    }

    private void put(final LongBytesState state, final long key, final int length) {
        value.putLong(length / 2, key * 31);
        state.put(key, value, 0, length);
    }

    private void expect(final DurableStateStore store, final LongBytesState state, final long... keys) {
        for (final long key : keys) {
            final UnsafeBuffer found = new UnsafeBuffer(new byte[value.capacity()]);
            final int length = state.get(key, found, 0);
            expected.add(line(store.appliedPosition(), key, new UnsafeBuffer(found, 0, length)));
        }
    }

    /** One change of many times the ring, a batch of such, one that is taken back, a batch of many short ones. */
    private void write(final DurableStateStore store, final LongBytesState state, final int round) {
        final long key = round * 1_000L;
        put(state, key, round % 3 == 0 ? value.capacity() : RING_LENGTH * (1 + round % 4) - 8 * round);
        expect(store, state, key);
        store.beginBatch();
        put(state, key + 1, 8 + round);
        put(state, key + 2, RING_LENGTH * 2 + round);
        put(state, key + 3, RING_LENGTH / 2);
        store.commitBatch();
        expect(store, state, key + 1, key + 2, key + 3);
        store.beginBatch();
        put(state, key + 4, RING_LENGTH * 3);
        store.rollbackBatch();
        final long[] keys = new long[200];
        store.beginBatch();
        for (int i = 0; i < keys.length; i++) {
            keys[i] = key + 10 + i;
            put(state, keys[i], 1_000 + i);
        }
        store.commitBatch();
        expect(store, state, keys);
        put(state, key + 5, 8);
        expect(store, state, key + 5);
    }

    private static void await(final BooleanSupplier condition) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldReachThoseWhoAreQuickAndThoseWhoAreSlowWhole() throws Exception {
        final CountDownLatch release = new CountDownLatch(1);
        final Reader quick = new Reader();
        final Reader slow = new Reader() {
            @Override
            public void onChange(
                    final long position,
                    final StateDescriptor state,
                    final DirectBuffer key,
                    final DirectBuffer content) {
                try {
                    assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
                } catch (final InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                super.onChange(position, state, key, content);
            }
        };
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongBytesState state = store.longBytesState("s");
            final long start = store.appliedPosition();
            final ChangeSubscription first = store.subscribe(start, quick);
            final ChangeSubscription second = store.subscribe(start, slow);
            for (int round = 0; round < ROUNDS; round++) {
                write(store, state, round); // which no one waits for
            }
            await(() -> first.position() == store.appliedPosition());
            assertThat(second.position()).isEqualTo(start);
            release.countDown();
            await(() -> second.position() == store.appliedPosition());
            first.close();
            second.close();
            assertThat(store.status().log().stallCount()).isPositive(); // the ring was full, again and again
        }
        assertThat(quick.lines).isEqualTo(expected);
        assertThat(slow.lines).isEqualTo(expected);
    }

    @Test
    void shouldReachWholeAndOnceWhoDiesAndGoesOn() {
        Reader inside = new Reader();
        Reader outside = new Reader();
        long insidePosition = 0;
        long outsidePosition = 0;
        int deathCount = 0;
        for (int opening = 0; opening < 3; opening++) {
            try (DurableStateStore store = DurableStateStore.open(context())) {
                final LongBytesState state = store.longBytesState("s");
                for (int round = 0; round < ROUNDS / 3; round++) {
                    inside = inside.successor();
                    inside.livesLeft = 17 * (deathCount % 12); // in the first of a batch, and within
                    final Reader reader = inside;
                    final ChangeSubscription subscription = store.subscribe(insidePosition, reader);
                    write(store, state, opening * ROUNDS + round);
                    await(() -> reader.ended || subscription.position() == store.appliedPosition());
                    deathCount += reader.ended ? 1 : 0;
                    subscription.close();
                    insidePosition = subscription.position();
                    outside = outside.successor();
                    outsidePosition = readSome(outside, outsidePosition, 1 + round);
                }
            }
        }
        assertThat(deathCount).isGreaterThan(4);
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final Reader reader = inside.successor();
            try (ChangeSubscription subscription = store.subscribe(insidePosition, reader)) {
                await(() -> subscription.position() == store.appliedPosition());
            }
            assertThat(reader.lines).isEqualTo(expected);
        }
        final Reader last = outside.successor();
        readSome(last, outsidePosition, Integer.MAX_VALUE);
        assertThat(last.lines).isEqualTo(expected);
    }

    private long readSome(final Reader reader, final long from, final int blocks) {
        try (StoreLog log = StoreLog.open(temp.resolve("store"), from, temp, reader)) {
            int left = blocks;
            while (left-- > 0 && log.poll()) {
                // goes on
            }
            return log.position();
        }
    }
}
