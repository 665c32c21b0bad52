/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.RangeReader;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.checkpoint.manifest.FileNumbers;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.checkpoint.manifest.Retention;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.InMemoryCheckpointStorage;
import io.quire.checkpoint.storage.ObjectWriter;
import io.quire.store.Durability;
import io.quire.store.MapState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreIoException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opening passes over what is damaged, and never over what only cannot be read at present. */
class UnreadableCheckpointTest {
    private static final int COUNT = 20_000;
    private static final TypedStateDescriptor<Long, MapState<Long, Long, String>> MAPS =
            TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.STRING);

    @TempDir
    Path temp;

    private final InMemoryCheckpointStorage sound = new InMemoryCheckpointStorage();
    private String unreadable = "";
    private long unreadableFrom;
    private long lastId;

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .changeRingLength(64 * 1024)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .retainedCheckpoints(4)
                .checkpointStorage(new Storage());
    }

    private void fill(final Durability durability) {
        try (DurableStateStore store = DurableStateStore.open(context().durability(durability))) {
            for (int i = 0; i < 3; i++) {
                for (long key = 0; key < COUNT; key++) {
                    store.longLongState("longs").put(key, key + i);
                }
                lastId = store.checkpoint().join().checkpointId();
            }
        }
    }

    private List<String> names(final String prefix) {
        return sound.list().stream().filter(name -> name.startsWith(prefix)).toList();
    }

    @Test
    void shouldNotGoBackWhenVerifyingCannotReadAFile() {
        fill(Durability.PROCESS);
        final List<String> before = sound.list();
        final List<String> files = names("checkpoint-");
        unreadable = files.get(files.size() - 1);
        for (final long from : new long[] {64, 10_000}) { // in a block's head, and in a block
            unreadableFrom = from;
            assertThatThrownBy(() -> DurableStateStore.open(context().verifyOnOpen(true)))
                    .isInstanceOf(StoreIoException.class)
                    .hasMessage("planted: " + unreadable);
        }
        assertThat(sound.list()).isEqualTo(before);
        unreadable = "";
        try (DurableStateStore store = DurableStateStore.open(context().verifyOnOpen(true))) {
            assertThat(store.recoveryReport().rejected()).isEmpty();
            assertThat(store.longLongState("longs").get(1, 0)).isEqualTo(3);
        }
    }

    @Test
    void shouldNotPassOverAManifestThatCannotBeReadBehindOneThatIsDamaged() {
        fill(Durability.NONE);
        final List<String> manifests = names("manifest-");
        sound.damage(manifests.get(manifests.size() - 1));
        unreadable = manifests.get(manifests.size() - 2);
        unreadableFrom = 0;
        assertThatThrownBy(() -> DurableStateStore.open(context().acceptLossOnFallback(true)))
                .isInstanceOf(StoreIoException.class)
                .hasMessage("planted: " + unreadable);
        unreadable = "";
        try (DurableStateStore store = DurableStateStore.open(context().acceptLossOnFallback(true))) {
            assertThat(store.recoveryReport().rejected()).hasSize(1);
            assertThat(store.longLongState("longs").get(1, 0)).isEqualTo(2);
            store.longLongState("longs").put(1, 7);
            // The id of the damaged one is not used again, though it cannot be read.
            assertThat(store.checkpoint().join().checkpointId()).isGreaterThan(lastId);
        }
    }

    /** Nothing in the newest can depend on them, and the log needs nothing of theirs. */
    @Test
    void shouldOpenASoundStoreWhoseOlderManifestCannotBeRead() {
        fill(Durability.NONE);
        final List<String> manifests = names("manifest-");
        unreadable = manifests.get(manifests.size() - 2);
        unreadableFrom = 0;
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.NONE))) {
            assertThat(store.recoveryReport().rejected()).containsExactly("planted: " + unreadable);
            assertThat(store.longLongState("longs").get(1, 0)).isEqualTo(3);
        }
    }

    /** When the newest turns out damaged, one that stands before the next is no older one. */
    @Test
    void shouldNotPassOverAManifestThatCannotBeReadBehindOneWhoseFileIsDamaged() {
        fill(Durability.NONE);
        final List<String> files = names("checkpoint-");
        sound.damage(files.get(files.size() - 1));
        final List<String> manifests = names("manifest-");
        unreadable = manifests.get(manifests.size() - 2);
        unreadableFrom = 0;
        assertThatThrownBy(() ->
                        DurableStateStore.open(context().verifyOnOpen(true).acceptLossOnFallback(true)))
                .isInstanceOf(StoreIoException.class)
                .hasMessage("planted: " + unreadable);
    }

    /** Some of its entries are gone then, and others not: that is no state that ever was. */
    @Test
    void shouldLetNobodyReadWhenAMapCouldNotBeRemovedWhole() {
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.NONE))) {
            final MapState<Long, Long, String> maps = store.state(MAPS);
            for (long inside = 0; inside < COUNT; inside++) {
                maps.put(1L, inside, "a value of some length: " + inside);
            }
            store.checkpoint().join();
        }
        try (DurableStateStore store =
                DurableStateStore.open(context().durability(Durability.NONE).hydrateInBackground(false))) {
            final MapState<Long, Long, String> maps = store.state(MAPS);
            assertThat(maps.size(1L)).isEqualTo(COUNT);
            unreadable = names("checkpoint-").get(0);
            unreadableFrom = 0;
            assertThatThrownBy(() -> maps.remove(1L)).isInstanceOf(StoreFailedException.class);
            assertThatThrownBy(() -> maps.size(1L)).isInstanceOf(StoreFailedException.class);
            assertThatThrownBy(() -> maps.get(1L, 1L)).isInstanceOf(StoreFailedException.class);
        }
        unreadable = "";
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.NONE))) {
            assertThat(store.state(MAPS).size(1L)).isEqualTo(COUNT);
        }
    }

    /** Beside a manifest that it was not told of, nothing is without one. */
    @Test
    void shouldDeleteNothingBesideANewerManifest() {
        fill(Durability.NONE);
        orphan();
        final List<String> before = sound.list();
        final ManifestCatalog all = ManifestCatalog.scan(sound, null);
        final List<Manifest> known =
                all.newestFirst().subList(1, all.newestFirst().size());
        final Retention retention = new Retention(sound, new FileNumbers(1000));
        assertThat(retention.retain(known)).isEmpty();
        assertThat(sound.list()).isEqualTo(before);
        assertThat(retention.retain(all.newestFirst())).hasSize(1);
    }

    private String orphan() {
        final String name = StoreFileNames.checkpointFile(900);
        try (ObjectWriter writer = sound.create(name)) {
            writer.write(ByteBuffer.wrap(new byte[100]));
            writer.complete();
        }
        return name;
    }

    @Test
    void shouldDeleteAFileThatACrashHasLeftWhenItOpens() {
        fill(Durability.PROCESS);
        final List<String> before = sound.list();
        final String orphan = orphan();
        try (DurableStateStore store = DurableStateStore.open(context())) {
            assertThat(sound.list()).doesNotContain(orphan).contains(before.get(0)); // a merge may be under way
            assertThat(store.longLongState("longs").get(1, 0)).isEqualTo(3);
        }
    }

    @Test
    void shouldKeepAFileThatAManifestMightNameWhichCannotBeRead() {
        fill(Durability.NONE);
        final List<String> manifests = names("manifest-");
        unreadable = manifests.get(manifests.size() - 2);
        unreadableFrom = 0;
        final String orphan = orphan();
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.NONE))) {
            assertThat(store.recoveryReport().rejected()).hasSize(1);
            assertThat(sound.list()).contains(orphan);
        }
    }

    /** One object of which cannot be read from an offset on. */
    private final class Storage implements CheckpointStorage {
        @Override
        public ObjectWriter create(final String name) {
            return sound.create(name);
        }

        @Override
        public RangeReader open(final String name) {
            final RangeReader reader = sound.open(name);
            return new RangeReader() {
                @Override
                public Path path() {
                    return reader.path();
                }

                @Override
                public long size() {
                    return reader.size();
                }

                @Override
                public void copy(final long position, final long targetPointer, final int length) {
                    final boolean isEnd = position + length > reader.size() - 1024; // which opening reads
                    if (name.equals(unreadable)
                            && position + length > unreadableFrom
                            && (unreadableFrom == 0 || (position > 0 && !isEnd))) {
                        throw new StoreIoException("planted: " + name);
                    }
                    reader.copy(position, targetPointer, length);
                }

                @Override
                public void close() {
                    reader.close();
                }
            };
        }

        @Override
        public void publish(final String name, final ByteBuffer content) {
            sound.publish(name, content);
        }

        @Override
        public void delete(final String name) {
            sound.delete(name);
        }

        @Override
        public void syncDeletions() {
            sound.syncDeletions();
        }

        @Override
        public List<String> deleteUnpublished() {
            return sound.deleteUnpublished();
        }

        @Override
        public List<String> list() {
            return sound.list();
        }

        @Override
        public boolean exists(final String name) {
            return sound.exists(name);
        }

        @Override
        public Path location(final String name) {
            return sound.location(name);
        }
    }
}
