/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.SimulatedCrash;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Kills the process and cuts the power at every call; the old or the new state is there, whole, and work goes on. */
class CheckpointCrashTest {
    private static final long SEED = 11;
    private static final int SLOW_SEEDS = 40;
    private static final int POWER_LOSSES = 4;

    @Test
    void shouldRecoverFromACrashAtEveryCallOfACheckpoint() {
        assertThat(crashAtEveryCall(CheckpointScenario::checkpoint, null)).isZero();
    }

    @Test
    void shouldRecoverFromACrashAtEveryCallOfAMerge() {
        assertThat(crashAtEveryCall(CheckpointScenario::mergeSome, null)).isZero();
    }

    @Test
    void shouldRecoverFromACrashAtEveryCallOfAMergeOfEverything() {
        assertThat(crashAtEveryCall(scenario -> scenario.merge(new MergeRun(scenario.chain())), null))
                .isZero();
    }

    /** The first checkpoint after a merge takes the last manifest with the merged files, and them, away. */
    @Test
    void shouldRecoverFromACrashAtEveryCallOfADeletionOfWhatWasMerged() {
        assertThat(crashAtEveryCall(CheckpointCrashTest::mergeAndDelete, null)).isZero();
    }

    private static void mergeAndDelete(final CheckpointScenario scenario) {
        scenario.mergeSome();
        scenario.checkpoint();
    }

    @Test
    @Tag("slow")
    void shouldRecoverFromCrashesOfManyDifferentHistories() {
        for (int i = 0; i < SLOW_SEEDS; i++) {
            final long seed = Long.getLong("seed", System.nanoTime());
            System.out.println("seed=" + seed + " replay: mvn test -Pslow -Dtest=CheckpointCrashTest -Dseed=" + seed);
            assertThat(crashAtEveryCall(seed, CheckpointScenario::checkpoint, null))
                    .isZero();
            assertThat(crashAtEveryCall(seed, CheckpointCrashTest::mergeAndDelete, null))
                    .isZero();
        }
    }

    @Test
    void shouldNoticeForcesThatAreLeftOut() {
        assertThat(crashAtEveryCall(CheckpointScenario::checkpoint, FileOperation.FORCE))
                .isPositive();
        assertThat(crashAtEveryCall(CheckpointScenario::checkpoint, FileOperation.FORCE_DIRECTORY))
                .isPositive();
    }

    /** @return number of crashes after which something was wrong */
    private static int crashAtEveryCall(final Consumer<CheckpointScenario> step, final FileOperation ignored) {
        return crashAtEveryCall(SEED, step, ignored);
    }

    private static int crashAtEveryCall(
            final long seed, final Consumer<CheckpointScenario> step, final FileOperation ignored) {
        int wrong = 0;
        for (final FileFault fault : new FileFault[] {FileFault.CRASH_BEFORE, FileFault.CRASH_AFTER}) {
            for (long call = 0; ; call++) {
                try (CheckpointScenario scenario = new CheckpointScenario(seed)) {
                    if (ignored != null) {
                        scenario.files().ignore(ignored);
                    }
                    for (int i = 0; i < 4; i++) {
                        scenario.checkpoint();
                    }
                    if (!crashes(scenario, step, call, fault)) {
                        break;
                    }
                    wrong += countWrong(scenario, ignored == null);
                }
            }
        }
        return wrong;
    }

    private static boolean crashes(
            final CheckpointScenario scenario,
            final Consumer<CheckpointScenario> step,
            final long call,
            final FileFault fault) {
        scenario.files().failAt(call, fault);
        try {
            step.accept(scenario);
            return false;
        } catch (final SimulatedCrash e) {
            return true;
        }
    }

    private static int countWrong(final CheckpointScenario scenario, final boolean rethrow) {
        int wrong = 0;
        final FaultStoreFiles killed = scenario.files().afterKill();
        for (int seed = 0; seed <= POWER_LOSSES; seed++) {
            final FaultStoreFiles found = seed == POWER_LOSSES ? killed.afterKill() : killed.afterPowerLoss(seed);
            try {
                scenario.checkEveryManifest(found);
                goOn(scenario, found);
            } catch (final RuntimeException | AssertionError e) {
                if (rethrow) {
                    throw e;
                }
                wrong++;
            }
        }
        return wrong;
    }

    private static void goOn(final CheckpointScenario scenario, final FaultStoreFiles found) {
        try (CheckpointScenario next = scenario.reopen(found)) {
            next.checkpoint();
            next.checkEveryManifest(found.afterPowerLoss(1));
        }
    }
}
