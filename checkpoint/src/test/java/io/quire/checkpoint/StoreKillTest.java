/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.Durability;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills whole stores; {@code kill-campaign} among the test scripts does the same for as long as it is told. */
class StoreKillTest {
    private static final int EVOLVING_CYCLES = 7; // three releases, two starts each, and the next round

    @TempDir
    Path root;

    private void run(final Class<? extends KillProgram> program, final Durability durability, final int cycles)
            throws Exception {
        final long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=StoreKillTest -Dseed=" + seed);
        final Path directory = Files.createTempDirectory(root, "campaign");
        final Path shared = Files.createDirectories(directory.resolve("shm"));
        try (KillCampaign campaign = new KillCampaign(program, directory, shared, durability, seed)) {
            for (int i = 0; i < cycles; i++) {
                campaign.cycle();
            }
            assertThat(campaign.openCount()).as(campaign.toString()).isGreaterThanOrEqualTo(cycles / 2);
        }
    }

    @Test
    void shouldFindWhatWasAcknowledgedAfterKillsInWritingCheckpointsAndRecovery() throws Exception {
        run(KillWriter.class, Durability.PROCESS, 7);
    }

    @Test
    void shouldFindWhatWasAcknowledgedInTypedStatesAfterKills() throws Exception {
        run(TypedKillWriter.class, Durability.PROCESS, 7);
    }

    /** What was handed to the ring survives the process, whether a force has come that far or not. */
    @Test
    void shouldFindWhatWasAcknowledgedBeforeItWasForcedAfterKills() throws Exception {
        run(KillWriter.class, Durability.GROUP, 4);
    }

    @Test
    void shouldFindValuesAndBatchesLongerThanTheRingWholeOrNotAtAllAfterKills() throws Exception {
        run(OversizedKillWriter.class, Durability.PROCESS, 6);
    }

    @Test
    void shouldFindWhatWasAcknowledgedByEveryReleaseAfterKills() throws Exception {
        run(EvolvingKillWriter.class, Durability.PROCESS, EVOLVING_CYCLES);
    }

    @Test
    @Tag("slow")
    void shouldFindWhatWasAcknowledgedByEveryReleaseAfterKillsInManyRounds() throws Exception {
        run(EvolvingKillWriter.class, Durability.PROCESS, 15 * EVOLVING_CYCLES);
    }

    @Test
    @Tag("slow")
    void shouldFindWhatWasAcknowledgedInTypedStatesAfterManyKills() throws Exception {
        run(TypedKillWriter.class, Durability.PROCESS, 100);
    }

    @Test
    @Tag("slow")
    void shouldFindValuesAndBatchesLongerThanTheRingWholeOrNotAtAllAfterManyKills() throws Exception {
        run(OversizedKillWriter.class, Durability.PROCESS, 100);
        run(OversizedKillWriter.class, Durability.GROUP, 50);
        run(OversizedKillWriter.class, Durability.SYNC, 50);
    }

    @Test
    @Tag("slow")
    void shouldFindWhatWasAcknowledgedAfterManyKills() throws Exception {
        run(KillWriter.class, Durability.PROCESS, 200);
        run(KillWriter.class, Durability.GROUP, 100);
        run(KillWriter.class, Durability.SYNC, 100);
    }
}
