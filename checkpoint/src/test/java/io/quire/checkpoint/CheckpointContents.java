/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.block.PageChain;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.store.BytesState;
import io.quire.store.LongLongState;
import io.quire.store.StateStore;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Plain maps beside a state of longs and one of bytes, and what a checkpoint in a directory says of the two. */
final class CheckpointContents {
    static final String LONGS = "longs";
    static final String BYTES = "bytes";
    private static final int ATTEMPTS = 50;

    private final Map<Long, Long> longs;
    private final Map<ByteBuffer, ByteBuffer> entries;

    CheckpointContents() {
        this(new HashMap<>(), new HashMap<>());
    }

    private CheckpointContents(final Map<Long, Long> longs, final Map<ByteBuffer, ByteBuffer> entries) {
        this.longs = longs;
        this.entries = entries;
    }

    /** The model at a barrier. */
    CheckpointContents copy() {
        return new CheckpointContents(new HashMap<>(longs), new HashMap<>(entries));
    }

    /** Changes an entry of a store and of the model. */
    void change(final Random random, final LongLongState longState, final BytesState bytesState, final int keys) {
        final long key = random.nextInt(keys);
        final int kind = random.nextInt(10);
        if (kind < 3) {
            final long value = random.nextLong();
            longState.put(key, value);
            longs.put(key, value);
        } else if (kind == 3) {
            longState.remove(key);
            longs.remove(key);
        } else {
            final byte[] bytes = new byte[8];
            ByteBuffer.wrap(bytes).putLong(key);
            if (kind == 4) {
                bytesState.remove(new UnsafeBuffer(bytes), 0, bytes.length);
                entries.remove(ByteBuffer.wrap(bytes));
            } else {
                final byte[] value = new byte[random.nextInt(20) == 0 ? random.nextInt(6000) : random.nextInt(150)];
                random.nextBytes(value);
                bytesState.put(new UnsafeBuffer(bytes), 0, bytes.length, new UnsafeBuffer(value), 0, value.length);
                entries.put(ByteBuffer.wrap(bytes), ByteBuffer.wrap(value));
            }
        }
    }

    /** Compares with a store, entry by entry and byte by byte. */
    void compare(final LongLongState longState, final BytesState bytesState, final String what) {
        assertThat(longState.size()).as(what).isEqualTo(longs.size());
        longState.forEach((key, value) -> assertThat(longs.get(key)).as(what).isEqualTo(value));
        assertThat(bytesState.size()).as(what).isEqualTo(entries.size());
        bytesState.forEach(
                (key, value) -> assertThat(entries.get(copy(key))).as(what).isEqualTo(copy(value)));
        longState.checkInvariants();
        bytesState.checkInvariants();
    }

    /** Compares with a checkpoint in a directory whose store may be open, and be merging files. */
    void compareCheckpoint(final StoreFiles files, final Path directory, final long checkpointId, final String what) {
        for (int i = 1; ; i++) {
            try {
                final Manifest manifest = ManifestCatalog.scan(files, directory, null).newestFirst().stream()
                        .filter(candidate -> candidate.cut().checkpointId() == checkpointId)
                        .findFirst()
                        .orElseThrow(() -> new CorruptStoreException("no manifest: " + checkpointId + ' ' + what));
                compareManifest(files, directory, manifest, what);
                return;
            } catch (final StateStoreException e) {
                if (i == ATTEMPTS) { // a merge may replace files between two reads, but not that often
                    throw e;
                }
            }
        }
    }

    private void compareManifest(
            final StoreFiles files, final Path directory, final Manifest manifest, final String what) {
        try (PageChain chain = PageChain.open(files, directory, manifest.files());
                StateStore store = new StateStore(StoreInspection.open(chain, manifest))) {
            compare(store.longLongState(LONGS), store.bytesState(BYTES), what);
        }
    }

    private static ByteBuffer copy(final DirectBuffer buffer) {
        final byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return ByteBuffer.wrap(bytes);
    }
}
