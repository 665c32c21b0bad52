/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.live.LivePlace;
import io.quire.checkpoint.live.OwnerRecord;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.StoreFullException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What backs the live memory of a store, from its opening to what a killed owner leaves. */
class LiveMemoryTest {
    private static final int COUNT = 1000;

    /** Writes, says so, and waits to be killed. */
    static final class Child {
        public static void main(final String[] args) throws Exception {
            final LiveMemoryKind kind = LiveMemoryKind.valueOf(args[2]);
            final DurableStateStore store = DurableStateStore.open(context(Path.of(args[0]), Path.of(args[1]), kind));
            final LongLongState longs = store.longLongState("longs");
            for (long i = 0; i < COUNT; i++) {
                longs.put(i, ~i);
            }
            System.out.println("written");
            System.in.read();
        }
    }

    @TempDir
    Path temp;

    private Path directory;
    private Path shared;

    @BeforeEach
    void makeDirectories() throws Exception {
        directory = temp.resolve("store");
        shared = Files.createDirectory(temp.resolve("shared"));
    }

    private static DurableStoreContext context(final Path directory, final Path shared, final LiveMemoryKind kind) {
        return new DurableStoreContext()
                .directory(directory)
                .sharedMemoryDirectory(shared)
                .changeRingLength(64 * 1024)
                .checkpointIntervalNs(0)
                .liveMemory(kind);
    }

    @ParameterizedTest
    @EnumSource(LiveMemoryKind.class)
    void shouldTakeLittleForAnEmptyStoreAndSayWhatBacksIt(final LiveMemoryKind kind) {
        try (DurableStateStore store = DurableStateStore.open(context(directory, shared, kind))) {
            assertThat(store.status().liveMemoryBytes()).isBetween(64L * 1024, 1024L * 1024);
            final String expected = switch (kind) {
                case SHARED -> "file " + shared;
                case DIRECTORY -> "file " + store.directory().resolve("live/memory");
                case ANONYMOUS, AUTO -> "anonymous memory, ";
            };
            assertThat(store.status().liveMemory()).startsWith(expected);
            final StoreInspection inspection = StoreInspection.of(directory);
            assertThat(inspection.ownerAlive()).isTrue();
            assertThat(inspection.owner().liveMemory()).isEqualTo(store.status().liveMemory());
        }
    }

    @Test
    void shouldNotAskForHugePagesWhenToldSo() {
        final DurableStoreContext context = context(directory, shared, LiveMemoryKind.AUTO);
        try (DurableStateStore store = DurableStateStore.open(context.hugePages(false))) {
            assertThat(store.status().liveMemory())
                    .isIn(
                            "anonymous memory, zeros written",
                            "anonymous memory, mapped ahead",
                            "anonymous memory, touched");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = LiveMemoryKind.class,
            names = {"SHARED", "DIRECTORY", "ANONYMOUS"})
    void shouldStopAtTheLimitAndReadOn(final LiveMemoryKind kind) {
        final DurableStoreContext context =
                context(directory, shared, kind).windowShift(20).liveMemoryLengthMax(5 << 20);
        long written = 0;
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            try {
                while (true) {
                    longs.put(written, ~written);
                    written++;
                }
            } catch (final StoreFullException e) {
                assertThat(e).hasMessageContaining("live memory has reached its limit: limit=" + (5 << 20));
            }
            assertThat(store.status().liveMemoryBytes()).isLessThanOrEqualTo(5 << 20);
            for (long i = 0; i < written; i++) {
                assertThat(longs.get(i, 0)).isEqualTo(~i);
            }
        }
        assertThat(written).isGreaterThan(50_000);
        try (DurableStateStore store = DurableStateStore.open(context)) { // what was taken fits again
            assertThat(store.longLongState("longs").size()).isEqualTo(written);
            store.awaitHydrated();
        }
        final long[] count = {written};
        try (DurableStateStore store = DurableStateStore.open(context.liveMemoryLengthMax(1L << 30))) {
            final LongLongState longs = store.longLongState("longs");
            longs.put(count[0], 1);
            assertThat(longs.size()).isEqualTo(count[0] + 1);
        }
        try (DurableStateStore store = DurableStateStore.open(context.liveMemoryLengthMax(1 << 20))) {
            final LongLongState longs = store.longLongState("longs");
            for (long i = 0; i < written; i++) {
                assertThat(longs.get(i, 0)).isEqualTo(~i);
            }
            final long bytes = store.status().liveMemoryBytes();
            assertThatThrownBy(() -> putUntilFull(longs, 1L << 40)).hasMessageContaining("has reached its limit");
            assertThat(store.status().liveMemoryBytes()).as("no growth").isLessThanOrEqualTo(bytes + (64 << 10));
            assertThat(longs.remove(0)).isTrue();
        }
    }

