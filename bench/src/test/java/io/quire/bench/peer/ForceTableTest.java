/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.store.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForceTableTest {
    private static final int PUT_COUNT = 50;

    @TempDir
    private Path directory;

    private TableContext context(final TableShape shape, final String name) throws IOException {
        return new TableContext(shape, 100, 0, Files.createDirectories(directory.resolve(name)), true);
    }

    @Test
    void shouldForceAsMuchAsALogBlockOfQuire() throws IOException {
        for (final TableShape shape :
                List.of(TableShape.LONG_LONG, TableShape.bytes(8, 100), TableShape.bytes(24, 8))) {
            final TableContext context = context(shape, "quire-" + shape.code());
            try (QuireStore store =
                            new QuireStore(context, Durability.SYNC, LiveMemoryKind.AUTO, QuirePeer.Extra.NOTHING);
                    KeyedTable table =
                            shape.longValues() ? new QuireLongTable(store) : new QuireBytesTable(store, shape)) {
                table.put(1, 1);
                final long before = store.store().status().log().bytesWritten();
                for (int i = 0; i < PUT_COUNT; i++) {
                    table.put(2 + i, i);
                }

                assertThat(store.store().status().log().bytesWritten() - before)
                        .as(shape.code())
                        .isEqualTo((long) PUT_COUNT * ForceTable.recordLength(shape));
            }
        }
    }

    @Test
    void shouldNeverMakeItsFileLonger() throws IOException {
        final TableShape shape = TableShape.bytes(8, 60_000);
        final TableContext context = context(shape, "force");
        for (final String name : List.of("force", "force-dsync")) {
            try (KeyedTable table = Peers.named(name).whileLoading().open(context)) {
                for (int i = 0; i < 2 * ForceTable.FILE_LENGTH / shape.valueLength(); i++) {
                    table.put(1 + i, i);
                }
            }

            assertThat(context.directory().resolve("forced")).hasSize(ForceTable.FILE_LENGTH);
        }
    }
}
