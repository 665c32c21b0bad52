/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.Durability;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random work with kills, failures and power losses against a plain list of groups. */
class LogModelTest {
    @TempDir
    Path root;

    private void run(final long budgetNs, final LogModel.Mode mode) throws Exception {
        final long fixedSeed = Long.getLong("seed", 0);
        final long start = System.nanoTime();
        long seed = fixedSeed != 0 ? fixedSeed : start;
        int count = 0;
        do {
            final Path directory = Files.createDirectories(root.resolve(mode + "-" + count));
            final LogModel model = new LogModel(directory, seed, mode);
            try {
                model.run();
            } catch (final Throwable e) {
                throw new AssertionError(
                        "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=LogModelTest#" + mode.testName()
                                + " -Dseed=" + seed + "\n" + model.history(),
                        e);
            } finally {
                model.close();
            }
            Files.deleteIfExists(directory.resolve("ring"));
            seed += 0x9E3779B97F4A7C15L;
            count++;
        } while (fixedSeed == 0 && System.nanoTime() - start < budgetNs);
        System.out.println(mode + ": " + count + " runs from seed=" + (fixedSeed != 0 ? fixedSeed : start));
        assertThat(count).isPositive();
    }

    @Test
    void shouldLoseNothingPublishedWhenKilled() throws Exception {
        run(2_500_000_000L, LogModel.Mode.KILL);
    }

    @Test
    void shouldLoseNothingForcedWhenThePowerFails() throws Exception {
        run(2_500_000_000L, LogModel.Mode.POWER_LOSS);
    }

    @Test
    void shouldLoseNothingAcknowledgedWhenCallsFail() throws Exception {
        run(2_500_000_000L, LogModel.Mode.FAILURES);
    }

    @Test
    @Tag("slow")
    void shouldHoldForLong() throws Exception {
        run(120_000_000_000L, LogModel.Mode.KILL);
        run(120_000_000_000L, LogModel.Mode.POWER_LOSS);
        run(120_000_000_000L, LogModel.Mode.FAILURES);
    }

    @Test
    void shouldCoverEveryDurability() {
        assertThat(LogModel.durabilities()).containsExactly(Durability.PROCESS, Durability.GROUP, Durability.SYNC);
    }
}
