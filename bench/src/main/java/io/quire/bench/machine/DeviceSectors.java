/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Bytes that a block device has been given to write by the whole machine, from {@code /sys/dev/block}; unlike {@link
 * WrittenBytes} it counts each write-back of a page and the journal of the file system.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param stat the device's file of counters, or null when the directory is on no block device
 */
public record DeviceSectors(Path stat) {
    private static final int SECTOR_LENGTH = 512;
    private static final int SECTORS_WRITTEN_FIELD = 6;
    private static final int MAJOR_SHIFT = 8;
    private static final int MINOR_MASK = 0xff;
    private static final int MAJOR_MASK = 0xfff;

    /**
     * Finds the device of a directory.
     *
     * @param directory exists
     * @return its counters
     */
    public static DeviceSectors of(final Path directory) {
        try {
            final long device = ((Number) Files.getAttribute(directory, "unix:dev")).longValue();
            final long major = (device >>> MAJOR_SHIFT) & MAJOR_MASK;
            final long minor = device & MINOR_MASK;
            final Path stat = Path.of("/sys/dev/block/" + major + ":" + minor + "/stat");
            return new DeviceSectors(Files.isReadable(stat) ? stat : null);
        } catch (final IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return new DeviceSectors(null);
        }
    }

    /**
     * Reads the count.
     *
     * @return bytes since boot, -1 when there is no device
     */
    public long writtenBytes() {
        if (stat == null) {
            return -1;
        }
        try {
            final String[] fields =
                    Files.readString(stat, StandardCharsets.US_ASCII).trim().split("\\s+", -1);
            return Long.parseLong(fields[SECTORS_WRITTEN_FIELD]) * SECTOR_LENGTH;
        } catch (final IOException e) {
            return -1;
        }
    }
}
