/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract on the file system that faults are injected into, and what becomes of a publication they meet. */
class FaultCheckpointStorageTest extends CheckpointStorageContractTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final String NAME = "manifest-0000000000000001";

    private final FaultStoreFiles files = new FaultStoreFiles();

    @Override
    CheckpointStorage storage() {
        files.createDirectories(DIRECTORY);
        return new LocalCheckpointStorage(files, DIRECTORY);
    }

    @AfterEach
    void shouldLeaveNoHandle() {
        assertThat(files.openHandles()).isEmpty();
    }

    @Test
    void shouldPublishOrNotWhateverCallFailsAndSayIfItIsNotKnown() {
        final CheckpointStorage storage = storage();
        int prepared = 0;
        for (int call = 0; ; call++) {
            files.failAt(call, FileFault.IO_ERROR);
            final int failing = call;
            try {
                storage.publish(NAME, ByteBuffer.wrap(new byte[100]));
                assertThat(files.faultHit()).isFalse();
                assertThat(prepared).as("creating, writing, forcing").isGreaterThanOrEqualTo(3);
                return;
            } catch (final StateStoreException e) {
                final boolean there = files.list(DIRECTORY).contains(NAME);
                if (there) {
                    assertThat(e).as("call %d", failing).isInstanceOf(StoreIoException.class);
                } else if (e instanceof CheckpointFailedException) {
                    prepared++;
                }
            }
            files.heal();
            storage.delete(NAME);
            storage.deleteUnpublished();
            assertThat(storage.list()).isEmpty();
        }
    }

    @Test
    void shouldRemoveWhatACrashLeftOfAPublication() {
        final CheckpointStorage storage = storage();
        files.failAt(3, FileFault.CRASH_BEFORE);
        assertThatThrownBy(() -> storage.publish(NAME, ByteBuffer.wrap(new byte[100])))
                .isInstanceOf(Error.class);
        final CheckpointStorage next = new LocalCheckpointStorage(files.afterKill(), DIRECTORY);
        assertThat(next.list()).containsExactly(NAME + ".tmp");
        assertThat(next.deleteUnpublished()).containsExactly(NAME + ".tmp");
        assertThat(next.list()).isEmpty();
    }
}
