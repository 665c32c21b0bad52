/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.StateStore;
import io.quire.store.TimeDomain;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import io.quire.store.memory.PagedMemory;
import java.util.Arrays;
import java.util.Collections;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/**
 * What operations of typed states touch, counted and not timed: the lines that a checkpoint has to write afterwards,
 * and the pages that are loaded by an operation that finds all of them cold.
 */
class TypedStateCostTest {
    private static final int OWN = 50; // elements, entries, timers of the key that is removed
    private static final int RUN = 16; // pages that are loaded at once, those of an extent
    private static final String KEY = "one";

    private final TestMemory.Replica replica = new TestMemory.Replica();
    private final StateStore store = new StateStore(PagedMemory.anonymous(7));
    private long loadCount;

    private static ListState<String, Long> list(final StateStore store) {
        return store.state(TypedStateDescriptor.list("list", Codecs.STRING, Codecs.LONG));
    }

    private static MapState<String, Long, Long> map(final StateStore store) {
        return store.state(TypedStateDescriptor.map("map", Codecs.STRING, Codecs.LONG, Codecs.LONG));
    }

    private static TimerState<String> timers(final StateStore store) {
        return store.state(TypedStateDescriptor.timers("timers", Codecs.STRING, TimeDomain.EVENT_TIME));
    }

    /** Lines changed by an operation. */
    private long lines(final Runnable operation) {
        replica.checkpoint(store.memory());
        operation.run();
        replica.checkpoint(store.memory());
        return replica.lineCount;
    }

    /** Reopens the store as the last checkpoint has it, with all pages cold. */
    private StateStore cold() {
        return new StateStore(replica.recover((page, target) -> {
            loadCount++;
            replica.load(page, target);
        }));
    }

    private long loads(final Runnable operation) {
        final long before = loadCount;
        operation.run();
        return loadCount - before;
    }

    @Test
    void shouldAppendToAListOfAnyLengthWithTheSameFewLinesAndPages() {
        final long[] linesMost = new long[3];
        final long[] loadsMost = new long[3];
        final int[] lengths = {100, 10_000, 1_000_000};
        for (int i = 0; i < lengths.length; i++) {
            final ListState<String, Long> list = list(store);
            list.update(KEY, Collections.nCopies(lengths[i], 1L));
            for (int j = 0; j < 1_000; j++) { // a new chunk is begun now and then
                final long lines = lines(() -> list.add(KEY, 2L));
                linesMost[i] = Math.max(linesMost[i], lines);
            }
            try (StateStore cold = cold()) {
                final ListState<String, Long> coldList = list(cold);
                loadsMost[i] = loads(() -> coldList.add(KEY, 3L));
                assertThat(coldList.size(KEY)).isEqualTo(lengths[i] + 1_001L);
            }
        }
        System.out.println(
                "append, most: lines=" + Arrays.toString(linesMost) + " pages loaded=" + Arrays.toString(loadsMost));
        for (int i = 0; i < lengths.length; i++) {
            assertThat(linesMost[i]).as("lines, length=%d", lengths[i]).isBetween(1L, 16L);
            assertThat(loadsMost[i]).as("pages, length=%d", lengths[i]).isBetween(1L, 4L * RUN);
        }
        store.close();
    }

    @Test
    void shouldRemoveAMapInProportionToItsOwnSize() {
        final MapState<String, Long, Long> map = map(store);
        remove(
                i -> map.put("key-" + i, i, i),
                i -> map.put(KEY, i, i),
                () -> map.remove(KEY),
                cold -> map(cold).remove(KEY));
    }

    @Test
    void shouldRemoveAListInProportionToItsOwnSize() {
        final ListState<String, Long> list = list(store);
        remove(
                i -> list.add("key-" + i, i),
                i -> list.add(KEY, i),
                () -> list.remove(KEY),
                cold -> list(cold).remove(KEY));
    }

    @Test
    void shouldRemoveTheTimersOfAKeyInProportionToTheirNumber() {
        final TimerState<String> timers = timers(store);
        remove(
                i -> timers.registerTimer("key-" + i, i * 7_919 % 100_003),
                i -> timers.registerTimer(KEY, i * 7_919 % 100_003),
                () -> timers.remove(KEY),
                cold -> timers(cold).remove(KEY));
    }

    private interface ColdRemoval {
        void in(StateStore cold);
    }

    /** Removes what one key has from among few and from among very many others, between which it was written. */
    private void remove(
            final LongConsumer others, final LongConsumer own, final Runnable removal, final ColdRemoval coldRemoval) {
        final int[] counts = {2_000, 150_000};
        long from = 0;
        for (final int count : counts) {
            for (long i = from; i < count; i++) {
                others.accept(i);
                if ((i - from) % ((count - from) / OWN) == 0) {
                    own.accept(i);
                }
            }
            from = count;
            replica.checkpoint(store.memory());
            final long loads;
            try (StateStore cold = cold()) {
                loads = loads(() -> coldRemoval.in(cold));
            }
            final long lines = lines(removal);
            System.out.println("remove " + OWN + " of " + count + ": lines=" + lines + " pages loaded=" + loads);
            assertThat(lines).as("lines, others=%d", count).isBetween(1L, 12L * OWN);
            assertThat(loads).as("pages, others=%d", count).isBetween(1L, (2L * OWN + 20) * RUN);
            assertThat(count < 100_000 || replica.pageCount() > 2 * (2L * OWN + 20) * RUN)
                    .as("so many others that they would show: pages=%d", replica.pageCount())
                    .isTrue();
        }
        store.close();
    }
}
