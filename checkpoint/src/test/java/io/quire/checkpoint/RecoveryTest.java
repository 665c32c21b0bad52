/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What opening an existing store does, how much of it, and what it refuses. */
class RecoveryTest {
    @TempDir
    Path temp;

    private DurableStoreContext context(final String name) {
        return new DurableStoreContext()
                .directory(temp.resolve(name))
                .sharedMemoryDirectory(temp.resolve("shm"))
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .changeRingLength(64 * 1024)
                .checkpointIntervalNs(0);
    }

    private static void fill(final DurableStateStore store, final int entries) {
        final LongLongState longs = store.longLongState("longs");
        final BytesState bytes = store.bytesState("bytes");
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[40]);
        for (int i = 0; i < entries; i++) {
            longs.put(i, -i);
            key.putLong(0, i);
            value.putLong(0, i * 3L);
            bytes.put(key, 0, Long.BYTES, value, 0, value.capacity());
        }
    }

    @Test
    void shouldDoTheSameWorkBeforeTheFirstReadWhateverTheSizeOfTheState() {
        final long[] pages = new long[2];
        final long[] bytes = new long[2];
        final long[] lengths = new long[2];
        for (int i = 0; i < 2; i++) {
            final DurableStoreContext context = context("store-" + i);
            try (DurableStateStore store = DurableStateStore.open(context)) {
                fill(store, i == 0 ? 10_000 : 320_000);
            }
            try (DurableStateStore store = DurableStateStore.open(context.hydrateInBackground(false))) {
                lengths[i] = store.recoveryReport().stateLength();
                assertThat(store.longLongState("longs").get(77, 0)).isEqualTo(-77);
                pages[i] = store.hydration().loadedPages();
                bytes[i] = store.checkpointBytesRead();
                assertThat(store.hydration().isComplete()).isFalse();
            }
        }
        assertThat(lengths[1]).isGreaterThan(20 * lengths[0]);
        // Window header, catalog, roots, a node or two and a segment: a handful of extents of 16 pages.
        assertThat(pages[1]).isLessThanOrEqualTo(pages[0] + 64).isLessThan(160);
        assertThat(bytes[1]).isLessThan(bytes[0] + 512 * 1024);
    }

    @Test
    void shouldTellWhereTheTimeOfOpeningWent() {
        final DurableStoreContext context = context("store").checkpointOnClose(false);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            fill(store, 5_000);
            store.checkpoint().join();
            fill(store, 5_000);
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final RecoveryReport report = store.recoveryReport();
            final RecoveryPhases phases = report.phases();
            final List<Long> all = List.of(
                    phases.lockNs(),
                    phases.manifestNs(),
                    phases.filesNs(),
                    phases.catalogNs(),
                    phases.replayNs(),
                    phases.ringNs(),
                    phases.startNs());
            assertThat(all).allSatisfy(ns -> assertThat(ns).isPositive());
            assertThat(all.stream().mapToLong(Long::longValue).sum()).isLessThanOrEqualTo(report.openNs());
            assertThat(report.logRecordCount()).isEqualTo(10_000);
            assertThat(report.replayRecordsPerSecond()).isPositive();
            assertThat(report.loadedPageCount()).isPositive();
            assertThat(report.checkpointBytesRead()).isPositive();
            store.awaitHydrated();
            assertThat(store.hydration().isComplete()).isTrue();
            assertThat(store.hydration().bytesPerSecond()).isPositive();
        }
    }

    @Test
    void shouldHydrateAtTheGivenRate() {
        final DurableStoreContext context = context("store").hydrationBytesPerSecond(1);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            fill(store, 20_000);
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            // The first run of pages uses the rate up for hours; what is touched comes at once nevertheless.
            assertThat(store.longLongState("longs").get(19_999, 0)).isEqualTo(-19_999);
            assertThat(store.hydration().isEnded()).isFalse();
            assertThat(store.longLongState("longs").size()).isEqualTo(20_000);
            store.bytesState("bytes").checkInvariants();
        }
    }

    /** Only the files of one cycle after the other carry these bytes on, and no two threads load them in one order. */
    @Test
    void shouldRecoverEveryByteOfEveryPageOverManyCyclesWithChains() throws Exception {
        final long seed = Long.getLong("seed", System.nanoTime());
        final String replay =
                "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=RecoveryTest -Dseed=" + seed;
        final Random random = new Random(seed);
        byte[][] expected = null;
        for (int cycle = 0; cycle < 12; cycle++) {
            final DurableStoreContext context = context("store")
                    .chainLengthMax(2 + random.nextInt(12))
                    .checkpointOnClose(false)
                    .compressCheckpoints(random.nextBoolean())
                    .hydrateInBackground(random.nextBoolean());
            try (DurableStateStore store = DurableStateStore.open(context)) {
                if (expected != null) {
                    assertThat(store.recoveryReport().logRecordCount())
                            .as(replay)
                            .isZero();
                    compare(store.stateStore().memory(), expected, random, replay);
                }
                for (int checkpoint = random.nextInt(4); checkpoint >= 0; checkpoint--) {
                    change(store, random);
                    store.checkpoint().join();
                }
                expected = image(store.stateStore().memory());
            }
        }
    }

    /** Inserts and overwrites, which never give an extent back: all that is not written is zero. */
    private static void change(final DurableStateStore store, final Random random) {
        final LongLongState longs = store.longLongState("longs");
        final BytesState bytes = store.bytesState("bytes");
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[300]);
        for (int i = random.nextInt(4_000); i >= 0; i--) {
            longs.addAndGet(random.nextInt(40_000), i);
            key.putLong(0, random.nextInt(10_000));
            value.putLong(random.nextInt(30) * Long.BYTES, random.nextLong());
            bytes.put(key, 0, Long.BYTES, value, 0, 240);
        }
    }

    private static byte[][] image(final PagedMemory memory) {
        final byte[][] image = new byte[memory.pageLimit()][PageDescriptor.PAGE_LENGTH];
        for (int page = 0; page < image.length; page++) {
            copy(memory, page, image[page]);
        }
        return image;
    }

    private static void copy(final PagedMemory memory, final int page, final byte[] target) {
        final long pointer = memory.forRead(PageDescriptor.addressOfPage(page), PageDescriptor.PAGE_LENGTH);
        RawMemory.copy(null, pointer, target, RawMemory.ARRAY_OFFSET, target.length);
    }

    private static void compare(
            final PagedMemory memory, final byte[][] expected, final Random random, final String replay)
            throws InterruptedException {
        assertThat(memory.pageLimit()).as(replay).isEqualTo(expected.length);
        final List<String> differences = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            final Random order = new Random(random.nextLong());
            final Thread thread = new Thread(() -> {
                final byte[] found = new byte[PageDescriptor.PAGE_LENGTH];
                final int first = order.nextInt(expected.length);
                for (int j = 0; j < expected.length; j++) {
                    final int page = (int) ((first + j * 7919L) % expected.length);
                    copy(memory, page, found);
                    if (!Arrays.equals(found, expected[page])) {
                        synchronized (differences) {
                            differences.add("page " + page + " differs, " + replay);
                        }
                    }
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        assertThat(differences).isEmpty();
        for (int page = 0; page < expected.length; page++) {
            final byte[] found = new byte[PageDescriptor.PAGE_LENGTH];
            copy(memory, page, found);
            assertThat(found).as("page %d, %s", page, replay).isEqualTo(expected[page]);
        }
    }

    @Test
    void shouldRefuseTheLogOfAKilledProcessWithoutItsRing() throws Exception {
        copyOfRunning(Durability.PROCESS);
        final DurableStoreContext context = context("copy").sharedMemoryDirectory(temp.resolve("elsewhere"));
        assertThatThrownBy(() -> DurableStateStore.open(context))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("the change-log ring is missing")
                .hasMessageContaining("accept the loss");
        // What failed has changed nothing: it fails again.
        assertThatThrownBy(() -> DurableStateStore.open(context)).hasMessageContaining("ring is missing");
        try (DurableStateStore store = DurableStateStore.open(context.acceptLossOnFallback(true))) {
            assertThat(store.longLongState("longs").size()).isBetween(1L, 5_000L);
        }
        try (DurableStateStore store = DurableStateStore.open(context.acceptLossOnFallback(false))) {
            assertThat(store.longLongState("longs").size()).isBetween(1L, 5_000L);
        }
    }

    @Test
    void shouldBlameTheLogAndNotTheCheckpointsWhenTheLogIsGone() throws Exception {
        final DurableStoreContext context =
                context("store").retainedCheckpoints(3).checkpointOnClose(false);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            for (int i = 0; i < 4; i++) {
                store.longLongState("longs").put(i, i);
                store.checkpoint().join();
            }
        }
        try (Stream<Path> segments = Files.list(temp.resolve("store/log"))) {
            for (final Path segment : segments.toList()) {
                Files.delete(segment);
            }
        }
        assertThatThrownBy(() -> DurableStateStore.open(context))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("the change log is missing")
                .hasMessageNotContaining("checkpoint is damaged");
    }

    @Test
    void shouldNotAskForTheRingAfterARestartOfTheSystem() throws Exception {
        copyOfRunning(Durability.PROCESS);
        final DurableStoreContext context =
                context("copy").sharedMemoryDirectory(temp.resolve("elsewhere")).bootIdHash(4711);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.longLongState("longs").size()).isBetween(1L, 5_000L);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"GROUP", "SYNC"})
    void shouldNotAskForTheRingWhenNothingIsAcknowledgedBeforeItIsForced(final Durability durability) throws Exception {
        copyOfRunning(durability);
        final DurableStoreContext context =
                context("copy").sharedMemoryDirectory(temp.resolve("elsewhere")).durability(durability);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.longLongState("longs").size()).isBetween(1L, 5_000L);
        }
    }

    /** Copies a store that is open, as a kill would leave it, but for the ring and what leads to it. */
    private void copyOfRunning(final Durability durability) throws IOException {
        Files.createDirectory(temp.resolve("shm"));
        Files.createDirectory(temp.resolve("elsewhere"));
        try (DurableStateStore store = DurableStateStore.open(context("store").durability(durability))) {
            final int count = durability == Durability.SYNC ? 20 : 5_000;
            for (int i = 0; i < count; i++) {
                store.longLongState("longs").put(i, i);
            }
            assertThat(store.awaitDurable(store.appliedPosition(), 60_000_000_000L))
                    .isTrue();
            try (Stream<Path> paths = Files.walk(temp.resolve("store"))) {
                for (final Path path : paths.sorted().toList()) {
                    final Path target =
                            temp.resolve("copy").resolve(temp.resolve("store").relativize(path));
                    if (!path.getFileName().toString().equals("OWNER")) {
                        Files.copy(path, target);
                    }
                }
            }
        }
    }

    @Test
    void shouldFindDamageAnywhereWhenOpeningVerifiesAndGoBack() throws Exception {
        final DurableStoreContext context =
                context("store").checkpointOnClose(false).chainLengthMax(64);
        final long damagedId;
        try (DurableStateStore store = DurableStateStore.open(context)) {
            fill(store, 20_000);
            store.checkpoint().join();
            fill(store, 20_000);
            store.longLongState("longs").put(-1, 1);
            damagedId = store.checkpoint().join().checkpointId();
            store.longLongState("longs").put(-2, 2);
        }
        final Path newest = newestCheckpointFile();
        final byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length / 2] ^= 1;
        Files.write(newest, bytes);
        // Not asked to look, it opens; who needs the page is told where the damage is.
        try (DurableStateStore store = DurableStateStore.open(context.hydrateInBackground(false))) {
            assertThat(store.recoveryReport().rejected()).isEmpty();
            assertThatThrownBy(() -> {
                        store.longLongState("longs").checkInvariants();
                        store.bytesState("bytes").checkInvariants();
                    })
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining(newest.getFileName().toString())
                    .hasMessageContaining("offset=");
        }
        try (DurableStateStore store = DurableStateStore.open(context.verifyOnOpen(true))) {
            assertThat(store.recoveryReport().rejected())
                    .singleElement()
                    .asString()
                    .contains(newest.getFileName().toString(), "offset=");
            final LongLongState longs = store.longLongState("longs");
            assertThat(longs.size()).isEqualTo(20_002);
            assertThat(longs.get(-1, 0)).isEqualTo(1);
            assertThat(longs.get(-2, 0)).isEqualTo(2);
            store.bytesState("bytes").checkInvariants();
            assertThat(store.checkpoint().join().checkpointId()).isGreaterThan(damagedId); // not used again
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.recoveryReport().rejected()).isEmpty();
            assertThat(store.longLongState("longs").size()).isEqualTo(20_002);
        }
    }

    private Path newestCheckpointFile() throws IOException {
        try (Stream<Path> names = Files.list(temp.resolve("store"))) {
            return names.filter(path -> path.getFileName().toString().startsWith("checkpoint-"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }
    }
}
