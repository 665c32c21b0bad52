/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quire.checkpoint.LiveMemoryKind;
import io.quire.checkpoint.LoggedWarnings;
import io.quire.store.memory.LiveMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LivePlaceTest {
    private static final UUID STORE_ID = new UUID(0x1234, 0x5678);
    private static final int WINDOW_SHIFT = 20;

    @TempDir
    Path temp;

    private Path shared;
    private Path store;
    private LivePlace place;

    @BeforeEach
    void makeDirectories() throws Exception {
        shared = Files.createDirectory(temp.resolve("shared"));
        store = Files.createDirectory(temp.resolve("store"));
        place = new LivePlace(store, STORE_ID, shared);
    }

    @Test
    void shouldKeepFilesToTheOwnerAndSayWhoThatIs() throws Exception {
        try (LiveMemory live = place.openMemory(LiveMemoryKind.SHARED, WINDOW_SHIFT, 0, true)) {
            final Path directory = place.create(64 * 1024);
            assertThat(OwnerRecord.read(store)).isNull(); // until what an earlier owner left has been saved
            place.recordOwner(directory, live.description());
            assertThat(directory.getParent()).isEqualTo(shared);
            assertThat(permissions(directory)).isEqualTo("rwx------");
            for (final String name : new String[] {LivePlace.MEMORY_FILE_NAME, OwnerRecord.FILE_NAME}) {
                assertThat(permissions(directory.resolve(name))).isEqualTo("rw-------");
            }
            final OwnerRecord owner = OwnerRecord.read(store);
            assertThat(owner).isEqualTo(OwnerRecord.read(directory));
            assertThat(owner.process()).isEqualTo(ProcessIdentity.current());
            assertThat(owner.process().visible() && owner.process().alive()).isTrue();
            assertThat(owner.liveMemory()).startsWith("file " + directory.resolve(LivePlace.MEMORY_FILE_NAME) + ", ");
        }
        place.remove();
        assertThat(shared).isEmptyDirectory();
        assertThat(store).isEmptyDirectory();
    }

    @Test
    void shouldPutTheRingIntoTheStoreWhenSharedMemoryIsTooSmall() {
        try (LoggedWarnings warnings = new LoggedWarnings(LivePlace.class)) {
            final Path directory = place.create(Long.MAX_VALUE / 4);
            assertThat(directory).isEqualTo(store.resolve("live"));
            assertThat(warnings.lines()).singleElement().asString().contains("ring goes to " + directory);
        }
        assertThat(shared).isEmptyDirectory();
        place.remove();
        assertThat(store).isEmptyDirectory();
    }

    @Test
    void shouldChooseDiskByItselfOnlyForAStateThatMemoryCannotHold() {
        try (LiveMemory live = place.openMemory(LiveMemoryKind.AUTO, WINDOW_SHIFT, 1 << 20, true)) {
            assertThat(live.description()).startsWith("anonymous memory");
        }
        try (LiveMemory live = place.openMemory(LiveMemoryKind.AUTO, WINDOW_SHIFT, 1L << 50, true)) {
            assertThat(live.description()).startsWith("file " + store.resolve("live/memory") + ", ");
        }
    }

    @Test
    void shouldUseTheStoreWhereThereIsNoSharedMemory() throws Exception {
        Files.delete(shared);
        try (LiveMemory live = place.openMemory(LiveMemoryKind.SHARED, WINDOW_SHIFT, 0, true)) {
            assertThat(live.description()).startsWith("file " + store.resolve("live/memory") + ", ");
        }
        place.removeEmpty();
        assertThat(store).isEmptyDirectory();
    }

    @Test
    void shouldLeaveADirectoryAloneThatAStrangerMade() throws Exception {
        final Path squatted = Files.createDirectory(
                place.ringFiles()[0].getParent(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        assumeThat((int) Files.getAttribute(squatted, "unix:uid"))
                .as("may give files away")
                .isZero();
        Files.createFile(squatted.resolve(LivePlace.RING_FILE_NAME));
        Files.setAttribute(squatted, "unix:uid", 12345);
        assertThat(place.ringFiles()).containsExactly(store.resolve("live").resolve(LivePlace.RING_FILE_NAME));
        assertThat(place.create(1024)).isEqualTo(store.resolve("live"));
        place.remove();
        assertThat(squatted.resolve(LivePlace.RING_FILE_NAME)).exists();
        assertThat(store).isEmptyDirectory();
    }

    @Test
    void shouldKeepTheRingOfAFailedOpenAndNothingElse() throws Exception {
        final Path directory = place.create(1024);
        Files.createFile(directory.resolve(LivePlace.RING_FILE_NAME));
        place.removeEmpty();
        assertThat(directory.resolve(LivePlace.RING_FILE_NAME)).exists();
        Files.delete(directory.resolve(LivePlace.RING_FILE_NAME));
        place.removeEmpty();
        assertThat(directory).doesNotExist();
    }

    /** Containers that share a memory file system may have copies of a store under one path. */
    @Test
    void shouldGoByTheDirectoryItselfAndNotByItsPath() throws Exception {
        final Path first = place.ringFiles()[0];
        final Path moved = Files.move(store, temp.resolve("moved"));
        Files.createDirectory(store);
        assertThat(new LivePlace(store, STORE_ID, shared).ringFiles()[0]).isNotEqualTo(first);
        assertThat(new LivePlace(moved, STORE_ID, shared).ringFiles()[0]).isEqualTo(first);
        assertThat(first.getParent().getParent()).isEqualTo(shared);
    }

    @Test
    void shouldRemoveWhatADeadOwnerLeftInAnotherPlace() throws Exception {
        final ProcessIdentity dead = new ProcessIdentity(1, 1, namespace());
        for (final Path kept : new Path[] {
            live("alive", ProcessIdentity.current(), store),
            live("elsewhere", new ProcessIdentity(1, 1, "pid:[1]"), store),
            live("of-another", dead, temp.resolve("another"))
        }) {
            place.removeFormer(new OwnerRecord(dead, 1, store, kept, ""));
            assertThat(kept.resolve(LivePlace.RING_FILE_NAME)).exists();
        }
        final Path left = live("left", dead, store);
        place.removeFormer(new OwnerRecord(dead, 1, store, left, ""));
        assertThat(left).doesNotExist();
        final Path own = place.create(1024);
        new OwnerRecord(dead, 1, store, own, "").write(own);
        place.removeFormer(OwnerRecord.read(own)); // this is where the store is now
        assertThat(own).exists();
        place.removeFormer(null);
    }

    @Test
    void shouldSweepWhatADeadOwnerOfADeletedStoreLeft() throws Exception {
        final Path gone = temp.resolve("gone");
        final Path dead = live("dead", new ProcessIdentity(1, 1, namespace()), gone);
        final Path storeIsThere = live("store-is-there", new ProcessIdentity(1, 1, namespace()), store);
        final Path alive = live("alive", ProcessIdentity.current(), gone);
        final Path elsewhere = live("elsewhere", new ProcessIdentity(1, 1, "pid:[1]"), gone);
        final Path needed = live("needed", new ProcessIdentity(1, 1, namespace()), gone);
        final Path foreign = Files.createDirectory(shared.resolve("other-dead"));
        Files.delete(dead.resolve(LivePlace.RING_FILE_NAME));
        LivePlace.sweep(shared, needed);
        assertThat(dead).doesNotExist();
        for (final Path kept : new Path[] {storeIsThere, alive, elsewhere, needed}) {
            assertThat(kept.resolve(LivePlace.RING_FILE_NAME)).exists();
        }
        assertThat(foreign).exists();
    }

    /** It may be on a volume that is not mounted just now, and its ring may hold what it acknowledged last. */
    @Test
    void shouldKeepTheRingOfAStoreThatIsNotFoundForDays() throws Exception {
        final Path gone = temp.resolve("gone");
        final Path dead = live("dead", new ProcessIdentity(1, 1, namespace()), gone);
        final Path note = dead.resolve("ORPHANED");
        LivePlace.sweep(shared, null);
        LivePlace.sweep(shared, null);
        assertThat(dead.resolve(LivePlace.MEMORY_FILE_NAME)).doesNotExist();
        assertThat(dead.resolve(LivePlace.RING_FILE_NAME)).exists();
        Files.setLastModifiedTime(note, FileTime.from(Instant.now().minusSeconds(8 * 24 * 3600)));
        Files.createDirectory(gone); // it comes back, and goes again
        LivePlace.sweep(shared, null);
        assertThat(note).doesNotExist();
        Files.delete(gone);
        LivePlace.sweep(shared, null);
        assertThat(dead.resolve(LivePlace.RING_FILE_NAME)).exists();
        Files.setLastModifiedTime(note, FileTime.from(Instant.now().minusSeconds(8 * 24 * 3600)));
        LivePlace.sweep(shared, null);
        assertThat(dead).doesNotExist();
    }

    @Test
    void shouldLookForTheRingWhereTheLastOwnerHadItUnlessThatIsAnotherStores() throws Exception {
        final ProcessIdentity dead = new ProcessIdentity(1, 1, namespace());
        final Path gone = temp.resolve("gone");
        final Path another = Files.createDirectory(temp.resolve("another"));
        final Path ofAnother = live("of-another", dead, another);
        new OwnerRecord(dead, 1, another, ofAnother, "").write(another);
        final Path emptied = Files.createDirectory(temp.resolve("emptied")); // as a mount point is
        final int own = place.ringFiles().length;
        for (final Path left : new Path[] {
            live("same", dead, store),
            live("same-process", ProcessIdentity.current(), store),
            live("same-elsewhere", new ProcessIdentity(1, 1, "pid:[1]"), store),
            live("moved", dead, gone),
            live("mounted-elsewhere", dead, emptied)
        }) {
            assertThat(place.ringFiles(new OwnerRecord(dead, 1, store, left, "")))
                    .hasSize(own + 1)
                    .endsWith(left.resolve(LivePlace.RING_FILE_NAME));
        }
        for (final Path others : new Path[] {
            ofAnother,
            live("alive", ProcessIdentity.current(), gone),
            live("elsewhere", new ProcessIdentity(1, 1, "pid:[1]"), gone)
        }) {
            assertThat(place.ringFiles(new OwnerRecord(dead, 1, another, others, "")))
                    .containsExactly(place.ringFiles());
        }
        assertThat(place.ringFiles(null)).containsExactly(place.ringFiles());
    }

    @Test
    void shouldNameTheRingOfWhichNobodyCanTellWhetherItIsTheStores() throws Exception {
        final ProcessIdentity dead = new ProcessIdentity(1, 1, namespace());
        final ProcessIdentity elsewhere = new ProcessIdentity(1, 1, "pid:[1]");
        final Path gone = temp.resolve("gone");
        final Path uncertain = live("uncertain", elsewhere, gone);
        assertThat(place.uncertainRingFile(new OwnerRecord(elsewhere, 1, gone, uncertain, "")))
                .isEqualTo(uncertain.resolve(LivePlace.RING_FILE_NAME));
        final Path another = Files.createDirectory(temp.resolve("another"));
        final Path ofAnother = live("of-another", elsewhere, another);
        new OwnerRecord(elsewhere, 1, another, ofAnother, "").write(another);
        for (final Path certain : new Path[] {
            ofAnother,
            live("same", elsewhere, store),
            live("dead", dead, gone),
            live("alive", ProcessIdentity.current(), gone),
            temp.resolve("none")
        }) {
            assertThat(place.uncertainRingFile(new OwnerRecord(elsewhere, 1, gone, certain, "")))
                    .as(certain.toString())
                    .isNull();
        }
        assertThat(place.uncertainRingFile(null)).isNull();
        Files.delete(uncertain.resolve(LivePlace.RING_FILE_NAME));
        assertThat(place.uncertainRingFile(new OwnerRecord(elsewhere, 1, gone, uncertain, "")))
                .isNull();
    }

    @Test
    void shouldTellAProcessFromAnotherOfTheSameIdWithoutTheTimeOfDay() {
        final ProcessIdentity self = ProcessIdentity.current();
        assumeThat(self.startTicks()).as("/proc").isPositive();
        final long bootSeconds = self.startTicks() / 100;
        assertThat(bootSeconds)
                .isLessThan(Instant.now().minusSeconds(365L * 24 * 3600).getEpochSecond());
        assertThat(self.alive()).isTrue();
        assertThat(new ProcessIdentity(self.pid(), self.startTicks() + 1, self.namespace()).alive())
                .isFalse();
        assertThat(new ProcessIdentity(self.pid(), 0, self.namespace()).alive()).isTrue();
    }

    @Test
    void shouldSweepOldDirectoriesThatNobodySaidAreHis() throws Exception {
        final Path fresh = Files.createDirectory(shared.resolve(LivePlace.DIRECTORY_PREFIX + "fresh"));
        final Path old = Files.createDirectory(shared.resolve(LivePlace.DIRECTORY_PREFIX + "old"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(2 * 3600)));
        LivePlace.sweep(shared, null);
        assertThat(fresh).exists();
        assertThat(old).doesNotExist();
    }

    private static String namespace() {
        return ProcessIdentity.current().namespace();
    }

    private Path live(final String name, final ProcessIdentity owner, final Path ofStore) throws Exception {
        final Path directory = Files.createDirectory(shared.resolve(LivePlace.DIRECTORY_PREFIX + name));
        new OwnerRecord(owner, 1, ofStore, directory, "").write(directory);
        Files.createFile(directory.resolve(LivePlace.RING_FILE_NAME));
        Files.createFile(directory.resolve(LivePlace.MEMORY_FILE_NAME));
        return directory;
    }

    private static String permissions(final Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
