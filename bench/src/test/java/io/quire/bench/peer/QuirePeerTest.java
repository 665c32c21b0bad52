/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When Quire's contestants take checkpoints. */
class QuirePeerTest {
    private static final long LIMIT_NS = 30_000_000_000L;
    private static final long PAUSE_MS = 10;

    @TempDir
    private Path directory;

    private TableContext context(final boolean durable) {
        return new TableContext(TableShape.LONG_LONG, 1, 1, directory, durable);
    }

    private long checkpointCount() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("manifest-"))
                    .count();
        }
    }

    @Test
    void shouldTakeCheckpointsWhileTimedIfItIsNamedForThem() throws IOException, InterruptedException {
        final Peer peer = Peers.named("quire-checkpoints");
        try (KeyedTable table = peer.open(context(false))) {
            final long startNs = System.nanoTime();
            for (long i = 0; checkpointCount() == 0 && System.nanoTime() - startNs < LIMIT_NS; i++) {
                table.put(i, i);
                Thread.sleep(PAUSE_MS);
            }

            assertThat(checkpointCount()).isPositive();
        }
        assertThat(peer.settings(context(false))).containsEntry("checkpoints", "each second, timed");
    }

    @Test
    void shouldLeaveCheckpointsToWhoeverMeasuresThem() {
        assertThat(Peers.named("quire-checkpoints").settings(context(true))).containsEntry("checkpoints", "on demand");
        assertThat(Peers.named("quire").settings(context(false))).containsEntry("checkpoints", "on demand");
    }
}
