/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.BytesCursor;
import io.quire.store.Durability;
import io.quire.store.FixedBytesState;
import io.quire.store.LongBytesState;
import io.quire.store.LongDoubleCursor;
import io.quire.store.LongDoubleState;
import io.quire.store.LongSetCursor;
import io.quire.store.LongSetState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations on the states of primitives and of fixed widths and on plain collections, with checkpoints, batches
 * that are rolled back, updaters that throw, and reopening in between.
 */
class PrimitiveStatesModelTest {
    private static final int KEY_LENGTH = 16;
    private static final int VALUE_LENGTH = 24;

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=PrimitiveStatesModelTest -Dseed=" + seed;

    private Set<Long> set = new HashSet<>();
    private Map<Long, Double> doubles = new HashMap<>();
    private Map<Long, ByteBuffer> bytes = new HashMap<>();
    private Map<ByteBuffer, ByteBuffer> fixed = new HashMap<>();
    private DurableStateStore store;
    private LongSetState setState;
    private LongDoubleState doubleState;
    private LongBytesState bytesState;
    private FixedBytesState fixedState;

    @Test
    void shouldBehaveAsTheModelAcrossReopening() {
        run(20, 6_000);
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        run(1_000, 50_000);
    }

    private void run(final int sessions, final int operations) {
        for (int session = 0; session < sessions; session++) {
            open();
            compare();
            final int count = random.nextInt(operations);
            for (int i = 0; i < count; i++) {
                step();
            }
            if (random.nextInt(3) == 0) {
                store.checkpoint().join();
            }
            compare();
            store.close();
        }
    }

