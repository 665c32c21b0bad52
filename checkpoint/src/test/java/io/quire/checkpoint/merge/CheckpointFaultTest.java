/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.store.errors.StateStoreException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Fails every single call of a checkpoint, a merge and retention; afterwards the old or the new state is there,
 * whole.
 */
class CheckpointFaultTest {
    private static final long SEED = 7;
    private static final FileFault[] FAULTS = {
        FileFault.IO_ERROR, FileFault.DISK_FULL, FileFault.SHORT_WRITE, FileFault.TORN_WRITE
    };

    @Test
    void shouldSurviveAFaultInEveryCallOfACheckpoint() {
        failEveryCall(CheckpointScenario::checkpoint);
    }

    @Test
    void shouldSurviveAFaultInEveryCallOfAMerge() {
        failEveryCall(CheckpointScenario::mergeSome);
    }

    @Test
    void shouldSurviveAFaultInEveryCallOfAMergeOfEverything() {
        failEveryCall(scenario -> scenario.merge(new MergeRun(scenario.chain())));
    }

    private static void failEveryCall(final Consumer<CheckpointScenario> step) {
        for (final FileFault fault : FAULTS) {
            failEveryCall(step, fault, false);
        }
        failEveryCall(step, FileFault.IO_ERROR, true);
    }

    private static void failEveryCall(
            final Consumer<CheckpointScenario> step, final FileFault fault, final boolean persistent) {
        long call = 0;
        while (failOneCall(step, call, fault, persistent)) {
            call++;
        }
        assertThat(call).isGreaterThan(10);
    }

    /** @return whether the step had such a call */
    private static boolean failOneCall(
            final Consumer<CheckpointScenario> step, final long call, final FileFault fault, final boolean persistent) {
        try (CheckpointScenario scenario = new CheckpointScenario(SEED)) {
            for (int i = 0; i < 4; i++) {
                scenario.checkpoint();
            }
            final FaultStoreFiles files = scenario.files();
            if (persistent) {
                files.failFrom(call, fault);
            } else {
                files.failAt(call, fault);
            }
            boolean failed = false;
            try {
                step.accept(scenario);
            } catch (final StateStoreException e) {
                failed = true;
                assertThat(e.getMessage()).contains("/store");
            }
            final boolean reached = files.callCount() > call;
            if (files.faultHit() && !failed) {
                fail("nobody noticed %s at %s", fault, files.calls().get((int) call));
            }
            assertThat(files.openHandles()).isEmpty();
            files.heal();
            scenario.checkEveryManifest(files);
            for (int seed = 0; seed < 3; seed++) {
                scenario.checkEveryManifest(files.afterPowerLoss(seed));
            }
            checkThatItGoesOn(scenario, call % 2 == 0 ? files.afterKill() : files.afterPowerLoss(3));
            return reached;
        }
    }

    private static void checkThatItGoesOn(final CheckpointScenario scenario, final FaultStoreFiles found) {
        try (CheckpointScenario next = scenario.reopen(found)) {
            next.checkpoint();
            next.checkpoint();
            next.mergeSome();
            next.checkEveryManifest(found);
            assertThat(found.list(CheckpointScenario.DIRECTORY))
                    .filteredOn(name -> name.startsWith("manifest"))
                    .hasSize(2);
            assertThat(found.openHandles()).isEmpty();
        }
    }
}
