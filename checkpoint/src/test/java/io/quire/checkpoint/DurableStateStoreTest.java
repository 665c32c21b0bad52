/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreLockedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurableStateStoreTest {
    @TempDir
    Path temp;

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(22)
                .changeRingLength(1 << 20)
                .logSegmentLength(1 << 20)
                .checkpointIntervalNs(0);
    }

    @Test
    void shouldFindEverythingAgainAfterACleanClose() {
        final DurableStoreContext context = context();
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.recoveryReport().created()).isTrue();
            final LongLongState longs = store.longLongState("longs");
            for (long i = 0; i < 100_000; i++) {
                longs.put(i * 7919, i);
            }
            store.valueState("typed", Codecs.STRING, Codecs.LONG).put("key", 5L);
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final RecoveryReport report = store.recoveryReport();
            assertThat(report.created()).isFalse();
            assertThat(report.logRecordCount()).isZero();
            assertThat(report.rejected()).isEmpty();
            final LongLongState longs = store.longLongState("longs");
            assertThat(longs.size()).isEqualTo(100_000);
            for (long i = 0; i < 100_000; i++) {
                assertThat(longs.get(i * 7919, -1)).isEqualTo(i);
            }
            longs.checkInvariants();
            final ValueState<String, Long> typed = store.valueState("typed", Codecs.STRING, Codecs.LONG);
            assertThat(typed.get("key")).isEqualTo(5);
            store.awaitHydrated();
            assertThat(store.status().hydratedPages()).isEqualTo(store.status().recoveredPages());
            assertThat(longs.get(7919, -1)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP", "SYNC"})
    void shouldReplayTheLogWhenNoCheckpointWasTaken(final Durability durability) {
        final DurableStoreContext context = context().durability(durability).checkpointOnClose(false);
        final int count = durability == Durability.SYNC ? 200 : 50_000;
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            final BytesState bytes = store.bytesState("bytes");
            for (int i = 0; i < count; i++) {
                longs.addAndGet(i % 1000, i);
                final UnsafeBuffer key = new UnsafeBuffer(("k" + i % 777).getBytes(StandardCharsets.US_ASCII));
                bytes.put(key, 0, key.capacity(), key, 0, key.capacity());
                if (i % 10 == 0) {
                    longs.remove(i % 500);
                    bytes.remove(key, 0, key.capacity());
                }
                if (i == count / 2) {
                    store.checkpoint().join();
                }
            }
            assertThat(store.awaitDurable(store.appliedPosition(), TimeUnit.SECONDS.toNanos(10)))
                    .isTrue();
            assertThat(store.durablePosition()).isEqualTo(store.appliedPosition());
        }
        final LongLongStateDigest expected = new LongLongStateDigest(count);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.recoveryReport().logRecordCount()).isGreaterThan(count / 3);
            expected.check(store);
        }
    }

    @Test
    void shouldReplayWhatWasAppliedThoughItsSourcesLayInTheRecordItChanged() {
        final DurableStoreContext context = context().checkpointOnClose(false);
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        final byte[] value = new byte[100];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) i;
        }
        final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final BytesState state = store.bytesState("s");
            key.putLong(0, 1);
            state.put(key, 0, Long.BYTES, new UnsafeBuffer(value), 0, value.length);
            state.wrap(key, 0, Long.BYTES, view);
            state.put(key, 0, Long.BYTES, view, Long.BYTES, value.length - Long.BYTES); // cuts off its own head
            key.putLong(0, 2);
            final UnsafeBuffer withItsKey = new UnsafeBuffer(value.clone());
            withItsKey.putLong(0, 2);
            state.put(key, 0, Long.BYTES, withItsKey, 0, value.length);
            state.wrap(key, 0, Long.BYTES, view);
            state.addAndGet(view, 0, Long.BYTES, 0, 40); // what changes is the key that was given
            key.putLong(0, 3);
            state.put(key, 0, Long.BYTES, key, 0, Long.BYTES);
            state.wrap(key, 0, Long.BYTES, view);
            state.addAndGet(view, 0, Long.BYTES, 40);
            check(state, value);
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.recoveryReport().logRecordCount()).isPositive();
            check(store.bytesState("s"), value);
        }
    }

    private static void check(final BytesState state, final byte[] value) {
        assertThat(state.size()).isEqualTo(3);
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        final UnsafeBuffer found = new UnsafeBuffer(new byte[value.length]);
        key.putLong(0, 1);
        assertThat(state.get(key, 0, Long.BYTES, found, 0)).isEqualTo(value.length - Long.BYTES);
        assertThat(Arrays.copyOf(found.byteArray(), value.length - Long.BYTES))
                .isEqualTo(Arrays.copyOfRange(value, Long.BYTES, value.length));
        key.putLong(0, 2);
        assertThat(state.get(key, 0, Long.BYTES, found, 0)).isEqualTo(value.length);
        assertThat(found.getLong(0)).isEqualTo(42);
        key.putLong(0, 3);
        assertThat(state.get(key, 0, Long.BYTES, found, 0)).isEqualTo(Long.BYTES);
        assertThat(found.getLong(0)).isEqualTo(43);
    }

    /** The same operations on plain maps. */
    private static final class LongLongStateDigest {
        private final java.util.Map<Long, Long> longs = new java.util.HashMap<>();
        private final java.util.Set<String> keys = new java.util.HashSet<>();

        LongLongStateDigest(final int count) {
            for (int i = 0; i < count; i++) {
                longs.merge((long) (i % 1000), (long) i, Long::sum);
                keys.add("k" + i % 777);
                if (i % 10 == 0) {
                    longs.remove((long) (i % 500));
                    keys.remove("k" + i % 777);
                }
            }
        }

        void check(final DurableStateStore store) {
            final LongLongState state = store.longLongState("longs");
            assertThat(state.size()).isEqualTo(longs.size());
            longs.forEach((key, value) -> assertThat(state.get(key, -1)).isEqualTo(value));
            final BytesState bytes = store.bytesState("bytes");
            assertThat(bytes.size()).isEqualTo(keys.size());
            bytes.forEach(
                    (key, value) -> assertThat(keys).contains(key.getStringWithoutLengthAscii(0, key.capacity())));
            state.checkInvariants();
            bytes.checkInvariants();
        }
    }

    @Test
    void shouldWriteIncrementsInProportionToWhatChanged() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongLongState longs = store.longLongState("longs");
            for (long i = 0; i < 200_000; i++) {
                longs.put(i, i * 0x9E3779B97F4A7C15L);
            }
            final CheckpointInfo full = store.checkpoint().join();
            longs.put(77, 1);
            final CheckpointInfo small = store.checkpoint().join();
            assertThat(full.bytesWritten()).isGreaterThan(1_000_000);
            assertThat(small.pageCount()).isEqualTo(1);
            assertThat(small.lineCount()).isEqualTo(1);
            assertThat(small.bytesWritten()).isLessThan(10_000);
            final CheckpointInfo none = store.checkpoint().join();
            assertThat(none.bytesWritten()).isZero();
            assertThat(none.checkpointId()).isEqualTo(small.checkpointId());
        }
    }

    @Test
    void shouldTakeCheckpointsByItselfWhenTheIntervalHasPassed() throws Exception {
        try (DurableStateStore store =
                DurableStateStore.open(context().checkpointIntervalNs(TimeUnit.MILLISECONDS.toNanos(20)))) {
            final LongLongState longs = store.longLongState("longs");
            final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            long i = 0;
            while (store.status().checkpoints().completed() < 5 && System.nanoTime() < deadline) {
                longs.put(i % 1000, i++);
            }
            assertThat(store.status().checkpoints().completed()).isGreaterThanOrEqualTo(5);
            assertThat(store.status().checkpoints().failed()).isZero();
        }
    }

    @Test
    void shouldLetAnotherThreadAskForACheckpoint() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongLongState longs = store.longLongState("longs");
            longs.put(1, 1);
            final CompletableFuture<CompletableFuture<CheckpointInfo>> asked =
                    CompletableFuture.supplyAsync(store::checkpoint);
            final CompletableFuture<CheckpointInfo> future = asked.get(5, TimeUnit.SECONDS);
            assertThat(future).isNotDone();
            store.poll();
            assertThat(future.get(5, TimeUnit.SECONDS).pageCount()).isPositive();
        }
    }

    @Test
    void shouldKeepABatchWholeAcrossReopening() {
        final DurableStoreContext context = context().checkpointOnClose(false);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            store.beginBatch();
            longs.put(1, 1);
            longs.put(2, 2);
            store.commitBatch();
            store.beginBatch();
            longs.put(1, 5);
            longs.put(3, 3);
            store.rollbackBatch();
            store.beginBatch();
            longs.put(4, 4); // rolled back by close
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            assertThat(longs.size()).isEqualTo(2);
            assertThat(longs.get(1, 0)).isEqualTo(1);
            assertThat(longs.get(2, 0)).isEqualTo(2);
        }
    }

    @Test
    void shouldLoseOnlyWhatCameAfterTheCheckpointWithoutALog() {
        final DurableStoreContext context =
                context().durability(Durability.NONE).checkpointOnClose(false);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            store.longLongState("longs").put(1, 1);
            store.checkpoint().join();
            store.longLongState("longs").put(2, 2);
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.longLongState("longs").get(1, 0)).isEqualTo(1);
            assertThat(store.longLongState("longs").containsKey(2)).isFalse();
        }
    }

    @Test
    void shouldGoBackAndForthBetweenDurabilities() {
        long key = 0;
        for (final Durability durability :
                List.of(Durability.PROCESS, Durability.NONE, Durability.GROUP, Durability.NONE, Durability.PROCESS)) {
            try (DurableStateStore store = DurableStateStore.open(
                    context().durability(durability).checkpointOnClose(durability == Durability.NONE))) {
                final LongLongState longs = store.longLongState("longs");
                assertThat(longs.size()).isEqualTo(key);
                longs.put(key, key);
            }
            key++;
        }
        try (DurableStateStore store = DurableStateStore.open(context())) {
            assertThat(store.longLongState("longs").size()).isEqualTo(key);
        }
    }

    @Test
    void shouldRefuseASecondOwnerAtOnceAlsoThroughALink() throws Exception {
        final DurableStoreContext context = context();
        try (DurableStateStore store = DurableStateStore.open(context)) {
            store.longLongState("longs").put(1, 1);
            assertThatThrownBy(() -> DurableStateStore.open(context()))
                    .isInstanceOf(StoreLockedException.class)
                    .hasMessageContaining(Long.toString(ProcessHandle.current().pid()));
            final Path link = temp.resolve("link");
            Files.createSymbolicLink(link, temp.resolve("store"));
            assertThatThrownBy(() -> DurableStateStore.open(link)).isInstanceOf(StoreLockedException.class);
        }
        DurableStateStore.open(context).close();
    }

    @Test
    void shouldRefuseDirectoriesThatAreNotStores() throws Exception {
        final Path file = Files.writeString(temp.resolve("file"), "x");
        assertThatThrownBy(() -> DurableStateStore.open(file)).isInstanceOf(ConfigurationException.class);
        final Path foreign = Files.createDirectory(temp.resolve("foreign"));
        Files.writeString(foreign.resolve("notes.txt"), "mine");
        assertThatThrownBy(() -> DurableStateStore.open(foreign))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("notes.txt");
        try (Stream<Path> left = Files.list(foreign)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void shouldCreateFilesForTheOwnerOnly() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            store.longLongState("longs").put(1, 1);
            store.checkpoint().join();
        }
        try (Stream<Path> paths = Files.walk(temp.resolve("store"))) {
            for (final Path path : paths.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .as(path.toString())
                        .endsWith("------");
            }
        }
    }

    @Test
    void shouldFallBackToTheCheckpointBeforeADamagedOneWhenTheLogHasTheRest() throws Exception {
        final DurableStoreContext context = context().checkpointOnClose(false);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            for (int round = 0; round < 3; round++) {
                for (long i = 0; i < 1000; i++) {
                    longs.addAndGet(i, round + 1);
                }
                store.checkpoint().join();
            }
            longs.put(-1, 1);
        }
        final Path newest = newestManifest();
        final byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length / 2] ^= 1;
        Files.write(newest, bytes);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.recoveryReport().rejected()).hasSize(1);
            assertThat(store.recoveryReport().logRecordCount()).isEqualTo(1001);
            final LongLongState longs = store.longLongState("longs");
            assertThat(longs.get(999, 0)).isEqualTo(6);
            assertThat(longs.get(-1, 0)).isEqualTo(1);
            longs.put(-2, 2);
            store.checkpoint().join();
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.longLongState("longs").size()).isEqualTo(1002);
        }
    }

    @Test
    void shouldFallBackWhenABlockOfTheNewestCheckpointIsFoundDamagedWhileOpening() throws Exception {
        final DurableStoreContext context = context().checkpointOnClose(false).chainLengthMax(64);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            for (long i = 0; i < 20_000; i++) {
                longs.put(i, i);
            }
            store.checkpoint().join();
            store.longLongState("another").put(1, 1); // the catalog is in the next file
            store.checkpoint().join();
            longs.put(-1, 1);
        }
        try (Stream<Path> names = Files.list(temp.resolve("store"))) {
            final Path newest = names.filter(
                            path -> path.getFileName().toString().startsWith("checkpoint-"))
                    .max(java.util.Comparator.naturalOrder())
                    .orElseThrow();
            final byte[] bytes = Files.readAllBytes(newest);
            bytes[100] ^= 1;
            Files.write(newest, bytes);
        }
        try (DurableStateStore store = DurableStateStore.open(context.hydrateInBackground(false))) {
            assertThat(store.recoveryReport().rejected()).hasSize(1);
            assertThat(store.longLongState("longs").size()).isEqualTo(20_001);
            assertThat(store.longLongState("another").get(1, 0)).isEqualTo(1);
        }
    }

    private List<Path> files(final String prefix) throws java.io.IOException {
        try (Stream<Path> paths = Files.list(temp.resolve("store"))) {
            return paths.filter(path -> path.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        }
    }

    private static void damage(final Path file) throws java.io.IOException {
        final byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
    }

    private DurableStoreContext fourCheckpoints() {
        final DurableStoreContext context =
                context().checkpointOnClose(false).retainedCheckpoints(3).chainLengthMax(64);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            for (long round = 1; round <= 4; round++) {
                for (long i = 0; i < (round == 1 ? 20_000 : 10); i++) {
                    longs.put(i, round);
                }
                store.checkpoint().join();
            }
            longs.put(-1, 1);
        }
        return context;
    }

    /** Both have the file of the first of them. */
    @Test
    void shouldFallBackOverTwoDamagedCheckpointsWhenTheLogHasTheRest() throws Exception {
        final DurableStoreContext context = fourCheckpoints();
        final List<Path> files = files("checkpoint-");
        assertThat(files).hasSize(4);
        damage(files.get(2));
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.recoveryReport().rejected()).hasSize(2);
            assertThat(store.recoveryReport().lossAccepted()).isFalse();
            final LongLongState longs = store.longLongState("longs");
            assertThat(longs.size()).isEqualTo(20_001);
            assertThat(longs.get(9, 0)).isEqualTo(4);
            assertThat(longs.get(-1, 0)).isEqualTo(1);
        }
    }

    /** That in the middle may have said that changes behind it were not logged. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAskBeforeGoingBackOverAManifestInBetweenThatCannotBeRead(final boolean both) throws Exception {
        final DurableStoreContext context = fourCheckpoints();
        final List<Path> manifests = files("manifest-");
        damage(manifests.get(manifests.size() - 2));
        damage(both ? manifests.get(manifests.size() - 1) : files("checkpoint-").get(3));
        assertThatThrownBy(() -> DurableStateStore.open(context))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("acceptLossOnFallback");
    }

    @Test
    void shouldNoticeInVerificationThatTheLogIsMissing() throws Exception {
        final DurableStoreContext context = context();
        try (DurableStateStore store = DurableStateStore.open(context)) {
            store.longLongState("longs").put(1, 1);
        }
        final Path directory = temp.resolve("store");
        assertThat(new StoreVerifier(directory, ProgressListener.NONE)
                        .verify(true)
                        .problems())
                .isEmpty();
        try (Stream<Path> segments = Files.list(directory.resolve("log"))) {
            for (final Path segment : segments.toList()) {
                Files.delete(segment);
            }
        }
        assertThat(new StoreVerifier(directory, ProgressListener.NONE)
                        .verify(true)
                        .problems())
                .hasSize(1);
        assertThatThrownBy(() -> DurableStateStore.open(context))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("log");
    }

    @Test
    void shouldAskBeforeGoingBackWhenThatLosesSomething() throws Exception {
        final DurableStoreContext context =
                context().durability(Durability.NONE).checkpointOnClose(false);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            for (long i = 1; i <= 3; i++) {
                longs.put(1, i);
                store.checkpoint().join();
            }
        }
        Files.write(newestManifest(), new byte[10]);
        assertThatThrownBy(() -> DurableStateStore.open(context))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("acceptLossOnFallback");
        try (DurableStateStore store = DurableStateStore.open(context.acceptLossOnFallback(true))) {
            assertThat(store.recoveryReport().lossAccepted()).isTrue();
            assertThat(store.longLongState("longs").get(1, 0)).isEqualTo(2);
        }
    }

    @Test
    void shouldNotGoBackBehindAWholeCheckpointBecauseTheLogWasCut() throws Exception {
        final DurableStoreContext context = context().checkpointOnClose(false);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            for (long i = 0; i < 2_000; i++) {
                longs.put(i, i);
                if (i == 1_000) {
                    store.checkpoint().join();
                }
            }
            store.checkpoint().join();
        }
        try (Stream<Path> segments = Files.list(temp.resolve("store").resolve("log"))) {
            final Path newest =
                    segments.max(java.util.Comparator.naturalOrder()).orElseThrow();
            final byte[] bytes = Files.readAllBytes(newest);
            Files.write(newest, java.util.Arrays.copyOf(bytes, bytes.length * 3 / 4));
        }
        assertThatThrownBy(() -> DurableStateStore.open(context)).isInstanceOf(CorruptStoreException.class);
        try (DurableStateStore store = DurableStateStore.open(context.acceptLossOnFallback(true))) {
            assertThat(store.longLongState("longs").size()).isEqualTo(2_000);
        }
    }

    @Test
    void shouldTakeBackTheBatchOfAWriterThatDied() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongLongState longs = store.longLongState("longs");
            final Thread writer = new Thread(() -> {
                store.beginBatch();
                longs.put(1, 1);
            });
            writer.start();
            writer.join();
            longs.put(2, 2);
            assertThat(longs.containsKey(1)).isFalse();
        }
        try (DurableStateStore store = DurableStateStore.open(context())) {
            assertThat(store.longLongState("longs").size()).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseToCloseUnderItsOwnWalk() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongLongState longs = store.longLongState("longs");
            longs.put(1, 1);
            assertThatThrownBy(() -> longs.forEach((key, value) -> store.close()))
                    .isInstanceOf(ConfigurationException.class);
            assertThat(longs.get(1, 0)).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseAStoreWithoutManifests() throws Exception {
        final DurableStoreContext context = context();
        try (DurableStateStore store = DurableStateStore.open(context)) {
            store.longLongState("longs").put(1, 1);
        }
        try (Stream<Path> names = Files.list(temp.resolve("store"))) {
            for (final Path path : names.toList()) {
                if (path.getFileName().toString().startsWith("manifest-")) {
                    Files.delete(path);
                }
            }
        }
        assertThatThrownBy(() -> DurableStateStore.open(context))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("manifests are missing");
    }

    private Path newestManifest() throws Exception {
        try (Stream<Path> names = Files.list(temp.resolve("store"))) {
            return names.filter(path -> path.getFileName().toString().startsWith("manifest-"))
                    .max(java.util.Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    @Test
    void shouldShutOutAWriterOnAnotherThreadBeforeClosing() throws Exception {
        final DurableStoreContext context = context();
        final DurableStateStore store = DurableStateStore.open(context);
        final LongLongState longs = store.longLongState("longs");
        store.releaseOwnership();
        final long[] written = new long[1];
        final CompletableFuture<Throwable> ended = new CompletableFuture<>();
        final Thread writer = new Thread(() -> {
            try {
                while (true) {
                    longs.put(written[0], written[0]);
                    written[0]++;
                }
            } catch (final Throwable t) {
                ended.complete(t);
            }
        });
        writer.start();
        Thread.sleep(200);
        store.close();
        assertThat(ended.get(5, TimeUnit.SECONDS)).isInstanceOf(StoreClosedException.class);
        store.close();
        assertThatThrownBy(store::checkpoint).isInstanceOf(StoreClosedException.class);
        try (DurableStateStore reopened = DurableStateStore.open(context)) {
            assertThat(reopened.longLongState("longs").size()).isEqualTo(written[0]);
        }
    }

    @Test
    void shouldLeaveNothingInSharedMemoryAfterClose() throws Exception {
        final Path shared = Files.createDirectory(temp.resolve("shared"));
        try (DurableStateStore store =
                DurableStateStore.open(context().sharedMemoryDirectory(shared).liveMemory(LiveMemoryKind.SHARED))) {
            store.longLongState("longs").put(1, 1);
            try (Stream<Path> left = Files.list(shared)) {
                assertThat(left).hasSize(1);
            }
        }
        try (Stream<Path> left = Files.list(shared)) {
            assertThat(left).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(LiveMemoryKind.class)
    void shouldWorkInEveryKindOfLiveMemory(final LiveMemoryKind kind) {
        final DurableStoreContext context = context().liveMemory(kind);
        for (int round = 0; round < 3; round++) {
            try (DurableStateStore store = DurableStateStore.open(context)) {
                final LongLongState longs = store.longLongState("longs");
                for (long i = 0; i < 20_000; i++) {
                    assertThat(longs.addAndGet(i, 1)).isEqualTo(round + 1);
                }
            }
        }
    }

    @Test
    void shouldKeepWorkingWhenTheCallerIsInterrupted() {
        final DurableStoreContext context = context().durability(Durability.GROUP);
        Thread.currentThread().interrupt();
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            for (long i = 0; i < 200_000; i++) {
                longs.put(i, i);
            }
            store.checkpoint().join();
            assertThat(store.awaitDurable(store.appliedPosition(), TimeUnit.SECONDS.toNanos(5)))
                    .isTrue();
        }
        assertThat(Thread.interrupted()).isTrue();
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.longLongState("longs").size()).isEqualTo(200_000);
        }
    }

    @Test
    void shouldRefuseToWaitForWhatIsNotAppendedYet() {
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.PROCESS))) {
            final LongLongState longs = store.longLongState("longs");
            longs.put(1, 1);
            final long end = store.appliedPosition();
            for (final long position : new long[] {end + 1, Long.MAX_VALUE}) {
                assertThatThrownBy(() -> store.awaitDurable(position, 0))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("position=" + position)
                        .hasMessageContaining("appliedPosition=" + end);
                assertThatThrownBy(() -> store.durableFuture(position))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("appliedPosition=" + end);
            }
            assertThat(store.awaitDurable(end, TimeUnit.SECONDS.toNanos(10))).isTrue();
            final long forceCount = store.status().log().forceCount();
            for (int i = 0; i < 3; i++) {
                longs.put(i, i);
                final long position = store.appliedPosition();
                while (store.status().log().writtenPosition() < position) {
                    Thread.onSpinWait();
                }
            }
            assertThat(store.status().log().forceCount()).isEqualTo(forceCount);
            assertThat(store.durablePosition()).isEqualTo(end);
        }
    }

    /** The position is durable, the write is not: to say yes would acknowledge what a crash loses. */
    @Test
    void shouldRefuseToWaitForWritesThatAreInNoLog() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            store.longLongState("longs").put(1, 1);
        }
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.NONE))) {
            final long before = store.appliedPosition();
            store.longLongState("longs").put(1, 2);
            assertThat(store.appliedPosition()).isEqualTo(before).isEqualTo(store.durablePosition());
            for (final long position : new long[] {0, before, Long.MAX_VALUE}) {
                assertThatThrownBy(() -> store.awaitDurable(position, 0))
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining("durability=NONE");
                assertThatThrownBy(() -> store.durableFuture(position)).isInstanceOf(ConfigurationException.class);
            }
        }
    }

    /** A subscriber may be shown a change in the moment between its publication and that of its position. */
    @Test
    void shouldWaitForWhatIsWrittenThoughItDoesNotCountAsAppliedYet() {
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.PROCESS))) {
            final LongLongState longs = store.longLongState("longs");
            longs.put(1, 1);
            final long applied = store.appliedPosition();
            store.beginBatch(); // so that the moment lasts; with more changes than the ring takes
            for (long i = 0; store.status().log().writtenPosition() <= applied; i++) {
                longs.put(i, i);
            }
            assertThat(store.appliedPosition()).isEqualTo(applied);
            final long written = store.status().log().writtenPosition();
            assertThat(store.awaitDurable(written, TimeUnit.SECONDS.toNanos(10)))
                    .isTrue();
            assertThat(store.durableFuture(written).join()).isGreaterThanOrEqualTo(written);
            final ChangeSubscription subscription = store.subscribe(written, (position, state, key, value) -> {});
            store.rollbackBatch();
            longs.put(2, 2);
            while (subscription.isRunning()) {
                Thread.onSpinWait();
            }
            assertThat(subscription.failure()) // it was inside of a batch, which the reader has found out
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("no change or batch ends at this log position");
        }
    }

    @Test
    void shouldForceSingleOperationsAndBatchesWhereAsked() {
        try (DurableStateStore store = DurableStateStore.open(context().compressLog(true))) {
            final LongLongState longs = store.longLongState("longs");
            longs.put(1, 1);
            assertThat(store.durablePosition()).isLessThan(store.appliedPosition());
            store.sync();
            assertThat(store.durablePosition()).isEqualTo(store.appliedPosition());
            store.beginBatch();
            longs.put(2, 2);
            assertThatThrownBy(store::sync).isInstanceOf(ConfigurationException.class);
            store.commitBatch(Durability.PROCESS);
            assertThat(store.durablePosition()).isLessThan(store.appliedPosition());
            store.beginBatch();
            longs.put(3, 3);
            store.commitBatch(Durability.SYNC);
            assertThat(store.durablePosition()).isEqualTo(store.appliedPosition());
            longs.put(4, 4);
            final long position = store.appliedPosition();
            assertThat(store.durableFuture(position)
                            .orTimeout(60, TimeUnit.SECONDS)
                            .join())
                    .isGreaterThanOrEqualTo(position);
            final LogStatus status = store.status().log();
            assertThat(status.forceCount()).isGreaterThanOrEqualTo(3);
            assertThat(status.forceNs()).isGreaterThanOrEqualTo(status.forceNsMax());
            assertThat(status.groupLengthMax()).isGreaterThanOrEqualTo(status.groupLengthMean());
            assertThat(status.forcedLength()).isEqualTo(position);
            assertThat(status.bytesWritten()).isPositive();
            assertThat(status.ringLength()).isEqualTo(1 << 20);
            assertThat(status.ringUsedLength()).isZero();
        }
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.NONE))) {
            final LongLongState longs = store.longLongState("longs");
            assertThat(longs.get(4, 0)).isEqualTo(4);
            assertThatThrownBy(store::sync).isInstanceOf(ConfigurationException.class);
            store.beginBatch();
            longs.put(5, 5);
            assertThatThrownBy(() -> store.commitBatch(Durability.SYNC)).isInstanceOf(ConfigurationException.class);
            store.commitBatch(); // it was still open
            assertThat(store.status().log().ringLength()).isZero();
        }
    }

    private record CountingIdleStrategy(java.util.concurrent.atomic.AtomicLong count)
            implements org.agrona.concurrent.IdleStrategy {
        @Override
        public void idle(final int workCount) {
            idle();
        }

        @Override
        public void idle() {
            count.incrementAndGet();
            Thread.yield();
        }

        @Override
        public void reset() {}
    }

    @Test
    void shouldWaitWithTheStrategyGivenWhileTheRingIsFull() {
        final java.util.concurrent.atomic.AtomicLong idleCount = new java.util.concurrent.atomic.AtomicLong();
        final DurableStoreContext context = context()
                .changeRingLength(64 * 1024)
                .logSleepNsMax(TimeUnit.MILLISECONDS.toNanos(1))
                .fullRingIdleStrategy(() -> new CountingIdleStrategy(idleCount));
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            for (int round = 0; store.status().log().stallCount() == 0; round++) {
                assertThat(round).isLessThan(1000);
                for (long i = 0; i < 100_000; i++) { // fifty times the ring without a pause
                    longs.put(i % 1000, i);
                }
            }
            assertThat(store.status().log().stallNs()).isPositive();
            assertThat(idleCount.get()).isPositive();
        }
        assertThatThrownBy(() -> DurableStateStore.open(context().logSleepNsMax(-1)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("logSleepNsMax");
        assertThatThrownBy(() -> DurableStateStore.open(context().fullRingIdleStrategy(null)))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> DurableStateStore.open(context().retainedLogLength(-1)))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldKeepPositionsOfSourcesInTheSameCut() {
        final DurableStoreContext context = context().checkpointOnClose(false);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            store.source("s").set(1);
            store.checkpoint().join();
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.source("s").get(0)).isEqualTo(1);
            final LongLongState longs = store.longLongState("longs");
            store.beginBatch();
            longs.put(1, 1);
            store.source("s").set(2);
            store.commitBatch();
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.source("s").get(0)).isEqualTo(2);
            assertThat(store.longLongState("longs").get(1, 0)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"quire-merger", "quire-checkpointer"})
    void shouldCloseWhatItHasOpenedWhenAThreadCannotBeStarted(final String name) {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            store.longLongState("longs").put(1, 2);
        }
        final Set<Thread> before = liveThreads();
        final DurableStoreContext starved = context().threadStarter(thread -> {
            if (thread.getName().equals(name)) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            thread.start();
        });
        assertThatThrownBy(() -> DurableStateStore.open(starved))
                .isInstanceOf(OutOfMemoryError.class)
                .hasMessageContaining("native thread");
        assertThat(liveThreads()).isSubsetOf(before);
        try (DurableStateStore store = DurableStateStore.open(context())) { // not locked any more
            assertThat(store.longLongState("longs").get(1, 0)).isEqualTo(2);
        }
    }

    /** The threads of stores; those of earlier tests may still be about to end. */
    private static Set<Thread> liveThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("quire-"))
                .collect(Collectors.toSet());
    }
}
