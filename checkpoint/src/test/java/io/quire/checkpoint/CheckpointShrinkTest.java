/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.checkpoint.io.SimulatedCrash;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.StateStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What checkpoints take on disk follows a state that shrinks, and extents that were given back, dropped from the files
 * and taken again hold their new content and no other, whatever happens in between.
 */
class CheckpointShrinkTest {
    private static final int KEYS = 60_000;
    private static final int VALUE_LENGTH = 104;

    private static final int CYCLE = 240; // operations of the store that crashes: half puts, half removes
    private static final int OPERATIONS = 4 * CYCLE;
    private static final int LONG_VALUE_LENGTH = 20_000;
    private static final long COUNT_KEY = -1;

    /** Every failed checkpoint is logged, and here that is many; kept so that the level stays. */
    private static final Logger LOG = Logger.getLogger("io.quire");

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=CheckpointShrinkTest -Dseed=" + seed;
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[8]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[LONG_VALUE_LENGTH]);
    private FaultStoreFiles files = new FaultStoreFiles();
    private int attempts;
    private int boots = 1;
    private long issued;
    private long acknowledged;
    private long checkpointed;
    private long longestOnDisk;
    private long mergeCount;

    @BeforeAll
    static void silence() {
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(null);
    }

    private Path directory() {
        try {
            Files.createDirectories(temp.resolve("shm"));
            return Files.createDirectories(temp.resolve("store-" + attempts)).toRealPath();
        } catch (final IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private DurableStoreContext context(final Durability durability) {
        return new DurableStoreContext()
                .directory(directory())
                .sharedMemoryDirectory(temp.resolve("shm"))
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(20)
                .changeRingLength(256 * 1024)
                .logSegmentLength(256 * 1024)
                .durability(durability)
                .checkpointIntervalNs(0)
                .bootIdHash(boots)
                .storeFiles(files);
    }

    private long lengthOnDisk() {
        long length = 0;
        final Path directory = directory();
        for (final String name : files.list(directory)) {
            if (StoreFileNames.parseCheckpointFile(name) != StoreFileNames.NOT_A_MATCH) {
                final byte[] content = files.content(directory.resolve(name));
                length += content == null ? 0 : content.length; // one may have gone meanwhile
            }
        }
        return length;
    }

    @Test
    void shouldTakeAsMuchOfTheDiskAsIsLeftOfTheState() {
        files.createDirectories(directory());
        final Map<Long, Long> left = new HashMap<>();
        final long full;
        try (DurableStateStore store = DurableStateStore.open(context(Durability.NONE))) {
            final BytesState bytes = store.bytesState("bytes");
            final LongLongState longs = store.longLongState("longs");
            final LongLongState dropped = store.longLongState("dropped");
            for (long i = 0; i < KEYS; i++) {
                put(bytes, left, i);
                longs.put(i, i ^ seed);
                dropped.put(i, i ^ seed);
            }
            store.checkpoint().join();
            full = lengthOnDisk();
            final List<Long> leaving = new ArrayList<>(left.keySet());
            Collections.shuffle(leaving, random);
            for (final long number : leaving.subList(0, KEYS / 10 * 9)) {
                remove(bytes, left, number);
                longs.remove(number);
            }
            store.dropState("dropped");
            final long shrunk = awaitLengthOnDisk(store, full / 3);
            System.out.printf("%s: %d bytes on disk, %d after 90 %% were removed%n", replay, full, shrunk);
            assertThat(shrunk).as(replay).isLessThan(full / 3);
            check(store, left);
        }
        try (DurableStateStore store = DurableStateStore.open(context(Durability.NONE))) {
            check(store, left);
            final LongLongState dropped = store.longLongState("dropped"); // takes what was given back
            for (long i = 0; i < KEYS; i++) {
                put(store.bytesState("bytes"), left, i);
                store.longLongState("longs").put(i, i ^ seed);
                assertThat(dropped.get(i, -1)).as(replay).isEqualTo(-1);
                dropped.put(i, ~i);
            }
            store.checkpoint().join();
        }
        try (DurableStateStore store = DurableStateStore.open(context(Durability.NONE))) {
            check(store, left);
            final LongLongState dropped = store.longLongState("dropped");
            dropped.checkInvariants();
            for (long i = 0; i < KEYS; i++) {
                assertThat(dropped.get(i, -1)).as(replay).isEqualTo(~i);
            }
        }
    }

    /** Takes small checkpoints until as many bytes are left on disk, or for a while. */
    private long awaitLengthOnDisk(final DurableStateStore store, final long wanted) {
        final LongLongState longs = store.longLongState("other");
        long length = Long.MAX_VALUE;
        for (int i = 0; i < 200 && length >= wanted; i++) {
            longs.put(0, i);
            store.checkpoint().join();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            length = lengthOnDisk();
        }
        return length;
    }

    private void put(final BytesState bytes, final Map<Long, Long> model, final long number) {
        final long content = random.nextLong();
        fill(VALUE_LENGTH, content);
        key.putLong(0, number);
        bytes.put(key, 0, 8, value, 0, VALUE_LENGTH);
        model.put(number, content);
    }

    private void remove(final BytesState bytes, final Map<Long, Long> model, final long number) {
        key.putLong(0, number);
        assertThat(bytes.remove(key, 0, 8)).as(replay).isTrue();
        model.remove(number);
    }

    /** Content that does not compress, and follows from one number. */
    private void fill(final int length, final long content) {
        long next = content;
        for (int i = 0; i < length; i += 8) {
            value.putLong(i, next);
            next = next * 6364136223846793005L + 1442695040888963407L;
        }
    }

    private void check(final DurableStateStore store, final Map<Long, Long> model) {
        final BytesState bytes = store.bytesState("bytes");
        final LongLongState longs = store.longLongState("longs");
        bytes.checkInvariants();
        longs.checkInvariants();
        assertThat(bytes.size()).as(replay).isEqualTo(model.size());
        assertThat(longs.size()).as(replay).isEqualTo(model.size());
        for (final Map.Entry<Long, Long> entry : model.entrySet()) {
            checkValue(bytes, entry.getKey(), VALUE_LENGTH, entry.getValue(), replay);
            assertThat(longs.get(entry.getKey(), 0)).as(replay).isEqualTo(entry.getKey() ^ seed);
        }
    }

    private void checkValue(
            final BytesState bytes, final long number, final int length, final long content, final String what) {
        final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        key.putLong(0, number);
        assertThat(bytes.wrap(key, 0, 8, view)).as(what).isTrue();
        fill(length, content);
        assertThat(view.capacity()).as(what).isEqualTo(length);
        for (int i = 0; i < length; i += 8) {
            if (view.getLong(i) != value.getLong(i)) {
                throw new AssertionError("key " + number + " offset " + i + ": " + what);
            }
        }
    }

    @Test
    void shouldRecoverAPrefixFromWhereverItIsKilledWhileItShrinksAndGrows() {
        final long calls = countCalls();
        final long stride = Math.max(1, calls / 30);
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            final FileFault fault = call % 2 == 0 ? FileFault.CRASH_AFTER : FileFault.CRASH_BEFORE;
            run(call, fault, Durability.PROCESS);
            files = files.afterKill();
            checkPrefix(acknowledged, Durability.PROCESS, "killed at call " + call + " " + replay);
        }
    }

    @Test
    void shouldRecoverAPrefixWhenPowerIsLostWhileItShrinksAndGrows() {
        final long calls = countCalls();
        final long stride = Math.max(1, calls / 30);
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            run(call, FileFault.CRASH_AFTER, Durability.PROCESS);
            restartMachine();
            files = files.afterPowerLoss(seed + call);
            checkPrefix(checkpointed, Durability.PROCESS, "power lost at call " + call + " " + replay);
        }
    }

    @Test
    void shouldRecoverAPrefixWhenCallsFailWhileItShrinksAndGrows() {
        final long calls = countCalls();
        final long stride = Math.max(1, calls / 30);
        for (long call = 1 + Math.floorMod(seed, stride); call <= calls; call += stride) {
            run(call, call % 2 == 0 ? FileFault.IO_ERROR : FileFault.DISK_FULL, Durability.PROCESS);
            files.heal();
            files = files.afterKill();
            checkPrefix(acknowledged, Durability.PROCESS, "call " + call + " failed " + replay);
        }
    }

    /** Also shows that the store does in these tests what they are about. */
    private long countCalls() {
        run(Long.MAX_VALUE, FileFault.IO_ERROR, Durability.PROCESS);
        assertThat(acknowledged).isEqualTo(OPERATIONS);
        assertThat(files.openHandles()).isEmpty();
        assertThat(mergeCount).isPositive();
        assertThat(lengthOnDisk()).isLessThan(longestOnDisk / 2);
        return files.callCount();
    }

    /** Works until it is done or the store refuses. */
    private void run(final long failingCall, final FileFault fault, final Durability durability) {
        attempts++;
        files = new FaultStoreFiles();
        files.createDirectories(directory());
        files.failAt(failingCall, fault);
        issued = 0;
        acknowledged = 0;
        checkpointed = 0;
        longestOnDisk = 0;
        try (DurableStateStore store = DurableStateStore.open(context(durability))) {
            final BytesState bytes = store.bytesState("s");
            final LongLongState count = store.longLongState("count");
            for (long i = 1; i <= OPERATIONS; i++) {
                issued = i;
                store.beginBatch();
                change(bytes, i);
                count.put(COUNT_KEY, i);
                store.commitBatch();
                acknowledged = i;
                if (i % (CYCLE / 4) == 0) {
                    checkpoint(store, i);
                }
            }
            checkpoint(store, OPERATIONS);
            if (failingCall == Long.MAX_VALUE) {
                awaitLengthOnDisk(store, longestOnDisk / 2);
            }
            mergeCount = store.status().checkpoints().merges();
        } catch (final StateStoreException | SimulatedCrash e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private void checkpoint(final DurableStateStore store, final long count) {
        try {
            store.checkpoint().join();
            checkpointed = count;
            longestOnDisk = Math.max(longestOnDisk, lengthOnDisk());
        } catch (final CompletionException e) {
            assertThat(e.getCause()).isInstanceOf(StateStoreException.class);
        }
    }

    /** Operation i puts or removes one key; every half cycle changes from the one to the other. */
    private static boolean isPut(final long i) {
        return (i - 1) / (CYCLE / 2) % 2 == 0;
    }

    private static long keyOf(final long i) {
        return (i - 1) % (CYCLE / 2);
    }

    private void change(final BytesState bytes, final long i) {
        key.putLong(0, keyOf(i));
        if (isPut(i)) {
            fill(LONG_VALUE_LENGTH, seed + i);
            bytes.put(key, 0, 8, value, 0, LONG_VALUE_LENGTH);
        } else {
            bytes.remove(key, 0, 8);
        }
    }

    private void checkPrefix(final long least, final Durability durability, final String what) {
        try (DurableStateStore store = DurableStateStore.open(context(durability))) {
            final BytesState bytes = store.bytesState("s");
            final LongLongState counts = store.longLongState("count");
            final long count = counts.get(COUNT_KEY, 0);
            assertThat(count).as(what).isBetween(least, issued);
            final Map<Long, Long> model = new HashMap<>();
            for (long i = 1; i <= count; i++) {
                if (isPut(i)) {
                    model.put(keyOf(i), seed + i);
                } else {
                    model.remove(keyOf(i));
                }
            }
            bytes.checkInvariants();
            assertThat(bytes.size()).as(what).isEqualTo(model.size());
            model.forEach((number, content) -> checkValue(bytes, number, LONG_VALUE_LENGTH, content, what));
            for (long i = 1; i <= CYCLE / 2; i++) { // the store is usable, and what it takes is as new
                change(bytes, i);
            }
            bytes.checkInvariants();
        }
    }

    /** Memory files are gone, and the next open can tell why. */
    private void restartMachine() {
        boots++;
        try (var paths = Files.walk(temp.resolve("shm"))) {
            for (final Path path : paths.filter(Files::isRegularFile).toList()) {
                Files.delete(path);
            }
        } catch (final IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
