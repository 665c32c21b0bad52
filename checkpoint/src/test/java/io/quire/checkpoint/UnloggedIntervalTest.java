/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.store.Durability;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreIoException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Owners that keep no log, between others that do. */
class UnloggedIntervalTest {
    private static final int BATCH_LENGTH = 5_000; // of more bytes than the ring has

    @TempDir
    Path temp;

    private final Map<Path, byte[]> firstManifests = new HashMap<>();
    private final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());

    private static DurableStoreContext context(final Path temp, final Durability durability) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .changeRingLength(64 * 1024)
                .logSegmentLength(64 * 1024)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .retainedCheckpoints(8)
                .chainLengthMax(64)
                .durability(durability);
    }

    private DurableStoreContext context(final Durability durability) {
        return context(temp, durability);
    }

    private static void put(final DurableStateStore store, final long... keys) {
        for (final long key : keys) {
            store.longLongState("longs").put(key, key);
        }
    }

    private static long[] keys(final DurableStateStore store) {
        final List<Long> found = new ArrayList<>();
        store.longLongState("longs").forEach((key, value) -> found.add(key));
        return found.stream().mapToLong(Long::longValue).sorted().toArray();
    }

    /** {@code [1, 2 logged] [3 and 4 not, a checkpoint behind each] [5 logged, a checkpoint] [6 logged]}. */
    private List<Path> write() throws IOException {
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            put(store, 1);
            store.checkpoint().join();
            put(store, 2);
        }
        for (final Path manifest : list("manifest-")) {
            firstManifests.put(manifest, Files.readAllBytes(manifest));
        }
        try (DurableStateStore store = DurableStateStore.open(context(Durability.NONE))) {
            put(store, 3);
            store.checkpoint().join();
            put(store, 4);
            store.checkpoint().join();
        }
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            put(store, 5);
            store.checkpoint().join();
            put(store, 6);
        }
        final List<Path> written = list("checkpoint-");
        assertThat(written).hasSize(4);
        return written;
    }

    private List<Path> list(final String prefix) throws IOException {
        try (Stream<Path> paths = Files.list(temp.resolve("store"))) {
            return paths.filter(path -> path.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        }
    }

    private static void damage(final Path file) throws IOException {
        final byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
    }

    /** With the changes that were not logged all behind them has to go: else the state would be one of no time. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3}) // keys that are in the log, or in the checkpoint, before what is missing
    void shouldEndTheReplayWhereChangesWereNotLogged(final int kept) throws Exception {
        damage(write().get(kept - 1));
        assertThatThrownBy(() -> DurableStateStore.open(context(Durability.PROCESS)))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("acceptLossOnFallback(true)");
        final long[] expected = LongStream.rangeClosed(1, kept).toArray();
        try (DurableStateStore store =
                DurableStateStore.open(context(Durability.PROCESS).acceptLossOnFallback(true))) {
            assertThat(keys(store)).isEqualTo(expected);
            assertThat(store.recoveryReport().lossAccepted()).isTrue();
            assertThat(store.recoveryReport().rejected())
                    .anySatisfy(reason -> assertThat(reason).contains("durability NONE", "file=", "position="));
            put(store, 7);
        }
        // Without a checkpoint what is damaged is still there, and is gone back behind again: the log has the rest.
        try (DurableStateStore store =
                DurableStateStore.open(context(Durability.PROCESS).acceptLossOnFallback(true))) {
            assertThat(keys(store)).startsWith(expected).endsWith(7).hasSize(kept + 1);
            store.checkpoint().join();
            put(store, 8);
        }
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            assertThat(keys(store)).startsWith(expected).endsWith(7, 8).hasSize(kept + 2);
            assertThat(store.recoveryReport().lossAccepted()).isFalse();
        }
    }

    @Test
    void shouldGoBackToTheCheckpointThatHasWhatWasNotLogged() throws Exception {
        damage(write().get(3));
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            assertThat(keys(store)).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(store.recoveryReport().lossAccepted()).isFalse();
            assertThat(store.recoveryReport().rejected()).hasSize(1);
        }
    }

    /** {@code [1 logged, a checkpoint] [3 not, a checkpoint] [5 logged, a checkpoint] [6 logged, a checkpoint]}. */
    private List<Path> writeWithNothingBehindTheFirst() throws IOException {
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            put(store, 1);
            store.checkpoint().join();
        }
        for (final Path manifest : list("manifest-")) {
            firstManifests.put(manifest, Files.readAllBytes(manifest));
        }
        try (DurableStateStore store = DurableStateStore.open(context(Durability.NONE))) {
            put(store, 3);
            store.checkpoint().join();
        }
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            for (final long key : new long[] {5, 6}) {
                put(store, key);
                store.checkpoint().join();
            }
        }
        final List<Path> written = list("checkpoint-");
        assertThat(written).hasSize(4);
        return written;
    }

    @Test
    void shouldGoBackOverTwoCheckpointsToTheOneThatHasWhatWasNotLogged() throws Exception {
        damage(writeWithNothingBehindTheFirst().get(2));
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            assertThat(keys(store)).containsExactly(1, 3, 5, 6);
            assertThat(store.recoveryReport().lossAccepted()).isFalse();
            assertThat(store.recoveryReport().rejected()).hasSize(2);
        }
    }

    /** It knows nothing of changes that were not logged, and the one that did is gone. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldNotGoBackToAManifestOfBeforeChangesThatWereNotLoggedWhichHasComeBack(final int passedOver)
            throws Exception {
        final List<Path> written = writeWithNothingBehindTheFirst();
        final List<Path> manifests = list("manifest-");
        for (final Path manifest : manifests.subList(0, manifests.size() - passedOver)) {
            Files.delete(manifest);
        }
        for (final Map.Entry<Path, byte[]> manifest : firstManifests.entrySet()) {
            Files.write(manifest.getKey(), manifest.getValue());
        }
        damage(written.get(2));
        assertThatThrownBy(() -> DurableStateStore.open(context(Durability.PROCESS)))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("acceptLossOnFallback(true)");
        try (DurableStateStore store =
                DurableStateStore.open(context(Durability.PROCESS).acceptLossOnFallback(true))) {
            assertThat(keys(store)).containsExactly(1);
            assertThat(store.recoveryReport().lossAccepted()).isTrue();
        }
    }

    /** As when somebody has put an older copy of the manifests back. */
    @Test
    void shouldRefuseALogThatGoesOnBehindChangesThatNoCheckpointHas() throws Exception {
        write();
        for (final Path manifest : list("manifest-")) {
            Files.delete(manifest);
        }
        for (final Map.Entry<Path, byte[]> manifest : firstManifests.entrySet()) {
            Files.write(manifest.getKey(), manifest.getValue());
        }
        for (int i = 0; i < 2; i++) { // and changes nothing
            assertThatThrownBy(() -> DurableStateStore.open(context(Durability.PROCESS)))
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("durability NONE")
                    .hasMessageContaining("accept the loss");
        }
        try (DurableStateStore store =
                DurableStateStore.open(context(Durability.PROCESS).acceptLossOnFallback(true))) {
            assertThat(keys(store)).containsExactly(1, 2);
        }
    }

    private void putAndClose(final int count) {
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            for (long key = 0; key < count; key++) {
                put(store, key);
            }
        }
    }

    /** What follows the damage must be cut off before a checkpoint says where the log ends. */
    @Test
    void shouldCutALogWhoseDamageWasAcceptedAlsoWhereNoneIsKeptFromNowOn() throws Exception {
        putAndClose(1_000);
        final Path segment;
        try (Stream<Path> segments = Files.list(temp.resolve("store/log"))) {
            segment = segments.findFirst().orElseThrow();
        }
        final byte[] bytes = Files.readAllBytes(segment);
        bytes[bytes.length / 2] ^= 1;
        Files.write(segment, bytes);
        // After a restart nothing of the log is to be copied, so the damage is the only reason to write to it.
        final DurableStoreContext context = context(Durability.NONE).bootIdHash(4711);
        assertThatThrownBy(() -> DurableStateStore.open(context)).isInstanceOf(CorruptStoreException.class);
        final long[] found;
        try (DurableStateStore store = DurableStateStore.open(context.acceptLossOnFallback(true))) {
            found = keys(store);
            assertThat(found.length).isLessThan(1_000);
        }
        try (DurableStateStore store = DurableStateStore.open(context.acceptLossOnFallback(false))) {
            assertThat(keys(store)).isEqualTo(found);
            assertThat(store.recoveryReport().rejected()).isEmpty();
        }
    }

    private final class Positions implements ChangeListener {
        private final List<Long> keys = new ArrayList<>();

        @Override
        public void onChange(
                final long position, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
            keys.add(key.getLong(0, ByteOrder.LITTLE_ENDIAN));
        }

        @Override
        public void onClear(final long position, final StateDescriptor state) {
            throw new AssertionError("nothing was cleared");
        }
    }

    private StoreLog log(final long from, final Positions listener) {
        final StoreLog log = StoreLog.open(temp.resolve("store"), from, temp, listener);
        boolean isMore = true;
        while (isMore) {
            isMore = log.poll();
        }
        return log;
    }

    /** Puts ten keys, and has begun a batch whose first changes are out of the ring when it is killed. */
    static final class Child {
        public static void main(final String... arguments) throws Exception {
            final DurableStateStore store = DurableStateStore.open(context(Path.of(arguments[0]), Durability.PROCESS));
            put(store, LongStream.range(0, 10).toArray());
            store.beginBatch();
            put(store, LongStream.range(10, 10 + BATCH_LENGTH).toArray());
            System.out.println("done");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private void killAnOwnerInABatch() throws Exception {
        final Process child = ChildJvm.start(Child.class, temp.resolve("errors"), temp.toString());
        try {
            assertThat(child.getInputStream().read()).as("child").isEqualTo('d');
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    /** Also the batch that was never committed is ended in the log, which moves its end. */
    @Test
    void shouldTakeTheEndOfTheLogForThatOfItsCheckpointsBehindABatchThatWasNeverCommitted() throws Exception {
        killAnOwnerInABatch();
        final long end;
        try (DurableStateStore store =
                DurableStateStore.open(context(Durability.NONE).retainedCheckpoints(2))) {
            assertThat(keys(store)).isEqualTo(LongStream.range(0, 10).toArray());
            end = store.appliedPosition();
            for (int i = 0; i < 3; i++) {
                put(store, 10 + i);
                store.checkpoint().join();
            }
        }
        final Positions found = new Positions();
        try (StoreLog log = log(StoreLog.OLDEST, found)) {
            assertThat(log.readPosition()).isEqualTo(end);
            assertThat(log.endProblem()).isEmpty();
            assertThat(found.keys).isEmpty();
        }
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            assertThat(keys(store)).isEqualTo(LongStream.range(0, 13).toArray());
        }
    }

    /** Its ring is there then, complete, and says where the log would end: with the end of the batch. */
    @Test
    void shouldNotMissInTheLogWhatAnOpeningWouldHaveAddedThatWasKilledBefore() throws Exception {
        killAnOwnerInABatch();
        final Path kept = temp.resolve("kept");
        final List<Path> rings = new ArrayList<>();
        files.hook((operation, path) -> {
            if (operation == FileOperation.RENAME && path.getParent().endsWith("log")) {
                try (Stream<Path> found = Files.find(temp, 2, (file, attributes) -> file.endsWith("ring.next"))) {
                    rings.addAll(found.toList());
                    Files.copy(rings.get(0), kept);
                } catch (final IOException e) {
                    throw new AssertionError(e);
                }
                throw new StoreIoException("refused: file=" + path);
            }
        });
        assertThatThrownBy(
                        () -> DurableStateStore.open(context(Durability.PROCESS).storeFiles(files)))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining("refused");
        assertThat(rings).hasSize(1);
        Files.copy(kept, rings.get(0), StandardCopyOption.REPLACE_EXISTING); // as if it had been killed
        final Positions found = new Positions();
        try (StoreLog log = log(0, found)) {
            assertThat(found.keys).isEqualTo(LongStream.range(0, 10).boxed().toList());
            assertThat(log.endProblem()).isEmpty();
            assertThat(log.ringEnd()).isEqualTo(log.readPosition());
        }
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            assertThat(keys(store)).isEqualTo(LongStream.range(0, 10).toArray());
        }
    }
}
