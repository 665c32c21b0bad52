/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.store.Durability;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.errors.ConfigurationException;
import java.util.concurrent.TimeUnit;

/**
 * Settings of the change log.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param durability when a write is acknowledged
 * @param segmentLength bytes at which a new segment is begun, {@value #MIN_SEGMENT_LENGTH}..1 TiB
 * @param preallocationLength bytes of space that are allocated ahead of the blocks at most, by writing zeros; 0 = none
 * @param maxBlockLength raw bytes of a block at most, 128 KiB..{@link LogBlockDescriptor#MAX_RAW_LENGTH}
 * @param batchLength bytes in the ring that the agent writes without waiting for more, 0..maxBlockLength
 * @param lingerNs nanoseconds that the agent waits for a batch to fill while nobody waits for it; not negative
 * @param forceLength bytes written after which the agent forces them although nobody waits, so that whoever waits later
 *     does not wait for much; 0 = it does not
 * @param compressed whether blocks are compressed with LZ4 where that makes them shorter
 */
public record LogSettings(
        Durability durability,
        long segmentLength,
        int preallocationLength,
        int maxBlockLength,
        int batchLength,
        long lingerNs,
        int forceLength,
        boolean compressed) {
    /** Fewest bytes of a segment. */
    public static final int MIN_SEGMENT_LENGTH = 64 * 1024;

    private static final int PREALLOCATION_LENGTH_DEFAULT = 256 * 1024;
    private static final int FORCE_LENGTH_DEFAULT = 8 * 1024 * 1024;
    private static final long MAX_SEGMENT_LENGTH = 1L << 40;
    private static final int MIN_MAX_BLOCK_LENGTH = 2 * ChangeRecordDescriptor.MAX_RING_RECORD_LENGTH;

    /**
     * Checks the settings.
     *
     * @throws ConfigurationException when one is out of range
     */
    public LogSettings {
        check("segmentLength", segmentLength, MIN_SEGMENT_LENGTH, MAX_SEGMENT_LENGTH);
        check("preallocationLength", preallocationLength, 0, segmentLength);
        check("maxBlockLength", maxBlockLength, MIN_MAX_BLOCK_LENGTH, LogBlockDescriptor.MAX_RAW_LENGTH);
        check("batchLength", batchLength, 0, maxBlockLength);
        check("lingerNs", lingerNs, 0, TimeUnit.MINUTES.toNanos(1));
        check("forceLength", forceLength, 0, Integer.MAX_VALUE);
    }

    private static void check(final String name, final long value, final long min, final long max) {
        if (value < min || value > max) {
            throw new ConfigurationException(
                    "log setting out of range: " + name + "=" + value + " allowed=" + min + ".." + max);
        }
    }

    /** {@return whether the log agent forces what it has written without being asked} */
    public boolean isForced() {
        return durability == Durability.GROUP || durability == Durability.SYNC;
    }

    /**
     * The defaults: segments of 64 MiB, blocks of up to 256 KiB, written once 64 KiB or 1 ms have gathered, not
     * compressed. Where writes are forced, space is allocated by 256 KiB ahead: a force that need not change the
     * file's length takes half the time, and to write and force so much of zeros less than a millisecond.
     * Elsewhere it would only cost the agent a second write of everything; there the agent forces each 8 MiB, because
     * a checkpoint asks for a force of all there is, and while one takes long the ring fills.
     *
     * @param durability when a write is acknowledged
     * @return the settings
     */
    public static LogSettings defaults(final Durability durability) {
        final boolean isForced = durability == Durability.GROUP || durability == Durability.SYNC;
        return new LogSettings(
                durability,
                64 * 1024 * 1024,
                isForced ? PREALLOCATION_LENGTH_DEFAULT : 0,
                256 * 1024,
                64 * 1024,
                TimeUnit.MILLISECONDS.toNanos(1),
                isForced ? 0 : FORCE_LENGTH_DEFAULT,
                false);
    }

    /**
     * The same with another segment length.
     *
     * @param newLength bytes
     * @return the settings
     */
    public LogSettings withSegmentLength(final long newLength) {
        return new LogSettings(
                durability,
                newLength,
                (int) Math.min(preallocationLength, newLength),
                maxBlockLength,
                batchLength,
                lingerNs,
                forceLength,
                compressed);
    }

    /**
     * The same with or without compression.
     *
     * @param newCompressed whether blocks are compressed
     * @return the settings
     */
    public LogSettings withCompressed(final boolean newCompressed) {
        return new LogSettings(
                durability,
                segmentLength,
                preallocationLength,
                maxBlockLength,
                batchLength,
                lingerNs,
                forceLength,
                newCompressed);
    }

    /**
     * The same with another way to gather batches.
     *
     * @param newBatchLength bytes that are written without waiting for more
     * @param newLingerNs nanoseconds to wait for more
     * @return the settings
     */
    public LogSettings withBatch(final int newBatchLength, final long newLingerNs) {
        return new LogSettings(
                durability,
                segmentLength,
                preallocationLength,
                maxBlockLength,
                newBatchLength,
                newLingerNs,
                forceLength,
                compressed);
    }

    /**
     * The same with another amount of space allocated ahead.
     *
     * @param newLength bytes, 0 = none
     * @return the settings
     */
    public LogSettings withPreallocationLength(final int newLength) {
        return new LogSettings(
                durability, segmentLength, newLength, maxBlockLength, batchLength, lingerNs, forceLength, compressed);
    }

    /**
     * The same with another length that is forced although nobody waits.
     *
     * @param newLength bytes, 0 = none
     * @return the settings
     */
    public LogSettings withForceLength(final int newLength) {
        return new LogSettings(
                durability,
                segmentLength,
                preallocationLength,
                maxBlockLength,
                batchLength,
                lingerNs,
                newLength,
                compressed);
    }
}