    private static void putUntilFull(final LongLongState longs, final long first) {
        for (long key = first; ; key++) {
            longs.put(key, key);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = LiveMemoryKind.class,
            names = {"SHARED", "DIRECTORY", "ANONYMOUS"})
    void shouldTakeOverWhatAKilledOwnerLeft(final LiveMemoryKind kind) throws Exception {
        writeAndKill(kind);
        final OwnerRecord owner = OwnerRecord.read(directory);
        assertThat(owner.process().visible()).isTrue();
        assertThat(owner.process().alive()).isFalse();
        assertThat(owner.liveDirectory().resolve(LivePlace.RING_FILE_NAME)).exists();
        final boolean inFile = kind != LiveMemoryKind.ANONYMOUS;
        final Path memory = (kind == LiveMemoryKind.DIRECTORY ? directory.resolve("live") : owner.liveDirectory())
                .resolve(LivePlace.MEMORY_FILE_NAME);
        assertThat(Files.exists(memory)).isEqualTo(inFile);
        try (DurableStateStore store = DurableStateStore.open(context(directory, shared, LiveMemoryKind.ANONYMOUS))) {
            assertThat(memory).doesNotExist();
            final LongLongState longs = store.longLongState("longs");
            for (long i = 0; i < COUNT; i++) {
                assertThat(longs.get(i, 0)).isEqualTo(~i);
            }
        }
        assertThat(shared).isEmptyDirectory();
        assertThat(directory.resolve("live")).doesNotExist();
    }

    @Test
    void shouldClearUpAfterADeadOwnerWhoseStoreWasDeleted() throws Exception {
        writeAndKill(LiveMemoryKind.SHARED);
        assertThat(shared).isNotEmptyDirectory();
        try (Stream<Path> files = Files.walk(directory)) {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        openAnother();
        try (Stream<Path> left = Files.walk(shared)) { // the ring stays for a while, in case that it was not deleted
            assertThat(left.filter(Files::isRegularFile))
                    .extracting(path -> path.getFileName().toString())
                    .containsExactlyInAnyOrder(LivePlace.RING_FILE_NAME, OwnerRecord.FILE_NAME, "ORPHANED");
        }
    }

    @Test
    void shouldFindAgainWhatAKilledOwnerLeftWhenItsStoreWasAwayForAWhile() throws Exception {
        writeAndKill(LiveMemoryKind.SHARED);
        final Path away = Files.move(directory, temp.resolve("away"));
        openAnother();
        Files.move(away, directory);
        try (DurableStateStore store = DurableStateStore.open(context(directory, shared, LiveMemoryKind.AUTO))) {
            assertThat(store.longLongState("longs").size()).isEqualTo(COUNT);
        }
        assertThat(shared).isEmptyDirectory();
    }

    private void openAnother() {
        DurableStateStore.open(context(temp.resolve("other"), shared, LiveMemoryKind.AUTO))
                .close();
    }

    @Test
    void shouldOpenACopyOfAStoreThatGoesOn() throws Exception {
        final DurableStoreContext context = context(directory, shared, LiveMemoryKind.AUTO);
        try (DurableStateStore store = DurableStateStore.open(context.durability(Durability.GROUP))) {
            final LongLongState longs = store.longLongState("longs");
            longs.put(1, 1);
            store.checkpoint().join();
            longs.put(2, 2);
            store.sync();
            final Path copy = copyOfStore();
            for (long i = 3; i < 10_000; i++) { // far beyond the ring's length
                longs.put(i, i);
            }
            try (DurableStateStore copied = DurableStateStore.open(
                    context(copy, shared, LiveMemoryKind.AUTO).durability(Durability.GROUP))) {
                assertThat(copied.longLongState("longs").size()).isEqualTo(2);
                assertThat(copied.longLongState("longs").get(2, 0)).isEqualTo(2);
            }
            longs.put(0, 0);
            store.sync();
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.longLongState("longs").size()).isEqualTo(10_000);
        }
    }

    /** Superseded files may be deleted in between: then once more. */
    private Path copyOfStore() throws Exception {
        for (int attempt = 0; ; attempt++) {
            final Path copy = Files.createDirectory(temp.resolve("copy-" + attempt));
            try (Stream<Path> files = Files.walk(directory)) {
                for (final Path file : files.filter(path -> !path.equals(directory) && !path.endsWith("LOCK"))
                        .toList()) {
                    Files.copy(file, copy.resolve(directory.relativize(file)));
                }
                return copy;
            } catch (final NoSuchFileException | UncheckedIOException e) {
                assertThat(attempt).as("copies that files vanished from").isLessThan(100);
            }
        }
    }

    private void writeAndKill(final LiveMemoryKind kind) throws Exception {
        final Path errorFile = temp.resolve("child.err");
        final Process child =
                ChildJvm.start(Child.class, errorFile, directory.toString(), shared.toString(), kind.name());
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            final String line = output.readLine();
            if (line == null) {
                child.waitFor(60, TimeUnit.SECONDS);
            }
            assertThat(line)
                    .as("%s", line == null ? ChildJvm.lastWords(child, errorFile) : "")
                    .isEqualTo("written");
        } finally {
            child.destroyForcibly();
        }
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
}
