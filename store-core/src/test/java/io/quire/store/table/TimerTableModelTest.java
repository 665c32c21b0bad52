/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random operations on timers against {@link TreeSet}, the order among equal timestamps included, with growing and
 * shrinking, recovery and full memory.
 */
class TimerTableModelTest {
    private static final long AT = RawMemory.ARRAY_OFFSET;

    @Test
    void shouldBehaveAsTheModel() {
        Seed.with(getClass(), seed -> {
            for (int round = 0; round < 3; round++) {
                new Run(seed + round, PagedMemory.anonymous(seed)).steps(40_000);
            }
        });
    }

    @Test
    void shouldBehaveAsTheModelWhenMemoryIsFull() {
        Seed.with(getClass(), seed -> TableModelRun.fillMemory(seed, 5, 20, 6_000, 50, Run::new));
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        Seed.with(getClass(), seed -> {
            for (int round = 0; round < 40; round++) {
                new Run(seed + round, PagedMemory.anonymous(seed)).steps(400_000);
            }
        });
    }

    private record Timer(int key, long timestamp, long sequence) {
        static final Comparator<Timer> ORDER =
                Comparator.comparingLong(Timer::timestamp).thenComparingLong(Timer::sequence);
    }

    private static final class Run extends TableModelRun<TimerTable> {
        private final TreeSet<Timer> model = new TreeSet<>(Timer.ORDER);
        private final Map<Integer, Map<Long, Timer>> byKey = new HashMap<>();
        private long clock;
        private int insertPercent = 90;
        private int shape;

        Run(final long seed, final PagedMemory memory) {
            super(seed, memory, TimerTable::create, 3_000);
        }

        @Override
        TimerTable open(final long root) {
            return TimerTable.open(memory, root);
        }

        private long timestamp() {
            return switch (shape) {
                case 0 -> random.nextInt(50); // many of the same
                case 1 -> clock += random.nextInt(3);
                case 2 -> clock -= random.nextInt(3);
                case 3 -> clock + random.nextInt(2_000);
                default ->
                    switch (random.nextInt(8)) {
                        case 0 -> Long.MIN_VALUE + random.nextInt(2);
                        case 1 -> Long.MAX_VALUE - random.nextInt(2);
                        default -> random.nextLong();
                    };
            };
        }

        @Override
        void step() {
            if (random.nextInt(4_000) == 0) {
                insertPercent = 10 + random.nextInt(90);
                shape = random.nextInt(5);
            }
            if (random.nextInt(100) < insertPercent) {
                insert((int) Math.abs(random.nextGaussian() * 300), timestamp());
                return;
            }
            switch (random.nextInt(20)) {
                case 0 -> removeKey((int) Math.abs(random.nextGaussian() * 300));
                case 1, 2, 3 -> takeFirst(1 + random.nextInt(5));
                case 4 -> takeBack();
                case 5 -> lookAt(timestamp(), random.nextInt(1_000));
                default -> remove(any());
            }
        }

        private void insert(final int key, final long timestamp) {
            final byte[] bytes = entryKey(key, timestamp);
            final Map<Long, Timer> timers = byKey.getOrDefault(key, Map.of());
            assertThat(table.find(bytes, AT, bytes.length) != TimerTable.NONE).isEqualTo(timers.containsKey(timestamp));
            if (timers.containsKey(timestamp)) {
                return;
            }
            table.insert(bytes, AT, bytes.length, TimerTable.NEW);
            add(new Timer(key, timestamp, table.sequence(table.find(bytes, AT, bytes.length))));
        }

        private void add(final Timer timer) {
            assertThat(model.add(timer)).isTrue();
            byKey.computeIfAbsent(timer.key, any -> new HashMap<>()).put(timer.timestamp, timer);
        }

        private void forget(final Timer timer) {
            model.remove(timer);
            final Map<Long, Timer> timers = byKey.get(timer.key);
            timers.remove(timer.timestamp);
            if (timers.isEmpty()) {
                byKey.remove(timer.key);
            }
        }

        private Timer any() {
            if (model.isEmpty()) {
                return null;
            }
            final Timer near = model.ceiling(new Timer(0, timestamp(), 0));
            return near == null || random.nextInt(8) == 0 ? model.last() : near;
        }

