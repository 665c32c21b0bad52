/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random operations on a store and on plain maps, with checkpoints, batches and reopening in between. */
class DurableStateStoreModelTest {
    private static final Durability[] LOGGED = {Durability.PROCESS, Durability.GROUP};

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=DurableStateStoreModelTest -Dseed=" + seed;

    private Map<Long, Long> longs = new HashMap<>();
    private Map<ByteBuffer, ByteBuffer> entries = new HashMap<>();
    private DurableStateStore store;
    private LongLongState longState;
    private BytesState bytesState;

    @Test
    void shouldBehaveAsTheModelAcrossReopening() {
        run(30, 4_000);
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        run(2_000, 50_000);
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
                .durability(LOGGED[random.nextInt(LOGGED.length)])
                .changeRingLength(64 * 1024 << random.nextInt(4))
                .logSegmentLength(256 * 1024)
                .capturePoolLength(64 * 1024)
                .chainLengthMax(2 + random.nextInt(6))
                .checkpointIntervalNs(random.nextBoolean() ? 0 : 5_000_000)
                .hydrateInBackground(random.nextBoolean())
                .compressCheckpoints(random.nextBoolean())
                .checkpointOnClose(random.nextBoolean()));
        longState = store.longLongState("longs");
        bytesState = store.bytesState("bytes");
    }

    private void step() {
        final int kind = random.nextInt(1000);
        if (kind < 20) {
            batch();
        } else if (kind == 20) {
            store.checkpoint();
        } else if (kind == 21 && random.nextInt(10) == 0) {
            longState.clear();
            longs.clear();
        } else if (kind == 22 && random.nextInt(10) == 0) {
            bytesState.clear();
            entries.clear();
        } else {
            operation();
        }
    }

    private void batch() {
        final Map<Long, Long> longsBefore = new HashMap<>(longs);
        final Map<ByteBuffer, ByteBuffer> entriesBefore = new HashMap<>(entries);
        store.beginBatch();
        final int count = random.nextInt(20);
        for (int i = 0; i < count; i++) {
            operation();
        }
        if (random.nextBoolean()) {
            store.commitBatch();
        } else {
            store.rollbackBatch();
            longs = longsBefore;
            entries = entriesBefore;
        }
    }

    private void operation() {
        final long key = random.nextInt(5_000) - 10;
        switch (random.nextInt(8)) {
            case 0 -> {
                longState.put(key, seed + key);
                longs.put(key, seed + key);
            }
            case 1 -> assertThat(longState.addAndGet(key, 3)).as(replay).isEqualTo(longs.merge(key, 3L, Long::sum));
            case 2 -> assertThat(longState.remove(key)).as(replay).isEqualTo(longs.remove(key) != null);
            case 3 ->
                assertThat(longState.get(key, Long.MIN_VALUE))
                        .as(replay)
                        .isEqualTo(longs.getOrDefault(key, Long.MIN_VALUE));
            case 4 -> removeEntry(keyBytes());
            default -> putEntry(keyBytes());
        }
    }

    private byte[] keyBytes() {
        final byte[] key = new byte[4 + random.nextInt(3) * 20];
        ByteBuffer.wrap(key).putInt(0, random.nextInt(2_000));
        return key;
    }

    private void putEntry(final byte[] key) {
        final int sizes = random.nextInt(200);
        final byte[] value = new byte[sizes == 0 ? 100_000 : sizes < 10 ? random.nextInt(5_000) : random.nextInt(120)];
        random.nextBytes(value);
        bytesState.put(new UnsafeBuffer(key), 0, key.length, new UnsafeBuffer(value), 0, value.length);
        entries.put(ByteBuffer.wrap(key), ByteBuffer.wrap(value));
    }

    private void removeEntry(final byte[] key) {
        final boolean removed = bytesState.remove(new UnsafeBuffer(key), 0, key.length);
        assertThat(removed).as(replay).isEqualTo(entries.remove(ByteBuffer.wrap(key)) != null);
    }

    private void compare() {
        assertThat(longState.size()).as(replay).isEqualTo(longs.size());
        longState.forEach((key, value) -> assertThat(longs.get(key)).as(replay).isEqualTo(value));
        assertThat(bytesState.size()).as(replay).isEqualTo(entries.size());
        bytesState.forEach(
                (key, value) -> assertThat(entries.get(copy(key))).as(replay).isEqualTo(copy(value)));
        longState.checkInvariants();
        bytesState.checkInvariants();
    }

    private static ByteBuffer copy(final DirectBuffer buffer) {
        final byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return ByteBuffer.wrap(bytes);
    }
}
