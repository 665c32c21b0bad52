/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** Writes that are forced, and kept by nobody; see {@link ForcePeer}. */
final class ForceTable implements DurableTable {
    static final long FILE_LENGTH = 64L << 20;

    private static final int ZEROS_LENGTH = 1 << 20;
    private static final int BLOCK_HEADER_LENGTH = 40;
    private static final int RECORD_HEADER_LENGTH = 16;
    private static final int ALIGNMENT = Long.BYTES;

    private final RandomAccessFile file;
    private final FileChannel channel;
    private final byte[] record;
    private final ByteBuffer buffer;
    private final boolean synchronous;
    private final boolean forced;
    private long position;

    ForceTable(final TableContext context, final boolean synchronous, final boolean forced) {
        this.synchronous = synchronous;
        this.forced = forced;
        record = new byte[recordLength(context.shape())];
        buffer = ByteBuffer.allocateDirect(record.length);
        final Path path = context.directory().resolve("forced");
        try {
            try (RandomAccessFile zeros = new RandomAccessFile(path.toString(), "rw")) {
                for (long at = 0; at < FILE_LENGTH; at += ZEROS_LENGTH) {
                    zeros.write(new byte[ZEROS_LENGTH]);
                }
                zeros.getChannel().force(true);
            }
            file = new RandomAccessFile(path.toString(), synchronous && forced ? "rwd" : "rw");
            channel = file.getChannel();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return bytes of the log block that Quire writes for one put} */
    static int recordLength(final TableShape shape) {
        final int length = RECORD_HEADER_LENGTH + shape.entryLength();
        return BLOCK_HEADER_LENGTH + (length + ALIGNMENT - 1 & -ALIGNMENT);
    }

    @Override
    public long get(final long key) {
        return key;
    }

    @Override
    public void put(final long key, final long seed) {
        if (position + record.length > FILE_LENGTH) {
            position = 0;
        }
        try {
            if (synchronous) {
                writeForced(seed);
            } else {
                writeAndForce(seed);
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        position += record.length;
    }

    private void writeForced(final long seed) throws IOException {
        record[(int) (seed & (ALIGNMENT - 1))]++;
        file.seek(position);
        file.write(record);
    }

    private void writeAndForce(final long seed) throws IOException {
        buffer.clear();
        buffer.putLong(0, seed);
        channel.write(buffer, position);
        if (forced) {
            channel.force(false);
        }
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        put(key, delta);
        return delta;
    }

    @Override
    public void remove(final long key) {
        put(key, 0);
    }

    @Override
    public long scan() {
        return position;
    }

    @Override
    public long size() {
        return 0;
    }

    @Override
    public CompletableFuture<CheckpointCost> checkpoint() {
        return CompletableFuture.completedFuture(new CheckpointCost(0, 0, 0));
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
