/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.YieldingIdleStrategy;

/** A ring with a change log in front of it and a consumer that a test steps by hand. */
final class RingFixture implements AutoCloseable {
    static final UUID STORE_ID = new UUID(0x1122334455667788L, 0x99AABBCCDDEEFF00L);
    static final long BOOT = 77;
    static final long INCARNATION = 1L << 32;

    final ChangeRing ring;
    final FailStop failStop = new FailStop();
    final ChangeLog log;
    final List<RecordedChange> received = new ArrayList<>();
    final ChangeGroupAssembler assembler =
            new ChangeGroupAssembler((type, stateId, key, keyLength, value, valueLength) ->
                    received.add(RecordedChange.of(type, stateId, key, keyLength, value, valueLength)));

    RingFixture(final Path directory, final int capacity, final long startPosition) {
        this(directory, capacity, startPosition, ConsumerSignal.NONE);
    }

    RingFixture(final Path directory, final int capacity, final long startPosition, final ConsumerSignal signal) {
        ring = ChangeRing.create(directory.resolve("ring"), STORE_ID, BOOT, INCARNATION, capacity, startPosition);
        log = new ChangeLog(ring, failStop, new YieldingIdleStrategy(), signal, System::nanoTime);
    }

    /** Consumes what is published, as the log agent does; true when there was something. */
    boolean drain() {
        long head = ring.headAcquire();
        final long tail = ring.tailAcquire();
        final boolean hasRecords = head < tail;
        while (head < tail) {
            final int length = (int) Math.min(tail - head, ring.contiguousLength(head));
            final long copy = RawMemory.allocate(length);
            RawMemory.copy(ring.pointerOf(head), copy, length);
            assembler.accept(head, copy, length);
            RawMemory.free(copy);
            head += length;
            ring.headRelease(head);
        }
        return hasRecords;
    }

    @Override
    public void close() {
        assembler.close();
        ring.close();
    }
}
