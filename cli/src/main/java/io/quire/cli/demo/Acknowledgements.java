/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * How many operations the store has acknowledged, in a mapped file: after each one the writer stores its number,
 * without a system call, and the parent reads it after the kill.
 *
 * <p>Threading: one process writes, another reads; release and acquire.
 */
final class Acknowledgements {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final int LENGTH = 4096;

    private final MappedByteBuffer bytes;

    private Acknowledgements(final MappedByteBuffer bytes) {
        this.bytes = bytes;
    }

    /**
     * Maps the file, made when it does not exist.
     *
     * @param file where it is
     * @return the acknowledgements
     * @throws IOException when it cannot be mapped
     */
    static Acknowledgements map(final Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new Acknowledgements(channel.map(FileChannel.MapMode.READ_WRITE, 0, LENGTH));
        }
    }

    void setRelease(final long operationCount) {
        LONG.setRelease(bytes, 0, operationCount);
    }

    long getAcquire() {
        return (long) LONG.getAcquire(bytes, 0);
    }
}
