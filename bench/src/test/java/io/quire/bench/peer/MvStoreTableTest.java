/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commits by a background thread are paid for only where somebody finds them again. */
class MvStoreTableTest {
    @TempDir
    private Path directory;

    private final Peer peer = Peers.named("mvstore");

    private TableContext context(final boolean durable) {
        return new TableContext(TableShape.LONG_LONG, 1, 1, directory, durable);
    }

    /** MVStore names its background writer by the file. */
    private boolean backgroundWriterRuns() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().contains(directory.toString()));
    }

    @Test
    void shouldCommitInTheBackgroundOnlyWhenCheckpointsAreTaken() {
        try (KeyedTable table = peer.open(context(false))) {
            table.put(1, 1);
            assertThat(backgroundWriterRuns()).isFalse();
        }
        try (KeyedTable table = peer.open(context(true))) {
            table.put(1, 1);
            assertThat(backgroundWriterRuns()).isTrue();
        }
    }

    @Test
    void shouldSayWhatItsFilesAreWorth() {
        assertThat(peer.settings(context(false))).containsEntry("durability", "none");
        assertThat(peer.settings(context(true)).get("durability")).contains("commit and sync");
    }
}