    private void open() {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(21)
                .durability(Durability.PROCESS)
                .changeRingLength(64 * 1024)
                .logSegmentLength(256 * 1024)
                .checkpointIntervalNs(random.nextBoolean() ? 0 : 5_000_000)
                .hydrateInBackground(random.nextBoolean())
                .checkpointOnClose(random.nextBoolean()));
        setState = store.longSetState("set");
        doubleState = store.longDoubleState("doubles");
        bytesState = store.longBytesState("bytes");
        fixedState = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
    }

    private void step() {
        final int kind = random.nextInt(1000);
        if (kind < 20) {
            batch();
        } else if (kind == 20) {
            store.checkpoint();
        } else if (kind == 21 && random.nextInt(8) == 0) {
            setState.clear();
            set.clear();
            doubleState.clear();
            doubles.clear();
            bytesState.clear();
            bytes.clear();
            fixedState.clear();
            fixed.clear();
        } else {
            operation();
        }
    }

    private void batch() {
        final Set<Long> setBefore = new HashSet<>(set);
        final Map<Long, Double> doublesBefore = new HashMap<>(doubles);
        final Map<Long, ByteBuffer> bytesBefore = new HashMap<>(bytes);
        final Map<ByteBuffer, ByteBuffer> fixedBefore = new HashMap<>(fixed);
        store.beginBatch();
        final int count = random.nextInt(20);
        for (int i = 0; i < count; i++) {
            operation();
        }
        if (random.nextBoolean()) {
            store.commitBatch();
        } else {
            store.rollbackBatch();
            set = setBefore;
            doubles = doublesBefore;
            bytes = bytesBefore;
            fixed = fixedBefore;
        }
    }

    private void operation() {
        final long key = random.nextInt(3_000) - 10;
        switch (random.nextInt(4)) {
            case 0 -> setOperation(key);
            case 1 -> doubleOperation(key);
            case 2 -> bytesOperation(key);
            default -> fixedOperation();
        }
    }

    private void setOperation(final long key) {
        switch (random.nextInt(3)) {
            case 0 -> assertThat(setState.remove(key)).as(replay).isEqualTo(set.remove(key));
            case 1 -> assertThat(setState.add(key)).as(replay).isEqualTo(set.add(key));
            default -> assertThat(setState.contains(key)).as(replay).isEqualTo(set.contains(key));
        }
    }

    private void doubleOperation(final long key) {
        final double value = random.nextGaussian();
        final double present = doubles.getOrDefault(key, -1.0);
        switch (random.nextInt(8)) {
            case 0 -> {
                doubleState.put(key, value);
                doubles.put(key, value);
            }
            case 1 ->
                assertThat(doubleState.addAndGet(key, value))
                        .as(replay)
                        .isEqualTo(doubles.merge(key, value, Double::sum));
            case 2 -> {
                assertThat(doubleState.compareAndSet(key, present, 5)).isEqualTo(doubles.containsKey(key));
                doubles.computeIfPresent(key, (any, old) -> 5.0);
            }
            case 3 -> {
                assertThat(doubleState.putIfAbsent(key, value, -1)).isEqualTo(present);
                doubles.putIfAbsent(key, value);
            }
            case 4 -> assertThat(doubleState.remove(key)).as(replay).isEqualTo(doubles.remove(key) != null);
            case 5 -> {
                assertThat(doubleState.getAndAdd(key, value)).as(replay).isEqualTo(doubles.getOrDefault(key, 0.0));
                doubles.merge(key, value, Double::sum);
            }
            case 6 -> getDoubles(key);
            default -> {
                assertThat(doubleState.get(key, -1)).as(replay).isEqualTo(present);
                assertThat(doubleState.containsKey(key)).isEqualTo(doubles.containsKey(key));
            }
        }
    }

    private void getDoubles(final long firstKey) {
        final int from = random.nextInt(3);
        final int count = random.nextInt(80);
        final long[] keys = new long[from + count];
        final double[] expected = new double[from + count];
        final double[] values = new double[from + count];
        for (int i = from; i < keys.length; i++) {
            keys[i] = firstKey + i;
            expected[i] = doubles.getOrDefault(keys[i], -1.0);
        }
        doubleState.getAll(keys, from, count, values, -1);
        assertThat(values).as(replay).isEqualTo(expected);
    }

    private ByteBuffer random(final int length) {
        final byte[] value = new byte[length];
        random.nextBytes(value);
        return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static DirectBuffer buffer(final ByteBuffer bytes) {
        return new UnsafeBuffer(bytes);
    }

    private void bytesOperation(final long key) {
        final ByteBuffer value = random(random.nextInt(100) == 0 ? random.nextInt(70_000) : random.nextInt(200));
        final boolean present = bytes.containsKey(key);
        switch (random.nextInt(6)) {
            case 0 -> {
                bytesState.put(key, buffer(value), 0, value.capacity());
                bytes.put(key, value);
            }
            case 1 -> {
                assertThat(bytesState.putIfAbsent(key, buffer(value), 0, value.capacity()))
                        .as(replay)
                        .isEqualTo(!present);
                bytes.putIfAbsent(key, value);
            }
            case 2 -> {
                assertThat(bytesState.update(key, view -> {
                            if (view.capacity() > 0) {
                                view.putByte(view.capacity() - 1, (byte) 77);
                            }
                            assertThat(bytesState.containsKey(key + 1)).isEqualTo(bytes.containsKey(key + 1));
                        }))
                        .as(replay)
                        .isEqualTo(present);
                bytes.computeIfPresent(
                        key, (any, old) -> old.capacity() == 0 ? old : changed(old, old.capacity() - 1, (byte) 77));
            }
            case 3 -> {
                if (present) {
                    assertThatThrownBy(() -> bytesState.update(key, view -> {
                                view.setMemory(0, view.capacity(), (byte) 1);
                                throw new IllegalStateException("made to fail");
                            }))
                            .hasMessage("made to fail");
                }
            }
            case 4 -> assertThat(bytesState.remove(key)).as(replay).isEqualTo(bytes.remove(key) != null);
            default ->
                assertThat(bytesState.valueLength(key))
                        .as(replay)
                        .isEqualTo(present ? bytes.get(key).capacity() : LongBytesState.NOT_FOUND);
        }
    }

    private static ByteBuffer changed(final ByteBuffer old, final int at, final byte value) {
        final byte[] copy = old.array().clone();
        copy[at] = value;
        return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void fixedOperation() {
        final ByteBuffer key = ByteBuffer.allocate(KEY_LENGTH).putInt(12 * random.nextInt(2), random.nextInt(1_500));
        final DirectBuffer keyBuffer = buffer(key);
        final ByteBuffer value = random(VALUE_LENGTH);
        final ByteBuffer present = fixed.get(key);
        switch (random.nextInt(8)) {
            case 0 -> {
                fixedState.put(keyBuffer, 0, buffer(value), 0);
                fixed.put(key, value);
            }
            case 1 -> {
                assertThat(fixedState.putIfAbsent(keyBuffer, 0, buffer(value), 0))
                        .as(replay)
                        .isEqualTo(present == null);
                fixed.putIfAbsent(key, value);
            }
            case 2 -> {
                final ByteBuffer sum = present == null ? zeros() : changed(present, 0, present.get(0));
                sum.putLong(8, sum.getLong(8) + 3);
                if (random.nextBoolean()) {
                    assertThat(fixedState.addAndGet(keyBuffer, 0, 8, 3))
                            .as(replay)
                            .isEqualTo(sum.getLong(8));
                } else {
                    assertThat(fixedState.getAndAdd(keyBuffer, 0, 8, 3))
                            .as(replay)
                            .isEqualTo(sum.getLong(8) - 3);
                }
                fixed.put(key, sum);
            }
            case 3 -> {
                final ByteBuffer expected = present != null && random.nextBoolean() ? present : value;
                assertThat(fixedState.compareAndSet(keyBuffer, 0, buffer(expected), 0, buffer(value), 0))
                        .as(replay)
                        .isEqualTo(expected == present);
                if (expected == present) {
                    fixed.put(key, value);
                }
            }
            case 4 -> {
                final ByteBuffer old = present == null ? zeros() : present;
                assertThat(fixedState.insertOrUpdate(keyBuffer, 0, view -> view.putByte(5, (byte) 9)))
                        .as(replay)
                        .isEqualTo(present != null);
                fixed.put(key, changed(old, 5, (byte) 9));
            }
            case 5 -> {
                if (present != null) {
                    assertThatThrownBy(() -> fixedState.update(keyBuffer, 0, view -> {
                                view.setMemory(0, VALUE_LENGTH, (byte) 1);
                                fixedState.addAndGet(keyBuffer, 0, 0, 1);
                            }))
                            .hasMessageContaining("an updater must not update");
                }
            }
            case 6 -> assertThat(fixedState.remove(keyBuffer, 0)).as(replay).isEqualTo(fixed.remove(key) != null);
            default -> {
                final UnsafeBuffer target = new UnsafeBuffer(new byte[VALUE_LENGTH]);
                assertThat(fixedState.get(keyBuffer, 0, target, 0)).as(replay).isEqualTo(present != null);
                if (present != null) {
                    assertThat(copy(target)).as(replay).isEqualTo(present);
                }
            }
        }
    }

    private static ByteBuffer zeros() {
        return ByteBuffer.allocate(VALUE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void compare() {
        final Set<Long> keys = new HashSet<>();
        setState.forEach(key -> assertThat(keys.add(key)).isTrue());
        assertThat(keys).as(replay).isEqualTo(set);
        final LongSetCursor setCursor = setState.cursor();
        while (setCursor.next()) {
            assertThat(keys.remove(setCursor.key())).as(replay).isTrue();
        }
        assertThat(keys).isEmpty();
        final Map<Long, Double> values = new HashMap<>();
        doubleState.forEach(values::put);
        assertThat(values).as(replay).isEqualTo(doubles);
        final LongDoubleCursor doubleCursor = doubleState.cursor();
        while (doubleCursor.next()) {
            assertThat(values.remove(doubleCursor.key())).as(replay).isEqualTo(doubleCursor.value());
        }
        assertThat(values).isEmpty();
        assertThat(bytesState.size()).as(replay).isEqualTo(bytes.size());
        bytesState.forEach((key, value) -> assertThat(copy(value)).as(replay).isEqualTo(bytes.get(key)));
        compareFixed();
        setState.checkInvariants();
        doubleState.checkInvariants();
        bytesState.checkInvariants();
        fixedState.checkInvariants();
    }

    private void compareFixed() {
        final Map<ByteBuffer, ByteBuffer> found = new HashMap<>();
        fixedState.forEach((key, value) -> found.put(copy(key), copy(value)));
        assertThat(found).as(replay).isEqualTo(fixed);
        final Map<ByteBuffer, ByteBuffer> walked = new HashMap<>();
        try (BytesCursor cursor = fixedState.cursor()) {
            while (cursor.next()) {
                assertThat(walked.put(copy(cursor.key()), copy(cursor.value()))).isNull();
            }
        }
        assertThat(walked).as(replay).isEqualTo(fixed);
    }

    private static ByteBuffer copy(final DirectBuffer buffer) {
        final byte[] copied = new byte[buffer.capacity()];
        buffer.getBytes(0, copied);
        return ByteBuffer.wrap(copied).order(ByteOrder.LITTLE_ENDIAN);
    }
}
