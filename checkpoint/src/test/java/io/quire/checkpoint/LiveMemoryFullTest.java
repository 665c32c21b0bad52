/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.StoreFullException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Live memory on a file system that gets full. The file system is a small one of the test's own, 16 MiB of tmpfs, which
 * {@code src/test/scripts/memory-full.sh} mounts; without it nothing here runs.
 */
@EnabledIfSystemProperty(named = "quire.smallFileSystem", matches = "/.+")
class LiveMemoryFullTest {
    private static final int WINDOW_SHIFT = 20;

    private final Path small = Path.of(System.getProperty("quire.smallFileSystem", "/none"));

    @TempDir
    Path temp;

    @BeforeEach
    @AfterEach
    void empty() throws IOException {
        try (Stream<Path> left = Files.walk(small)) {
            for (final Path path : left.sorted(java.util.Comparator.reverseOrder())
                    .filter(path -> !path.equals(small))
                    .toList()) {
                Files.delete(path);
            }
        }
    }

    private DurableStoreContext context(final LiveMemoryKind kind) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .liveMemory(kind)
                .sharedMemoryDirectory(small)
                .changeRingLength(64 * 1024)
                .checkpointIntervalNs(0)
                .windowShift(WINDOW_SHIFT);
    }

    @Test
    void shouldGoOnInPrivateMemoryWhenSharedMemoryIsFull() {
        final int count = 2_000_000; // more than 32 MiB
        for (int round = 1; round <= 2; round++) { // the second one recovers into what does not fit
            try (DurableStateStore store = DurableStateStore.open(context(LiveMemoryKind.SHARED))) {
                final LongLongState longs = store.longLongState("longs");
                for (long i = 0; i < count; i++) {
                    assertThat(longs.addAndGet(i, i)).isEqualTo(i * round);
                }
                assertThat(store.status().liveMemory())
                        .startsWith("file " + small)
                        .contains(", full; ")
                        .contains(" bytes in anonymous memory");
                for (long i = 0; i < count; i++) {
                    assertThat(longs.get(i, -1)).isEqualTo(i * round);
                }
            }
        }
        assertThat(small).isEmptyDirectory();
    }

    @Test
    void shouldGoOnWhenSomebodyElseTakesTheRoomInTheMiddleOfAWindow() throws IOException {
        try (DurableStateStore store =
                DurableStateStore.open(context(LiveMemoryKind.SHARED).windowShift(23))) {
            final LongLongState longs = store.longLongState("longs");
            for (long i = 0; i < 1000; i++) {
                longs.put(i, i);
            }
            fill(small.resolve("somebody"));
            long written = 1000;
            try {
                for (; written < 1_000_000; written++) {
                    longs.put(written, written);
                }
                assertThat(Runtime.version().feature()).isGreaterThanOrEqualTo(22);
            } catch (final StoreFullException e) {
                assertThat(Runtime.version().feature()).isLessThan(22);
                assertThat(e).hasMessageContaining("no space to grow live memory: file=" + small);
                Files.delete(small.resolve("somebody"));
                for (; written < 100_000; written++) {
                    longs.put(written, written); // there is room again
                }
            }
            for (long i = 0; i < written; i++) {
                assertThat(longs.get(i, -1)).isEqualTo(i);
            }
        }
    }

    @Test
    void shouldRefuseAndReadOnWhenTheDiskOfTheStoreIsFull() {
        final DurableStoreContext context = context(LiveMemoryKind.DIRECTORY)
                .directory(small.resolve("store"))
                .sharedMemoryDirectory(temp)
                .durability(Durability.NONE)
                .checkpointOnClose(false)
                .windowShift(30);
        final long[] written = new long[1];
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState longs = store.longLongState("longs");
            assertThatThrownBy(() -> {
                        while (true) {
                            longs.put(written[0], ~written[0]);
                            written[0]++;
                        }
                    })
                    .isInstanceOf(StoreFullException.class)
                    .hasMessageContaining("file=" + small)
                    .hasMessageContaining("needed=")
                    .hasMessageContaining("free=");
            assertThat(written[0]).isGreaterThan(100_000);
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> longs.put(written[0], 0)).isInstanceOf(StoreFullException.class);
            }
            for (long i = 0; i < written[0]; i++) {
                assertThat(longs.get(i, 0)).isEqualTo(~i);
                longs.put(i, i); // what is there may be changed
            }
            assertThat(longs.size()).isEqualTo(written[0]);
            longs.checkInvariants();
        }
    }

    @Test
    void shouldNotOpenWithoutRoomToBegin() throws IOException {
        final DurableStoreContext context = context(LiveMemoryKind.DIRECTORY)
                .directory(small.resolve("store"))
                .sharedMemoryDirectory(temp.resolve("none"));
        DurableStateStore.open(context).close();
        fill(small.resolve("somebody"));
        assertThatThrownBy(() -> DurableStateStore.open(context))
                .isInstanceOf(io.quire.store.errors.StateStoreException.class)
                .hasMessageContaining(small.toString());
        Files.delete(small.resolve("somebody"));
        DurableStateStore.open(context).close();
    }

    private static void fill(final Path file) throws IOException {
        final byte[] piece = new byte[4096];
        try (var stream = Files.newOutputStream(file)) {
            while (true) {
                stream.write(piece);
            }
        } catch (final IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }
}
