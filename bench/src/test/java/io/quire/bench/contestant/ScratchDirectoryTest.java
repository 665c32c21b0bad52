/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.live.LivePlace;
import io.quire.checkpoint.live.OwnerRecord;
import io.quire.checkpoint.live.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchDirectoryTest {
    @TempDir
    Path temp;

    /** A store's directory, and what its owner has left where the ring is. */
    private Path owned(final Path store, final String name, final ProcessIdentity owner, final Path recorded)
            throws IOException {
        final Path live = Files.createDirectory(temp.resolve(LivePlace.DIRECTORY_PREFIX + name));
        Files.createFile(live.resolve(LivePlace.RING_FILE_NAME));
        Files.createDirectories(store);
        new OwnerRecord(owner, 1, recorded, live, "").write(live);
        new OwnerRecord(owner, 1, recorded, live, "").write(store);
        return live;
    }

    @Test
    void shouldTakeAwayWhatKilledContestantsLeftInMemoryFiles() throws IOException {
        final Path real = temp.toRealPath();
        final ProcessIdentity self = ProcessIdentity.current();
        final ProcessIdentity dead = new ProcessIdentity(self.pid(), self.startTicks() + 1, self.namespace());
        final Path scratch = real.resolve("scratch");
        final Path killed = owned(scratch.resolve("a/store"), "killed", dead, scratch.resolve("a/store"));
        final Path alive = owned(scratch.resolve("b"), "alive", self, scratch.resolve("b"));
        final Path others = owned(scratch.resolve("c"), "others", dead, real.resolve("copied"));
        ScratchDirectory.delete(scratch);
        assertThat(scratch).doesNotExist();
        assertThat(killed).doesNotExist();
        assertThat(alive.resolve(LivePlace.RING_FILE_NAME)).exists();
        assertThat(others.resolve(LivePlace.RING_FILE_NAME)).exists();
    }
}
