/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.checkpoint.live.LivePlace;
import io.quire.checkpoint.live.OwnerRecord;
import io.quire.checkpoint.live.ProcessIdentity;
import io.quire.store.Durability;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.StoreLockedException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Opening that fails, or finds a ring that may not be its own. */
class OpeningTroubleTest {
    private static final int HEAD_OFFSET = 128;
    private static final int TAIL_OFFSET = 256;
    private static final int RECORD_LENGTH = 32;

    @TempDir
    Path temp;

    private final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());
    private Path shared;

    @BeforeEach
    void makeSharedDirectory() throws IOException {
        shared = Files.createDirectory(temp.resolve("shm"));
    }

    private DurableStoreContext context(final Durability durability) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(shared)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .changeRingLength(64 * 1024)
                .logSegmentLength(64 * 1024)
                .checkpointIntervalNs(0)
                .storeFiles(files)
                .durability(durability);
    }

    private void refuseManifests() {
        files.hook((operation, path) -> {
            if (operation == FileOperation.CREATE
                    && path.getFileName().toString().startsWith("manifest")) {
                throw new StoreIoException("refused: file=" + path);
            }
        });
    }

    private void put(final DurableStoreContext context, final long key) {
        try (DurableStateStore store = DurableStateStore.open(context)) {
            store.longLongState("longs").put(key, key);
        }
    }

    @Test
    void shouldSayThatTheSystemRefusesAndNotThatACheckpointFailed() throws IOException {
        refuseManifests();
        assertThatThrownBy(() -> DurableStateStore.open(context(Durability.PROCESS)))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining("refused: file=");
        files.hook((operation, path) -> {});
        put(context(Durability.NONE), 1);
        refuseManifests();
        for (final Durability other : new Durability[] {Durability.PROCESS, Durability.GROUP}) {
            assertThatThrownBy(() -> DurableStateStore.open(context(other)))
                    .isInstanceOf(StoreIoException.class)
                    .hasMessageContaining("refused: file=");
            assertThat(shared).isEmptyDirectory(); // the log was begun, and closed in order
        }
        files.hook((operation, path) -> {});
        put(context(Durability.PROCESS), 2);
        try (DurableStateStore store = DurableStateStore.open(context(Durability.PROCESS))) {
            assertThat(store.longLongState("longs").get(1, 0)).isEqualTo(1);
            assertThat(store.longLongState("longs").get(2, 0)).isEqualTo(2);
        }
    }

    @Test
    void shouldLeaveNoRingWhenAThreadCannotBeStarted() {
        put(context(Durability.PROCESS), 1);
        final DurableStoreContext starved = context(Durability.PROCESS).threadStarter(thread -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        assertThatThrownBy(() -> DurableStateStore.open(starved)).isInstanceOf(OutOfMemoryError.class);
        assertThat(shared).isEmptyDirectory();
        put(context(Durability.PROCESS), 2);
    }

    private Path ring() throws IOException {
        try (Stream<Path> found = Files.find(shared, 2, (path, attributes) -> path.endsWith("ring"))) {
            return found.findFirst().orElseThrow();
        }
    }

    private void killAnOwner(final Durability durability) throws Exception {
        final Path errors = temp.resolve("errors");
        final Process child = ChildJvm.start(Child.class, errors, temp.toString(), durability.name());
        try {
            assertThat(child.getInputStream().read()).as("child").isEqualTo('d');
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    /** Puts a thousand keys, says so, and waits to be killed. */
    static final class Child {
        public static void main(final String... arguments) throws Exception {
            final OpeningTroubleTest test = new OpeningTroubleTest();
            test.temp = Path.of(arguments[0]);
            test.shared = test.temp.resolve("shm");
            final DurableStateStore store = DurableStateStore.open(test.context(Durability.valueOf(arguments[1])));
            for (long key = 0; key < 1000; key++) {
                store.longLongState("longs").put(key, key);
            }
            while (store.status().log().writtenPosition() < store.appliedPosition()) {
                Thread.onSpinWait();
            }
            System.out.println("done");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    /** What it would have said of the ring, the newer one says. */
    @Test
    void shouldNotMissARingThatOnlyAnOlderManifestNobodyCanReadMightNeed() throws Exception {
        killAnOwner(Durability.GROUP);
        Files.delete(ring());
        final List<Path> manifests;
        try (Stream<Path> files = Files.list(temp.resolve("store"))) {
            manifests = files.filter(file -> file.getFileName().toString().startsWith("manifest"))
                    .sorted()
                    .toList();
        }
        assertThat(manifests).hasSizeGreaterThan(1);
        Files.writeString(manifests.get(manifests.size() - 2), "no manifest");
        try (DurableStateStore store = DurableStateStore.open(context(Durability.GROUP))) {
            assertThat(store.recoveryReport().rejected()).hasSize(1);
            assertThat(store.longLongState("longs").size()).isEqualTo(1000);
        }
    }

    /** The lock should have kept this opener out, but there are file systems whose locks do not reach everybody. */
    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP"})
    void shouldNotOpenAStoreWhoseRingSomebodyWritesTo(final Durability durability) throws Exception {
        boolean refused = false;
        for (int i = 0; i < 20 && !refused; i++) { // the writer may have been asleep while the ring was read
            killAnOwner(durability);
            final AtomicBoolean stopped = new AtomicBoolean();
            final Thread writer = new Thread(writer(stopped));
            writer.start();
            try {
                DurableStateStore.open(context(durability)).close();
            } catch (final StoreLockedException e) {
                assertThat(e).hasMessageContaining("file=" + ring());
                refused = true;
            } finally {
                stopped.set(true);
                writer.join();
            }
        }
        assertThat(refused).isTrue();
        try (DurableStateStore store = DurableStateStore.open(context(durability))) {
            assertThat(store.longLongState("longs").size()).isEqualTo(1000);
        }
    }

    private Runnable writer(final AtomicBoolean stopped) throws IOException {
        final MappedByteBuffer ring;
        try (FileChannel channel = FileChannel.open(ring(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ring = channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096);
        }
        ring.order(ByteOrder.LITTLE_ENDIAN);
        final long tail = ring.getLong(TAIL_OFFSET);
        final int count = 900; // of the records that were written to the log and are still in the ring
        ring.putLong(HEAD_OFFSET, tail - (long) count * RECORD_LENGTH);
        return () -> {
            for (int i = 0; !stopped.get(); i = (i + 1) % count) {
                ring.putLong(TAIL_OFFSET, tail - (long) i * RECORD_LENGTH);
            }
            ring.putLong(TAIL_OFFSET, tail);
        };
    }

    /** As if the owner had been in another container, which had the store at another path. */
    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP"})
    void shouldNotPassOverTheRingOfAnOwnerInAnotherContainerInSilence(final Durability durability) throws Exception {
        killAnOwner(durability);
        final Path store = temp.resolve("store");
        final Path elsewhere = Files.move(ring().getParent(), shared.resolve(LivePlace.DIRECTORY_PREFIX + "elsewhere"));
        final OwnerRecord owner = new OwnerRecord(
                new ProcessIdentity(7, 1, "pid:[1]"), 1, temp.resolve("where-it-was"), elsewhere, "anonymous");
        owner.write(elsewhere);
        owner.write(store);
        try (LoggedWarnings warnings = new LoggedWarnings(StoreOpening.class)) {
            if (durability == Durability.PROCESS) {
                assertThatThrownBy(() -> DurableStateStore.open(context(durability)))
                        .isInstanceOf(CorruptStoreException.class)
                        .hasMessageContaining("ring is missing");
                assertThat(warnings.lines())
                        .singleElement()
                        .asString()
                        .contains(elsewhere.resolve("ring").toString(), "pid 7", "delete the file OWNER");
                Files.delete(elsewhere.resolve(OwnerRecord.FILE_NAME));
            } else {
                DurableStateStore.open(context(durability)).close();
                assertThat(warnings.lines())
                        .singleElement()
                        .asString()
                        .contains(elsewhere.resolve("ring").toString(), "pid 7", "not forced, is given up");
            }
        }
        try (DurableStateStore again = DurableStateStore.open(context(durability))) {
            assertThat(again.longLongState("longs").size()).isEqualTo(1000);
        }
    }
}
