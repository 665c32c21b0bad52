/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import static io.quire.store.changelog.ChangeRecordDescriptor.TYPE_PAD;
import static io.quire.store.changelog.ChangeRecordDescriptor.TYPE_PUT;

import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * The ring between writer and log agent: a record that is published is there as a whole, and a record is not
 * overwritten before it was released. All states share one ring, which is as short as can be, so that it is often full.
 *
 * <p>Threading: jcstress calls each actor on one thread at a time.
 */
public final class ChangeRingJcStress {
    private static final int PAYLOAD_LONGS = 9; // records do not fit the end of the body, so that there are pads
    private static final int RECORD_LENGTH = ChangeRecordDescriptor.MIN_PAD_LENGTH + PAYLOAD_LONGS * Long.BYTES;

    private ChangeRingJcStress() {}

    private static ChangeRing createRing() {
        try {
            final Path directory = Files.createTempDirectory("quire-jcstress");
            final Path path = directory.resolve("ring");
            final ChangeRing ring = ChangeRing.create(path, new UUID(1, 2), 3, 4, ChangeRing.MIN_CAPACITY, 0);
            ChangeRing.delete(path); // it stays mapped
            Files.delete(directory);
            return ring;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Records that are counted: each payload is its number, repeated. */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "Nothing was there.")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Records were there, whole and in order.")
    @Outcome(id = "-1", expect = Expect.FORBIDDEN, desc = "A record that is torn, missing or out of order.")
    @State
    public static class Records {
        private static final ChangeRing RING = createRing();
        private static final RingProducer PRODUCER = new RingProducer(
                RING, new FailStop(), BusySpinIdleStrategy.INSTANCE, ConsumerSignal.NONE, System::nanoTime);

        private static long lastPublished; // the producer's
        private static long lastConsumed; // the consumer's

        /** Publishes a record, unless the ring is so full that it would have to wait for the consumer. */
        @Actor
        public void producer() {
            final long used = PRODUCER.position() - RING.headAcquire();
            if (RING.capacity() - used < 3L * RECORD_LENGTH) { // the record, and a pad before it
                return;
            }
            lastPublished++;
            final long pointer = PRODUCER.claim(RECORD_LENGTH);
            RawMemory.putLong(pointer, ChangeRecordDescriptor.lengthTypeFlags(RECORD_LENGTH, TYPE_PUT, (byte) 0));
            for (int i = 1; i <= PAYLOAD_LONGS; i++) {
                RawMemory.putLong(pointer + (long) i * Long.BYTES, lastPublished);
            }
            PRODUCER.advance(RECORD_LENGTH);
            PRODUCER.commit();
        }

        /** Consumes what is there. */
        @Actor
        public void consumer(final J_Result result) {
            final long tail = RING.tailAcquire();
            long position = RING.headAcquire();
            result.r1 = position == tail ? 0 : 1;
            while (position < tail) {
                final long pointer = RING.pointerOf(position);
                if (!isPad(pointer) && !consume(pointer)) {
                    result.r1 = -1;
                }
                position += RawMemory.getInt(pointer + ChangeRecordDescriptor.LENGTH_OFFSET);
            }
            RING.headRelease(position);
        }

        private static boolean isPad(final long pointer) {
            return RawMemory.getByte(pointer + ChangeRecordDescriptor.TYPE_OFFSET) == TYPE_PAD;
        }

        private static boolean consume(final long pointer) {
            boolean right = RawMemory.getInt(pointer + ChangeRecordDescriptor.LENGTH_OFFSET) == RECORD_LENGTH;
            lastConsumed++;
            for (int i = 1; i <= PAYLOAD_LONGS; i++) {
                right &= RawMemory.getLong(pointer + (long) i * Long.BYTES) == lastConsumed;
            }
            return right;
        }
    }
}
