/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.StoreFile;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.Durability;
import io.quire.store.LongBytesState;
import io.quire.store.LongLongState;
import io.quire.store.TimeToLive;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.LogTruncatedException;
import io.quire.store.errors.StoreIoException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoreLogTest {
    @TempDir
    Path temp;

    private final List<Long> keys = new ArrayList<>();

    private static DurableStoreContext context(final Path temp, final Durability durability) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .changeRingLength(64 * 1024)
                .logSegmentLength(64 * 1024)
                .checkpointIntervalNs(0)
                .durability(durability);
    }

    private final class Keys implements ChangeListener {
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

    /** Follows over four owners, of which the second and third write nothing, and past the end of a segment. */
    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP"})
    void shouldFollowOwnersThatWriteNothing(final Durability durability) {
        final DurableStoreContext context = context(temp, durability);
        final List<Long> expected = new ArrayList<>();
        try (DurableStateStore store = DurableStateStore.open(context)) {
            store.longLongState("longs").put(0, 0);
            expected.add(0L);
        }
        try (StoreLog log = StoreLog.open(temp.resolve("store"), 0, temp, new Keys())) {
            drain(log);
            assertThat(keys).isEqualTo(expected);
            for (int i = 0; i < 2; i++) {
                DurableStateStore.open(context).close();
                drain(log);
            }
            try (DurableStateStore store = DurableStateStore.open(context)) {
                final LongLongState longs = store.longLongState("longs");
                for (long key = 1; key < 5000; key++) {
                    longs.put(key, key);
                    expected.add(key);
                    if (key == 10) {
                        drain(log);
                    }
                }
            }
            drain(log);
            assertThat(keys).isEqualTo(expected);
        }
    }

    /** The process that is killed: puts keys as it is told. */
    static final class Child {
        public static void main(final String... arguments) throws IOException {
            final DurableStateStore store =
                    DurableStateStore.open(context(Path.of(arguments[0]), Durability.valueOf(arguments[1])));
            final LongLongState longs = store.longLongState("longs");
            System.out.println("opened");
            final BufferedReader orders =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (String order = orders.readLine(); order != null; order = orders.readLine()) {
                if (order.equals("force")) {
                    store.sync();
                } else {
                    final String[] range = order.split(" ", -1);
                    for (long key = Long.parseLong(range[0]); key < Long.parseLong(range[1]); key++) {
                        longs.put(key, key);
                    }
                    while (store.status().log().writtenPosition() < store.appliedPosition()) {
                        Thread.onSpinWait();
                    }
                }
                System.out.println("done");
            }
        }
    }

    /** A child, its orders and its answers. */
    private final class Owner implements AutoCloseable {
        private final Path errors = temp.resolve("errors");
        private final Process process;
        private final BufferedReader answers;

        Owner(final Durability durability) throws IOException {
            process = ChildJvm.start(Child.class, errors, temp.toString(), durability.name());
            answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
            expect("opened");
        }

        private void expect(final String answer) throws IOException {
            final String found = answers.readLine();
            assertThat(found)
                    .as(() -> {
                        try {
                            return found == null ? ChildJvm.lastWords(process, errors) : "answer";
                        } catch (final IOException e) {
                            throw new AssertionError(e);
                        }
                    })
                    .isEqualTo(answer);
        }

        void order(final String order) throws IOException {
            process.getOutputStream().write((order + "\n").getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();
            expect("done");
        }

        void put(final long from, final long to) throws IOException {
            order(from + " " + to);
        }

        void kill() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }

        @Override
        public void close() throws InterruptedException {
            kill();
        }
    }

    private void putAndClose(final DurableStoreContext context, final long from, final long to) {
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            for (long key = from; key < to; key++) {
                longs.put(key, key);
            }
        }
    }

    private List<String> segments() throws IOException {
        try (Stream<Path> files = Files.list(temp.resolve("store/log"))) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static List<Long> longs(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP"})
    void shouldGoOnBehindAKilledOwnerWhoseSegmentWasReplaced(final Durability durability) throws Exception {
        try (Owner owner = new Owner(durability)) {
            owner.put(0, 10);
            try (StoreLog log = StoreLog.open(temp.resolve("store"), 0, temp, new Keys())) {
                drain(log);
                assertThat(keys).isEqualTo(longs(0, 10));
                final List<String> before = segments();
                owner.kill();
                final DurableStoreContext context = context(temp, durability).checkpointOnClose(false);
                DurableStateStore.open(context).close();
                if (durability == Durability.PROCESS) {
                    assertThat(segments()).isEqualTo(before); // but it is another file
                }
                putAndClose(context, 10, 20);
                drain(log);
                assertThat(keys).isEqualTo(longs(0, 20));
            }
        }
    }

    @Test
    void shouldGoOnBehindAKilledOwnerWhoseSegmentWasCut() throws Exception {
        try (Owner owner = new Owner(Durability.PROCESS)) {
            owner.put(0, 10);
            owner.order("force");
            owner.put(10, 20);
            try (StoreLog log = StoreLog.open(temp.resolve("store"), 0, temp, new Keys())) {
                drain(log);
                assertThat(keys).isEqualTo(longs(0, 20));
                assertThat(segments()).hasSize(1);
                owner.kill();
                try (DurableStateStore store = DurableStateStore.open(context(temp, Durability.PROCESS))) {
                    assertThat(segments()).hasSize(2); // the second begins where the first was not forced
                    drain(log);
                    for (long key = 20; key < 5000; key++) {
                        store.longLongState("longs").put(key, key);
                    }
                }
                drain(log);
                assertThat(keys).isEqualTo(longs(0, 5000));
            }
        }
    }

    /** The last one by one keys make more than is compared, so that only what was read last is read again. */
    @ParameterizedTest
    @ValueSource(longs = {0, 30, 10_000})
    void shouldSayThatAnOwnerHasGivenUpWhatWasRead(final long written) throws Exception {
        try (Owner owner = new Owner(Durability.PROCESS)) {
            owner.put(0, 5000);
            final String segment = segments().get(segments().size() - 1);
            final Path path = temp.resolve("store/log").resolve(segment);
            final byte[] copy = Files.readAllBytes(path);
            owner.put(5000, 5020);
            try (StoreLog log = StoreLog.open(temp.resolve("store"), 0, temp, new Keys())) {
                drain(log);
                assertThat(keys).isEqualTo(longs(0, 5020));
                final long end = log.position();
                owner.kill();
                Files.write(path, copy);
                try (Stream<Path> rings = Files.find(temp, 3, (file, a) -> file.endsWith("ring"))) {
                    for (final Path ring : rings.toList()) {
                        Files.delete(ring);
                    }
                }
                putAndClose(context(temp, Durability.PROCESS).acceptLossOnFallback(true), 9000, 9000 + written);
                for (int i = 0; i < 2; i++) { // it does not become better by asking again
                    assertThatThrownBy(() -> drain(log))
                            .isInstanceOf(LogTruncatedException.class)
                            .hasMessageContaining("read up to position=" + end)
                            .hasMessageContaining(written == 0 ? "found=end at position" : "found=other changes");
                }
                assertThat(keys).isEqualTo(longs(0, 5020));
                assertThat(log.position()).isEqualTo(end);
            }
        }
    }

    private void deleteSegmentsButTheLast(final int count) throws IOException {
        final List<String> names = segments();
        for (final String name : names.subList(0, names.size() - count)) {
            Files.delete(temp.resolve("store/log").resolve(name));
        }
    }

    /** What would be compared was deleted since, as when checkpoints have made it superfluous. */
    @Test
    void shouldGoOnWhereTheLogNoLongerGoesBackFarEnoughToCompare() throws Exception {
        final DurableStoreContext context = context(temp, Durability.PROCESS);
        putAndClose(context, 0, 10_000);
        try (StoreLog log = StoreLog.open(temp.resolve("store"), 0, temp, new Keys())) {
            drain(log);
            putAndClose(context, 0, 0);
            drain(log);
            putAndClose(context, 10_000, 10_100); // in another segment in place of the one that is being read
            deleteSegmentsButTheLast(1);
            drain(log);
            assertThat(keys).isEqualTo(longs(0, 10_100));
        }
    }

    @Test
    void shouldSayThatWhatWasReadIsMissingWhereItCannotBeCompared() throws Exception {
        try (Owner owner = new Owner(Durability.PROCESS)) {
            owner.put(0, 9_990);
            owner.order("force");
            owner.put(9_990, 10_000); // says what was forced, and so will not be copied
            final Path path =
                    temp.resolve("store/log").resolve(segments().get(segments().size() - 1));
            final byte[] copy = Files.readAllBytes(path);
            owner.put(10_000, 10_020);
            try (StoreLog log = StoreLog.open(temp.resolve("store"), 0, temp, new Keys())) {
                drain(log);
                final long end = log.position();
                owner.kill();
                Files.write(path, copy);
                try (Stream<Path> rings = Files.find(temp, 3, (file, a) -> file.endsWith("ring"))) {
                    for (final Path ring : rings.toList()) {
                        Files.delete(ring);
                    }
                }
                putAndClose(context(temp, Durability.PROCESS).acceptLossOnFallback(true), 0, 0);
                deleteSegmentsButTheLast(1);
                assertThatThrownBy(() -> drain(log))
                        .isInstanceOf(LogTruncatedException.class)
                        .hasMessageContaining("read up to position=" + end)
                        .hasMessageContaining("found=end at position");
                assertThat(keys).isEqualTo(longs(0, 10_020));
            }
        }
    }

    /** Files as another process sees them that is changing them: of one file it says once that it is gone. */
    private static final class VanishingFiles implements StoreFiles {
        private final StoreFiles files = new DiskStoreFiles();
        private int openCount;
        private int listCount;
        private int vanishingOpen = -1; // how many more are opened before
        private int failingOpens;
        private Path vanished;

        @Override
        public StoreFile create(final Path path) {
            throw new AssertionError("written to " + path);
        }

        @Override
        public StoreFile openRead(final Path path) {
            openCount++;
            if (failingOpens > 0) {
                failingOpens--;
                throw new StoreIoException("cannot be read");
            }
            if (vanishingOpen-- == 0) {
                vanished = path;
                throw new StoreIoException("no such file");
            }
            return files.openRead(path);
        }

        @Override
        public StoreFile openWrite(final Path path) {
            throw new AssertionError("written to " + path);
        }

        @Override
        public void createDirectories(final Path directory) {
            throw new AssertionError("written to " + directory);
        }

        @Override
        public void rename(final Path from, final Path to) {
            throw new AssertionError("written to " + from);
        }

        @Override
        public void delete(final Path path) {
            throw new AssertionError("written to " + path);
        }

        @Override
        public void forceDirectory(final Path directory) {
            throw new AssertionError("written to " + directory);
        }

        @Override
        public List<String> list(final Path directory) {
            listCount++;
            vanished = null;
            return files.list(directory);
        }

        @Override
        public boolean exists(final Path path) {
            return !path.equals(vanished) && files.exists(path);
        }

        @Override
        public long usableSpace(final Path path) {
            return files.usableSpace(path);
        }
    }

    @Test
    void shouldLookAgainWhenASegmentGoesAtTheMomentWhenItIsOpened() throws Exception {
        final DurableStoreContext context = context(temp, Durability.PROCESS);
        putAndClose(context, 0, 10);
        final VanishingFiles files = new VanishingFiles();
        try (StoreLog log = StoreLog.open(files, temp.resolve("store"), 0, temp, new Keys())) {
            drain(log);
            int vanishedCount = 0;
            for (int i = 0; i < 40; i++) { // whichever of the files it is, and none
                putAndClose(context, 0, 0);
                drain(log);
                putAndClose(context, 10 + i, 11 + i); // in another segment in place of the one that is being read
                files.vanishingOpen = i;
                drain(log);
                vanishedCount += files.vanishingOpen < 0 ? 1 : 0;
                files.vanishingOpen = -1;
                drain(log);
                assertThat(keys).isEqualTo(longs(0, 11 + i));
            }
            assertThat(vanishedCount).isBetween(5, 39); // all of them
        }
    }

    @Test
    void shouldGoOnAfterAnErrorAtTheMomentWhenTheLogIsOpenedAnew() throws Exception {
        final DurableStoreContext context = context(temp, Durability.PROCESS);
        putAndClose(context, 0, 10);
        final VanishingFiles files = new VanishingFiles();
        try (StoreLog log = StoreLog.open(files, temp.resolve("store"), 0, temp, new Keys())) {
            putAndClose(context, 0, 0);
            drain(log);
            putAndClose(context, 10, 20); // in another segment in place of the one that is being read
            files.failingOpens = 3;
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> drain(log)).isInstanceOf(StoreIoException.class);
            }
            drain(log);
            assertThat(keys).isEqualTo(longs(0, 20));
        }
    }

    @Test
    void shouldReadNoMoreThanOneHeaderWhileThereIsNothingNew() {
        final DurableStoreContext context = context(temp, Durability.PROCESS).retainedLogLength(1L << 40);
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            for (long key = 0; key < 20_000; key++) {
                longs.put(key, key);
            }
            store.sync();
            final VanishingFiles files = new VanishingFiles();
            try (StoreLog log = StoreLog.open(files, store.directory(), 0, temp, new Keys())) {
                drain(log);
                assertThat(keys).hasSize(20_000);
                files.openCount = 0;
                files.listCount = 0;
                assertThat(log.poll()).isFalse();
                assertThat(files.listCount).isEqualTo(1);
                assertThat(files.openCount).isEqualTo(1);
            }
        }
    }

    /** Else values would be taken for those of the older checkpoint, with their timestamps shown as content. */
    @Test
    void shouldBeginNoLaterThanTheCheckpointWhoseStatesCanBeRead() throws Exception {
        final DurableStoreContext context = context(temp, Durability.PROCESS)
                .checkpointOnClose(false)
                .chainLengthMax(64)
                .retainedLogLength(1L << 40);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[1_000]);
        final long altered;
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongBytesState bytes = store.longBytesState("bytes");
            for (int key = 0; key < 300; key++) {
                bytes.put(key, value, 0, value.capacity());
            }
            store.checkpoint().join();
            for (int key = 0; key < 300; key++) {
                bytes.put(key, value, 0, value.capacity());
            }
            final LongBytesState timestamped = store.longBytesState("bytes", TimeToLive.ofMillis(1_000));
            altered = store.appliedPosition();
            store.checkpoint().join();
            timestamped.put(1, value, 0, 8);
        }
        final List<Boolean> timestamps = new ArrayList<>();
        final ChangeListener listener = new ChangeListener() {
            @Override
            public void onChange(
                    final long at, final StateDescriptor state, final DirectBuffer key, final DirectBuffer found) {
                timestamps.add(!state.expiry().isNone());
                assertThat(found.capacity()).isEqualTo(16);
            }

            @Override
            public void onClear(final long at, final StateDescriptor state) {
                throw new AssertionError("nothing was cleared");
            }
        };
        try (StoreLog log = StoreLog.open(temp.resolve("store"), altered, temp, listener)) {
            drain(log);
        }
        final Path newest = newest(temp.resolve("store"), "checkpoint-");
        final byte[] bytes = Files.readAllBytes(newest);
        bytes[100] ^= 1;
        Files.write(newest, bytes);
        try (StoreLog log = StoreLog.open(temp.resolve("store"), altered, temp, listener)) {
            drain(log);
        }
        assertThat(timestamps).containsExactly(true, true);
        final Path last = newest(temp.resolve("store").resolve("log"), "");
        try (Stream<Path> segments = Files.list(last.getParent())) {
            for (final Path segment : segments.toList()) {
                if (!segment.equals(last)) {
                    Files.delete(segment);
                }
            }
        }
        assertThatThrownBy(() -> StoreLog.open(temp.resolve("store"), altered, temp, listener))
                .isInstanceOf(LogTruncatedException.class);
    }

    private static Path newest(final Path directory, final String prefix) throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.filter(path -> path.getFileName().toString().startsWith(prefix))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    private static void drain(final StoreLog log) {
        boolean isMore = true;
        while (isMore) {
            isMore = log.poll();
        }
    }

    /** It follows over an owner that logs nothing, and whose changes the next one has all the same. */
    @Test
    void shouldSayThatAnOwnerHasMadeChangesWithoutALog() {
        putAndClose(context(temp, Durability.PROCESS), 0, 10);
        try (StoreLog log = StoreLog.open(temp.resolve("store"), 0, temp, new Keys())) {
            drain(log);
            final long end = log.position();
            putAndClose(context(temp, Durability.NONE), 10, 20);
            drain(log);
            putAndClose(context(temp, Durability.PROCESS), 20, 30);
            for (int i = 0; i < 2; i++) { // it does not become better by asking again
                assertThatThrownBy(() -> drain(log))
                        .isInstanceOf(LogTruncatedException.class)
                        .hasMessageContaining("durability NONE: before position=" + (end + 16));
            }
            assertThat(keys).isEqualTo(longs(0, 10));
            assertThat(log.position()).isEqualTo(end);
            keys.clear();
            try (StoreLog later = StoreLog.open(temp.resolve("store"), end + 16, temp, new Keys())) {
                drain(later);
            }
            assertThat(keys).isEqualTo(longs(20, 30));
        }
    }

    @Test
    void shouldSayWhetherTheLogMayHaveHadMoreThanWasRead() throws Exception {
        final Path directory = temp.resolve("store");
        try (Owner owner = new Owner(Durability.PROCESS)) {
            owner.put(0, 10);
            try (StoreLog log = StoreLog.open(directory, 0, temp, new Keys())) {
                drain(log);
                assertThat(log.endProblem()).isEmpty(); // the ring knows
            }
            owner.kill();
            try (StoreLog log = StoreLog.open(directory, 0, temp, new Keys())) {
                drain(log);
                assertThat(log.endProblem()).isEmpty();
            }
            final Path segment = temp.resolve("store/log").resolve(segments().get(0));
            final byte[] whole = Files.readAllBytes(segment);
            final byte[] damaged = whole.clone();
            damaged[damaged.length - 1] ^= 1;
            Files.write(segment, damaged);
            try (StoreLog log = StoreLog.open(directory, 0, temp, new Keys())) {
                drain(log);
                assertThat(log.endProblem()).contains("end=" + log.readPosition() + " ring end=" + log.ringEnd());
            }
            Files.write(segment, whole);
            final Path ring;
            try (Stream<Path> rings = Files.find(temp, 3, (file, a) -> file.endsWith("ring"))) {
                ring = rings.findFirst().orElseThrow();
            }
            final Path aside = Files.move(ring, temp.resolve("aside"));
            try (StoreLog log = StoreLog.open(directory, 0, temp, new Keys())) {
                drain(log);
                assertThat(log.endProblem()).contains("not closed in order");
            }
            Files.move(aside, ring);
        }
        putAndClose(context(temp, Durability.PROCESS), 10, 20);
        try (StoreLog log = StoreLog.open(directory, 0, temp, new Keys())) {
            drain(log);
            assertThat(log.endProblem()).isEmpty(); // it was closed
        }
        for (final String segment : segments()) {
            Files.delete(temp.resolve("store/log").resolve(segment));
        }
        try (StoreLog log = StoreLog.open(directory, StoreLog.OLDEST, temp, new Keys())) {
            drain(log);
            assertThat(log.endProblem()).contains("newest checkpoint=");
        }
    }
}
