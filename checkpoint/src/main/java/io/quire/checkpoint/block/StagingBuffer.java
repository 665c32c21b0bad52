/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.BufferUtil;

/**
 * Private memory that bytes are copied to before they are checked and decompressed; grows to what is asked for, which
 * callers have held against a limit.
 *
 * <p>Threading: confined to one thread at a time.
 */
final class StagingBuffer implements AutoCloseable {
    private static final int LENGTH_MIN = 4096;

    private ByteBuffer buffer;
    private long pointer;

    /**
     * Makes room, losing the content when it has to grow.
     *
     * @param length bytes
     * @return direct little-endian buffer with at least that capacity, valid until the next call
     */
    ByteBuffer withLength(final int length) {
        if (buffer == null || buffer.capacity() < length) {
            close();
            buffer = ByteBuffer.allocateDirect(Math.max(length, LENGTH_MIN)).order(ByteOrder.LITTLE_ENDIAN);
            pointer = BufferUtil.address(buffer);
        }
        return buffer;
    }

    /** {@return native pointer to the buffer's first byte} */
    long pointer() {
        return pointer;
    }

    @Override
    public void close() {
        if (buffer != null) {
            BufferUtil.free(buffer);
            buffer = null;
            pointer = 0;
        }
    }
}
