/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.RangeReader;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every storage of checkpoints does. */
abstract class CheckpointStorageContractTest {
    private static final String OBJECT = "checkpoint-0000000000000001";
    private static final String MANIFEST = "manifest-0000000000000001";

    /** A storage without objects. */
    abstract CheckpointStorage storage();

    private static ByteBuffer bytes(final int length, final long seed) {
        final byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return ByteBuffer.allocateDirect(length).put(bytes).flip();
    }

    private static byte[] read(final CheckpointStorage storage, final String name) {
        try (RangeReader reader = storage.open(name)) {
            return read(reader, 0, (int) reader.size());
        }
    }

    private static byte[] read(final RangeReader reader, final long position, final int length) {
        final long pointer = RawMemory.allocate(Math.max(1, length));
        try {
            reader.copy(position, pointer, length);
            final byte[] bytes = new byte[length];
            RawMemory.copy(null, pointer, bytes, RawMemory.ARRAY_OFFSET, length);
            return bytes;
        } finally {
            RawMemory.free(pointer);
        }
    }

    private static byte[] array(final ByteBuffer buffer) {
        final byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static void write(final CheckpointStorage storage, final String name, final ByteBuffer content) {
        try (ObjectWriter writer = storage.create(name)) {
            writer.write(content);
            writer.complete();
        }
    }

    @Test
    void shouldGiveBackWhatWasWrittenInPieces() {
        final CheckpointStorage storage = storage();
        final ByteBuffer first = bytes(100_000, 1);
        final ByteBuffer second = bytes(33, 2);
        final byte[] expected = Arrays.copyOf(array(first), 100_033);
        System.arraycopy(array(second), 0, expected, 100_000, 33);
        try (ObjectWriter writer = storage.create(OBJECT)) {
            writer.write(first);
            assertThat(first.hasRemaining()).isFalse();
            writer.sync();
            writer.write(second);
            writer.complete();
        }
        assertThat(read(storage, OBJECT)).isEqualTo(expected);
        try (RangeReader reader = storage.open(OBJECT)) {
            assertThat(reader.size()).isEqualTo(100_033);
            assertThat(reader.path()).isEqualTo(storage.location(OBJECT));
            assertThat(read(reader, 99_990, 20)).isEqualTo(Arrays.copyOfRange(expected, 99_990, 100_010));
            assertThatThrownBy(() -> read(reader, 100_000, 34)).isInstanceOf(CorruptStoreException.class);
            assertThatThrownBy(() -> read(reader, -1, 4)).isInstanceOf(CorruptStoreException.class);
        }
    }

    @Test
    void shouldLeaveNothingOfAnObjectThatWasNotCompleted() {
        final CheckpointStorage storage = storage();
        try (ObjectWriter writer = storage.create(OBJECT)) {
            writer.write(bytes(5000, 3));
            writer.sync();
        }
        assertThat(storage.exists(OBJECT)).isFalse();
        assertThat(storage.list()).isEmpty();
    }

    @Test
    void shouldWriteANameOnce() {
        final CheckpointStorage storage = storage();
        write(storage, OBJECT, bytes(10, 4));
        assertThatThrownBy(() -> storage.create(OBJECT)).isInstanceOf(StoreIoException.class);
        storage.publish(MANIFEST, bytes(10, 5));
        assertThatThrownBy(() -> storage.publish(MANIFEST, bytes(20, 6))).isInstanceOf(StateStoreException.class);
        assertThat(read(storage, MANIFEST)).isEqualTo(array(bytes(10, 5)));
    }

    @Test
    void shouldPublishAWholeObject() {
        final CheckpointStorage storage = storage();
        write(storage, OBJECT, bytes(10, 7));
        storage.publish(MANIFEST, bytes(300_000, 8));
        assertThat(storage.list()).containsExactly(OBJECT, MANIFEST);
        assertThat(storage.exists(MANIFEST)).isTrue();
        assertThat(read(storage, MANIFEST)).isEqualTo(array(bytes(300_000, 8)));
        assertThat(storage.deleteUnpublished()).isEmpty();
        assertThat(storage.list()).containsExactly(OBJECT, MANIFEST);
    }

    @Test
    void shouldDeleteAndIgnoreWhatIsMissing() {
        final CheckpointStorage storage = storage();
        write(storage, OBJECT, bytes(10, 9));
        storage.delete(OBJECT);
        storage.delete(OBJECT);
        storage.syncDeletions();
        assertThat(storage.list()).isEmpty();
        assertThatThrownBy(() -> storage.open(OBJECT)).isInstanceOf(StoreIoException.class);
    }
}
