/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/**
 * How a command ends when contestants have failed: their units are not complete, and so is the run.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class Failures {
    private Failures() {}

    /**
     * Prints who failed.
     *
     * @param out receives one line, or nothing
     * @param failures who failed where
     * @param directory of the results
     * @return exit code, 0 without failures
     */
    public static int report(final PrintWriter out, final List<String> failures, final Path directory) {
        if (failures.isEmpty()) {
            return 0;
        }
        out.println("bench: failed: " + String.join("; ", failures) + "; see " + directory.resolve("contestants.log")
                + "; --out " + directory + " measures them again");
        out.flush();
        return 1;
    }
}
