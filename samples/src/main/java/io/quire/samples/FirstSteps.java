/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import io.quire.checkpoint.DurableStateStore;
import io.quire.store.LongLongState;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The five lines of the README.
 *
 * <p>Threading: the main thread is the store's writer.
 */
public final class FirstSteps {
    private FirstSteps() {}

    /**
     * Counts a visit, and after a restart finds it again.
     *
     * @param arguments none
     * @throws IOException when there is no temporary directory
     */
    public static void main(final String... arguments) throws IOException {
        try (ScratchDirectory scratch = new ScratchDirectory()) {
            countVisit(scratch.path());
            countVisit(scratch.path());
            System.out.println("visits of 42 after two runs: " + visits(scratch.path()));
        }
    }

    static void countVisit(final Path directory) {
        try (DurableStateStore store = DurableStateStore.open(directory)) { // opens, or recovers: the same call
            LongLongState visits = store.longLongState("visits");
            visits.addAndGet(42L, 1); // in place, 0 B allocated, logged
            store.checkpoint().join(); // incremental; the writer never stopped
        } // the next open() answers its first read in milliseconds
    }

    static long visits(final Path directory) {
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            return store.longLongState("visits").get(42L, 0);
        }
    }
}
