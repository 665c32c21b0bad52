/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.Durability;
import io.quire.store.TimeToLive;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Removal of what has expired from a store that forces every write: removals are nobody's writes. */
class ExpiryForceTest {
    private static final long COUNT = 500;

    @TempDir
    Path temp;

    private final AtomicLong clock = new AtomicLong(1_000_000);

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .windowShift(20)
                .changeRingLength(64 * 1024)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .expiryClock(clock::get)
                .durability(Durability.SYNC);
    }

    @Test
    void shouldNotForceEachRemovalOfWhatHasExpired() {
        final DurableStoreContext context = context();
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final ValueState<Long, Long> values = values(store);
            store.beginBatch();
            for (long i = 0; i < COUNT; i++) {
                values.put(i, i);
            }
            store.commitBatch();
            clock.addAndGet(1_000);
            final long forcedBefore = store.status().log().forceCount();
            store.cleanExpired(Long.MAX_VALUE);
            assertThat(values.size()).isZero();
            assertThat(store.status().log().forceCount()).isLessThan(forcedBefore + COUNT / 2);
            values.put(COUNT, COUNT); // takes all before it along
            assertThat(store.durablePosition()).isEqualTo(store.appliedPosition());
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(values(store).size()).isEqualTo(1);
        }
    }

    @Test
    void shouldForceThatTheClockIsBelievedAgain() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            values(store).put(1L, 1L);
            clock.addAndGet(1_000_000);
            values(store).put(2L, 2L);
            clock.addAndGet(-1_000_000);
            store.expiryClock().reset();
            assertThat(store.durablePosition()).isEqualTo(store.appliedPosition());
        }
    }

    private static ValueState<Long, Long> values(final DurableStateStore store) {
        return store.state(TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG)
                .withTimeToLive(TimeToLive.ofMillis(100)));
    }
}
