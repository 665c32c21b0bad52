/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import java.nio.file.Path;

/**
 * What the demo does.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param directory folder for everything, removed at the end
 * @param entryCount counters
 * @param killCount how often the writer is killed
 * @param updateNs how long it writes in all, nanoseconds, loading not included
 * @param intervalNs time between checkpoints, nanoseconds
 * @param seed of keys and of the moments of the kills
 * @param keep whether the directory stays
 */
record DemoSettings(
        Path directory, int entryCount, int killCount, long updateNs, long intervalNs, long seed, boolean keep) {
    Path storeDirectory() {
        return directory.resolve("store");
    }

    Path acknowledgementFile() {
        return directory.resolve("acknowledged");
    }

    DemoOperations operations() {
        return new DemoOperations(seed, entryCount);
    }
}
