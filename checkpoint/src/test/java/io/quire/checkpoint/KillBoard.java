/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a process to be killed tells outside of its store: a mapped file, so that whatever it has put there is seen
 * although it died right afterwards.
 */
final class KillBoard implements AutoCloseable {
    static final long STARTING = 0;
    static final long OPENING = 1;
    static final long WRITING = 2;
    static final long CHECKPOINTING = 3;
    static final long CLOSED = 4;

    private static final int LENGTH = 4096;
    private static final int PHASE_OFFSET = 0;
    private static final int ISSUED_OFFSET = 8;
    private static final int ACKNOWLEDGED_OFFSET = 16;
    private static final int RECOVERED_OFFSET = 24;
    private static final int OPEN_NS_OFFSET = 32;
    private static final int CHECKPOINT_NS_OFFSET = 40;
    private static final int CHECKPOINT_COUNT_OFFSET = 48;
    private static final int STOP_OFFSET = 56;

    private final MappedByteBuffer mapping;
    private final UnsafeBuffer buffer;

    KillBoard(final Path file) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            mapping = channel.map(FileChannel.MapMode.READ_WRITE, 0, LENGTH);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        buffer = new UnsafeBuffer(mapping);
    }

    long phase() {
        return buffer.getLongVolatile(PHASE_OFFSET);
    }

    void phase(final long phase) {
        buffer.putLongVolatile(PHASE_OFFSET, phase);
    }

    /** Operations that were begun. */
    long issued() {
        return buffer.getLongVolatile(ISSUED_OFFSET);
    }

    void issued(final long count) {
        buffer.putLongVolatile(ISSUED_OFFSET, count);
    }

    /** Operations whose call has returned. */
    long acknowledged() {
        return buffer.getLongVolatile(ACKNOWLEDGED_OFFSET);
    }

    void acknowledged(final long count) {
        buffer.putLongVolatile(ACKNOWLEDGED_OFFSET, count);
    }

    /** Operations found in the store by the last open that came to its end; -1 = none has yet. */
    long recovered() {
        return buffer.getLongVolatile(RECOVERED_OFFSET);
    }

    void recovered(final long count) {
        buffer.putLongVolatile(RECOVERED_OFFSET, count);
    }

    long openNs() {
        return buffer.getLongVolatile(OPEN_NS_OFFSET);
    }

    void openNs(final long durationNs) {
        buffer.putLongVolatile(OPEN_NS_OFFSET, durationNs);
    }

    long checkpointNs() {
        return buffer.getLongVolatile(CHECKPOINT_NS_OFFSET);
    }

    long checkpointCount() {
        return buffer.getLongVolatile(CHECKPOINT_COUNT_OFFSET);
    }

    void checkpointed(final long durationNs) {
        buffer.putLongVolatile(CHECKPOINT_NS_OFFSET, durationNs);
        buffer.putLongVolatile(CHECKPOINT_COUNT_OFFSET, checkpointCount() + 1);
    }

    /** Whether the process is to close the store and end by itself. */
    boolean isStopRequested() {
        return buffer.getLongVolatile(STOP_OFFSET) != 0;
    }

    void requestStop(final boolean isRequested) {
        buffer.putLongVolatile(STOP_OFFSET, isRequested ? 1 : 0);
    }

    @Override
    public void close() {
        BufferUtil.free(mapping);
    }
}
