/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

/** Seeds of random tests: taken from {@code -Dseed} or from the clock, and told when the test fails. */
final class Seed {
    private Seed() {}

    interface Body {
        void run(long seed) throws Exception;
    }

    /** Runs a test with one seed and adds the line that replays it to whatever it throws. */
    static void with(final Class<?> test, final Body body) {
        final long seed = Long.getLong("seed", System.nanoTime());
        try {
            body.run(seed);
        } catch (final Exception | AssertionError e) {
            throw new AssertionError(
                    "seed=" + seed + " replay: mvn test -pl store-core -Dtest=" + test.getSimpleName() + " -Dseed="
                            + seed + "\n" + e,
                    e);
        }
    }
}
