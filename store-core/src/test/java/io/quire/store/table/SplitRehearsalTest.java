/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.quire.store.StateStore;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SplitRehearsalTest {
    private static final int ROUNDS = 40;
    private static final int LENGTH = SegmentDescriptor.SEGMENT_LENGTH;
    private static final int GUARD_LENGTH = 4_096;
    private static final byte GUARD = 0x5a;

    private final long allocated = RawMemory.allocate(2 * (LENGTH + GUARD_LENGTH));
    private final long pointer = allocated + GUARD_LENGTH;
    private final long sibling = pointer + LENGTH;

    @AfterEach
    void free() {
        RawMemory.free(allocated);
    }

    @Test
    void shouldSplitEmptySegmentsOnceOnAnotherThread() throws Exception {
        final AtomicBoolean begun = new AtomicBoolean();
        final CountDownLatch rounds = new CountDownLatch(2 * ROUNDS);
        final List<String> found = new CopyOnWriteArrayList<>();
        final Thread caller = Thread.currentThread();
        final SplitRehearsal.Split split = (first, second, random) -> {
            for (long at = first; at < second + LENGTH; at += Long.BYTES) {
                if (RawMemory.getLong(at) != 0) {
                    found.add("not empty");
                }
                RawMemory.putLong(at, random.nextLong());
            }
            if (second - first != LENGTH) {
                found.add("not neighbours");
            }
            if (Thread.currentThread() == caller) {
                found.add("wrong thread");
            }
            rounds.countDown();
        };
        SplitRehearsal.begin(begun, List.of(split, split), Thread::new);
        assertThat(rounds.await(60, TimeUnit.SECONDS)).isTrue();
        SplitRehearsal.begin(begun, List.of((first, second, random) -> found.add("a second time")), Thread::new);
        TimeUnit.MILLISECONDS.sleep(100);
        assertThat(begun).isTrue();
        assertThat(found).isEmpty();
    }

    @Test
    void shouldFailNothingForWantOfAThread() {
        final AtomicBoolean begun = new AtomicBoolean();
        assertThatCode(() -> SplitRehearsal.begin(begun, List.of(), rehearsal -> {
                    throw new OutOfMemoryError("planted: unable to create native thread");
                }))
                .doesNotThrowAnyException();
        assertThat(begun).isTrue();
        assertThatCode(() -> SplitRehearsal.begin(new AtomicBoolean(), List.of(), rehearsal -> {
                    throw new SecurityException("planted");
                }))
                .doesNotThrowAnyException();
        // What is meant is the start of a thread, which fails so when it was started before.
        assertThatCode(() -> SplitRehearsal.begin(new AtomicBoolean(), List.of(), rehearsal -> {
                    final Thread started = new Thread(() -> {});
                    started.start();
                    return started;
                }))
                .doesNotThrowAnyException();
    }

    /** And only then: tables come into being in the middle of a change. Nothing else in this JVM begins it. */
    @Test
    void shouldBeginWhenAStoreIsOpened() {
        try (PagedMemory memory = PagedMemory.anonymous(7)) {
            final boolean before = SplitRehearsal.begun();
            FixedTable.create(memory);
            assertThat(SplitRehearsal.begun()).isEqualTo(before);
        }
        new StateStore(PagedMemory.anonymous(7)).close();
        assertThat(SplitRehearsal.begun()).isTrue();
    }

    private void rehearse(final SplitRehearsal.Split split) {
        RawMemory.setMemory(allocated, 2 * (LENGTH + GUARD_LENGTH), GUARD);
        RawMemory.setMemory(pointer, 2 * LENGTH, (byte) 0);
        split.split(pointer, sibling, new SplittableRandom(5));
        for (int i = 0; i < GUARD_LENGTH; i++) {
            assertThat(RawMemory.getByte(allocated + i)).isEqualTo(GUARD);
            assertThat(RawMemory.getByte(sibling + LENGTH + i)).isEqualTo(GUARD);
        }
    }

    /** Looks at the slots of a segment, each of which is to be found from its home on; returns what they hold. */
    private static Set<Long> entries(
            final long segment,
            final int firstOffset,
            final int slotLength,
            final int slotCount,
            final LongFunction<Integer> homeOfSlot) {
        final Set<Long> entries = new HashSet<>();
        for (int index = 0; index < slotCount; index++) {
            final long slot = RawMemory.getLong(segment + firstOffset + (long) index * slotLength);
            if (slot == 0) {
                continue;
            }
            assertThat(entries.add(slot)).as("once").isTrue();
            for (int at = homeOfSlot.apply(slot); at != index; at = (at + 1) % slotCount) {
                assertThat(RawMemory.getLong(segment + firstOffset + (long) at * slotLength))
                        .as("on the way")
                        .isNotZero();
            }
        }
        assertThat(RawMemory.getInt(segment + SegmentDescriptor.COUNT_OFFSET)).isEqualTo(entries.size());
        return entries;
    }

    private static Set<Long> hashes(final int count) {
        final SplittableRandom random = new SplittableRandom(5);
        final Set<Long> hashes = new HashSet<>();
        for (int i = 0; i < count; i++) {
            hashes.add(random.nextLong() | 1);
        }
        return hashes;
    }

    private static void expectDivided(final Set<Long> low, final Set<Long> high, final Set<Long> all) {
        assertThat(low).isNotEmpty().allMatch(hash -> hash > 0);
        assertThat(high).isNotEmpty().allMatch(hash -> hash < 0);
        assertThat(low.size() + high.size()).isEqualTo(all.size());
        low.addAll(high);
        assertThat(low).isEqualTo(all);
    }

    @Test
    void shouldSplitFixedSegmentsAsTablesDo() {
        rehearse(FixedSegments::rehearse);
        final int first = FixedSlotDescriptor.slotOffset(0);
        final int count = FixedSlotDescriptor.SLOT_COUNT;
        final int length = FixedSlotDescriptor.SLOT_LENGTH;
        expectDivided(
                entries(pointer, first, length, count, FixedSlotDescriptor::homeIndex),
                entries(sibling, first, length, count, FixedSlotDescriptor::homeIndex),
                hashes(FixedSlotDescriptor.COUNT_MAX));
    }

    @Test
    void shouldSplitSegmentsOfBytesAsTablesDo() {
        rehearse(FixedBytesSegments::rehearse);
        final FixedBytesShape shape = FixedBytesSegments.REHEARSED;
        final LongFunction<Integer> home = hash -> KeyHash.home(hash, shape.slotCount);
        expectDivided(
                entries(pointer, shape.firstSlotOffset, shape.slotLength, shape.slotCount, home),
                entries(sibling, shape.firstSlotOffset, shape.slotLength, shape.slotCount, home),
                hashes(shape.countMax));
    }

    /** Those whose tags are refilled excepted, whose hashes are drawn later. */
    private static void expectRecordsWhereTheirHashesSay(final Set<Long> low, final Set<Long> high) {
        final Set<Long> lowRecords =
                low.stream().map(RecordSlotDescriptor::record).collect(Collectors.toSet());
        final Set<Long> highRecords =
                high.stream().map(RecordSlotDescriptor::record).collect(Collectors.toSet());
        final SplittableRandom random = new SplittableRandom(5);
        for (int i = 1; i <= RecordSlotDescriptor.COUNT_MAX; i++) {
            final boolean isHigh = random.nextLong() < 0;
            if (i % Segments.RUN_LENGTH != 0) {
                assertThat(isHigh ? highRecords : lowRecords).contains((long) i << RecordSlotDescriptor.SLOT_LENGTH);
            }
        }
    }

    @Test
    void shouldSplitSegmentsOfRecordsAsTablesDo() {
        rehearse(RecordSegments::rehearse);
        final int first = RecordSlotDescriptor.slotOffset(0);
        final int count = RecordSlotDescriptor.SLOT_COUNT;
        final int length = RecordSlotDescriptor.SLOT_LENGTH;
        final Set<Long> low = entries(pointer, first, length, count, RecordSlotDescriptor::home);
        final Set<Long> high = entries(sibling, first, length, count, RecordSlotDescriptor::home);
        assertThat(low).isNotEmpty();
        assertThat(high).isNotEmpty();
        expectRecordsWhereTheirHashesSay(low, high);
        low.addAll(high);
        final long[] records =
                low.stream().mapToLong(RecordSlotDescriptor::record).sorted().toArray();
        final long[] expected = new long[RecordSlotDescriptor.COUNT_MAX];
        Arrays.setAll(expected, i -> (i + 1L) << RecordSlotDescriptor.SLOT_LENGTH);
        assertThat(records).isEqualTo(expected);
    }
}
