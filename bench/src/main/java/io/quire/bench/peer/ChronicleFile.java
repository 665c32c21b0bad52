/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.TableContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;

/**
 * The file of a persisted Chronicle map, and the nearest things it has to a checkpoint. A force of that file: the
 * writer goes on meanwhile, so what is on the device is no consistent cut; that is said in the reports. Or a copy of it
 * while the writer waits, which is one.
 *
 * <p>Threading: confined to the table's thread, except that the force runs on a thread of its own.
 */
final class ChronicleFile {
    private static final String FILE_NAME = "chronicle.map";

    private static final String COPY_NAME = "chronicle.copy";

    private final Path file;
    private final ChronicleKeeping keeping;

    ChronicleFile(final TableContext context, final ChronicleKeeping keeping) {
        file = context.directory().resolve(FILE_NAME);
        this.keeping = keeping;
    }

    <K, V> ChronicleMap<K, V> open(final ChronicleMapBuilder<K, V> builder) {
        try {
            return keeping != ChronicleKeeping.MEMORY ? builder.createPersistedTo(file.toFile()) : builder.create();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    CompletableFuture<CheckpointCost> checkpoint() {
        return keeping == ChronicleKeeping.FILE_COPIED ? CompletableFuture.completedFuture(copy()) : force();
    }

    private CheckpointCost copy() {
        final long startNs = System.nanoTime();
        try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ);
                FileChannel target = FileChannel.open(
                        file.resolveSibling(COPY_NAME),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            final long length = source.size();
            for (long position = 0; position < length; ) {
                position += source.transferTo(position, length - position, target);
            }
            target.force(true);
            final long durationNs = System.nanoTime() - startNs;
            return new CheckpointCost(length, durationNs, durationNs);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private CompletableFuture<CheckpointCost> force() {
        final long startNs = System.nanoTime();
        return CompletableFuture.supplyAsync(() -> {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.force(true);
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
            return new CheckpointCost(-1, 0, System.nanoTime() - startNs);
        });
    }
}
