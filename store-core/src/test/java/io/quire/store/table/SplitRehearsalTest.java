/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.RawMemory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class SplitRehearsalTest {
    private static final int ROUNDS = 40;

    @Test
    void shouldSplitEmptySegmentsOnceForAKindOnAnotherThread() throws Exception {
        final AtomicBoolean begun = new AtomicBoolean();
        final CountDownLatch rounds = new CountDownLatch(ROUNDS);
        final List<String> found = new CopyOnWriteArrayList<>();
        final Thread caller = Thread.currentThread();
        final SplitRehearsal.Split split = (pointer, sibling, random) -> {
            for (long at = pointer; at < sibling + SegmentDescriptor.SEGMENT_LENGTH; at += Long.BYTES) {
                if (RawMemory.getLong(at) != 0) {
                    found.add("not empty");
                }
                RawMemory.putLong(at, random.nextLong());
            }
            if (sibling - pointer != SegmentDescriptor.SEGMENT_LENGTH) {
                found.add("not neighbours");
            }
            if (Thread.currentThread() == caller || !Thread.currentThread().isDaemon()) {
                found.add("wrong thread");
            }
            rounds.countDown();
        };
        SplitRehearsal.begin(begun, false, split);
        assertThat(rounds.await(60, TimeUnit.SECONDS)).isTrue();
        SplitRehearsal.begin(begun, false, (pointer, sibling, random) -> found.add("a second time"));
        TimeUnit.MILLISECONDS.sleep(50);
        assertThat(begun).isTrue();
        assertThat(found).isEmpty();
    }
}
