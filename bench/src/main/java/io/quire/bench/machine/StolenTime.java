/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Processor time that the hypervisor gave to others, from the first line of {@code /proc/stat}.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param stolenTicks ticks stolen since boot
 * @param allTicks ticks of every kind since boot
 */
public record StolenTime(long stolenTicks, long allTicks) {
    private static final Path STAT = Path.of("/proc/stat");
    private static final int STEAL_FIELD = 8;

    /**
     * Reads the present counts.
     *
     * @return the counts, zeros where there is no such file
     */
    public static StolenTime now() {
        try {
            final String stat = Files.readString(STAT, StandardCharsets.US_ASCII);
            return parse(stat.substring(0, stat.indexOf('\n')));
        } catch (final IOException e) {
            return new StolenTime(0, 0);
        }
    }

    static StolenTime parse(final String line) {
        final String[] fields = line.trim().split("\\s+", -1);
        long all = 0;
        for (int i = 1; i < Math.min(fields.length, STEAL_FIELD + 1); i++) {
            all += Long.parseLong(fields[i]);
        }
        return new StolenTime(fields.length > STEAL_FIELD ? Long.parseLong(fields[STEAL_FIELD]) : 0, all);
    }

    /**
     * Tells the share of time stolen since an earlier reading.
     *
     * @param earlier the reading
     * @return from 0 to 1
     */
    public double shareSince(final StolenTime earlier) {
        final long all = allTicks - earlier.allTicks;
        return all <= 0 ? 0 : (double) (stolenTicks - earlier.stolenTicks) / all;
    }
}