        private void remove(final Timer timer) {
            if (timer == null) {
                return;
            }
            final byte[] bytes = entryKey(timer.key, timer.timestamp);
            final long found = table.find(bytes, AT, bytes.length);
            assertThat(table.timestamp(found)).isEqualTo(timer.timestamp);
            table.remove(found, bytes, AT, bytes.length);
            forget(timer);
        }

        private void removeKey(final int key) {
            final byte[] bytes = key(key);
            final Map<Long, Timer> timers = byKey.getOrDefault(key, Map.of());
            assertThat(table.count(bytes, AT, bytes.length)).isEqualTo(timers.size());
            assertThat(table.removeAll(bytes, AT, bytes.length)).isEqualTo(!timers.isEmpty());
            new ArrayList<>(timers.values()).forEach(this::forget);
        }

        private void takeFirst(final int count) {
            for (int i = 0; i < count && !model.isEmpty(); i++) {
                final Timer first = model.first();
                assertThat(table.firstTimestamp()).isEqualTo(first.timestamp);
                final byte[] bytes = keyAt(table.first());
                assertThat(bytes).isEqualTo(entryKey(first.key, first.timestamp));
                table.remove(table.first(), bytes, AT, bytes.length);
                forget(first);
            }
            assertThat(table.isEmpty()).isEqualTo(model.isEmpty());
        }

        /** Removes a timer and puts it back where it was. */
        private void takeBack() {
            final Timer timer = any();
            if (timer != null) {
                remove(timer);
                final byte[] bytes = entryKey(timer.key, timer.timestamp);
                table.insert(bytes, AT, bytes.length, timer.sequence);
                add(timer);
            }
        }

        private void lookAt(final long timestamp, final long sequence) {
            final Timer expected = model.ceiling(new Timer(0, timestamp, sequence));
            final long found = table.ceiling(timestamp, sequence);
            assertThat(found == TimerTable.NONE).isEqualTo(expected == null);
            if (expected != null) {
                assertThat(keyAt(found)).isEqualTo(entryKey(expected.key, expected.timestamp));
            }
        }

        @Override
        void removeSome() {
            while (!model.isEmpty() && random.nextInt(200) > 0) {
                remove(random.nextBoolean() ? model.first() : any());
            }
            compare();
        }

        @Override
        void end() {
            while (!model.isEmpty()) {
                takeFirst(1_000);
            }
            assertThat(table.size()).isZero();
            table.checkInvariants();
            assertThat(table.statistics().extentCount()).isLessThan(30); // one is kept in each size class
            table.clear();
            assertThat(table.statistics().extentCount()).isEqualTo(4);
            table.checkInvariants();
        }

        private static byte[] key(final int key) {
            final byte[] bytes = new byte[key == 0 ? 0 : key % 100 == 1 ? 900 + key : Integer.BYTES + key % 7];
            if (bytes.length > 0) {
                RawMemory.putInt(bytes, AT, key);
            }
            return bytes;
        }

        private static byte[] entryKey(final int key, final long timestamp) {
            final int length = key(key).length;
            final byte[] bytes = Arrays.copyOf(key(key), length + TimerDescriptor.KEY_TRAILER_LENGTH);
            RawMemory.putLong(bytes, AT + length, timestamp);
            RawMemory.putInt(bytes, AT + length + Long.BYTES, length);
            return bytes;
        }

        private byte[] keyAt(final long timer) {
            final byte[] bytes = new byte[table.entryKeyLength(timer)];
            RawMemory.copy(null, table.entryKeyPointer(timer), bytes, AT, bytes.length);
            return bytes;
        }

        @Override
        void compare() {
            table.checkInvariants();
            assertThat(table.size()).isEqualTo(model.size());
            assertThat(table.heads().size()).isEqualTo(byKey.size());
            final List<String> found = new ArrayList<>();
            for (long timer = table.first(); timer != TimerTable.NONE; ) {
                final long timestamp = table.timestamp(timer);
                final long sequence = table.sequence(timer);
                found.add(table.entryKeyLength(timer) + " " + timestamp + " " + sequence);
                timer = table.ceiling(timestamp, sequence + 1);
            }
            final List<String> expected = new ArrayList<>();
            model.forEach(timer -> expected.add(
                    entryKey(timer.key, timer.timestamp).length + " " + timer.timestamp + " " + timer.sequence));
            assertThat(found).isEqualTo(expected);
        }
    }
}
