/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.memory.PageDescriptor;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How checkpoint files are written; none of it matters for reading them.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param blockLength bytes of lines in a block before compression, a multiple of 4096 in 4096..262144; those of pages
 *     with few lines each, which are decompressed together, have 4096
 * @param bufferLength bytes written at once, 64 KiB..64 MiB and at least twice a block
 * @param compress whether blocks are compressed
 * @param acceleration LZ4's acceleration, 1..64: more is faster and compresses less; without effect where LZ4 has no
 *     native code. Measured on one core, 32 KiB blocks: records half of random bytes 1.26, 1.95, 2.74 GB/s with 1, 2,
 *     4 and sizes within 1 %; pairs of small longs 0.64 GB/s with any, sizes 0.453, 0.457, 0.483
 * @param forceLength bytes after which a file being written is forced, so that its end does not have to force all at
 *     once while others wait for the disk; 0 = only at its end
 * @param pacer asked before each write; it may delay the writing thread
 * @param behindStarter starts the thread that writes and forces a long file while further blocks are compressed; null
 *     when one thread is to do it all
 */
public record CheckpointFileSettings(
        int blockLength,
        int bufferLength,
        boolean compress,
        int acceleration,
        long forceLength,
        WritePacer pacer,
        Consumer<Thread> behindStarter) {
    /** Bytes of lines in a block unless set otherwise. */
    public static final int BLOCK_LENGTH_DEFAULT = 32 * 1024;
    /** Bytes written at once unless set otherwise. */
    public static final int BUFFER_LENGTH_DEFAULT = 1024 * 1024;

    /** Acceleration unless set otherwise: half as fast again as LZ4's own default, for about 1 % more bytes. */
    public static final int ACCELERATION_DEFAULT = 2;

    private static final int ACCELERATION_MAX = 64;
    private static final int BUFFER_LENGTH_MIN = 64 * 1024;
    private static final int BUFFER_LENGTH_MAX = 64 * 1024 * 1024;

    /**
     * Creates settings.
     *
     * @throws ConfigurationException when one is out of range
     */
    public CheckpointFileSettings {
        Objects.requireNonNull(pacer, "pacer");
        final int blockLengthMax = BlockDescriptor.LINE_COUNT_MAX * PageDescriptor.LINE_LENGTH;
        if (blockLength < PageDescriptor.PAGE_LENGTH
                || blockLength > blockLengthMax
                || blockLength % PageDescriptor.PAGE_LENGTH != 0) {
            throw new ConfigurationException("blockLength out of range: " + blockLength + ", expected a multiple of "
                    + PageDescriptor.PAGE_LENGTH + " up to " + blockLengthMax);
        }
        if (forceLength < 0) {
            throw new ConfigurationException("forceLength out of range: " + forceLength);
        }
        if (acceleration < 1 || acceleration > ACCELERATION_MAX) {
            throw new ConfigurationException(
                    "acceleration out of range: " + acceleration + ", expected 1.." + ACCELERATION_MAX);
        }
        final int bufferLengthMin = Math.max(BUFFER_LENGTH_MIN, 2 * blockLength);
        if (bufferLength < bufferLengthMin || bufferLength > BUFFER_LENGTH_MAX) {
            throw new ConfigurationException("bufferLength out of range: " + bufferLength + ", expected "
                    + bufferLengthMin + ".." + BUFFER_LENGTH_MAX);
        }
    }

    /** {@return compressed blocks of 32 KiB, no limit on bandwidth} */
    public static CheckpointFileSettings defaults() {
        return new CheckpointFileSettings(
                BLOCK_LENGTH_DEFAULT, BUFFER_LENGTH_DEFAULT, true, ACCELERATION_DEFAULT, 0, WritePacer.UNLIMITED, null);
    }

    /**
     * The same settings with another block length.
     *
     * @param length bytes of lines in a block before compression
     * @return new settings
     */
    public CheckpointFileSettings withBlockLength(final int length) {
        return new CheckpointFileSettings(
                length, bufferLength, compress, acceleration, forceLength, pacer, behindStarter);
    }

    /**
     * The same settings with another buffer length.
     *
     * @param length bytes written at once
     * @return new settings
     */
    public CheckpointFileSettings withBufferLength(final int length) {
        return new CheckpointFileSettings(
                blockLength, length, compress, acceleration, forceLength, pacer, behindStarter);
    }

    /**
     * The same settings with or without compression.
     *
     * @param compressed whether blocks are compressed
     * @return new settings
     */
    public CheckpointFileSettings withCompression(final boolean compressed) {
        return new CheckpointFileSettings(
                blockLength, bufferLength, compressed, acceleration, forceLength, pacer, behindStarter);
    }

    /**
     * The same settings with another acceleration.
     *
     * @param factor LZ4's acceleration
     * @return new settings
     */
    public CheckpointFileSettings withAcceleration(final int factor) {
        return new CheckpointFileSettings(
                blockLength, bufferLength, compress, factor, forceLength, pacer, behindStarter);
    }

    /**
     * The same settings with forces in between.
     *
     * @param length bytes after which a file being written is forced; 0 = only at its end
     * @return new settings
     */
    public CheckpointFileSettings withForceLength(final long length) {
        return new CheckpointFileSettings(
                blockLength, bufferLength, compress, acceleration, length, pacer, behindStarter);
    }

    /**
     * The same settings with another pacer.
     *
     * @param writePacer asked before each write
     * @return new settings
     */
    public CheckpointFileSettings withPacer(final WritePacer writePacer) {
        return new CheckpointFileSettings(
                blockLength, bufferLength, compress, acceleration, forceLength, writePacer, behindStarter);
    }

    /**
     * The same settings with a second thread for long files.
     *
     * @param threadStarter starts a thread, and throws {@link OutOfMemoryError} when none is to be had, which is no
     *     failure; null for no second thread
     * @return new settings
     */
    public CheckpointFileSettings withBehindStarter(final Consumer<Thread> threadStarter) {
        return new CheckpointFileSettings(
                blockLength, bufferLength, compress, acceleration, forceLength, pacer, threadStarter);
    }
}
