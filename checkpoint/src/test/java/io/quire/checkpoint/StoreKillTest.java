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
    @TempDir
    Path root;

    private void run(final Class<? extends KillProgram> program, final Durability durability, final int cycles)
            throws Exception {
        final long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=StoreKillTest -Dseed=" + seed);
        final Path shared = Files.createDirectories(root.resolve("shm"));
        try (KillCampaign campaign = new KillCampaign(program, root, shared, durability, seed)) {
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

    @Test
    @Tag("slow")
    void shouldFindWhatWasAcknowledgedInTypedStatesAfterManyKills() throws Exception {
        run(TypedKillWriter.class, Durability.PROCESS, 100);
    }

    @Test
    @Tag("slow")
    void shouldFindWhatWasAcknowledgedAfterManyKills() throws Exception {
        run(KillWriter.class, Durability.PROCESS, 200);
        run(KillWriter.class, Durability.SYNC, 100);
    }
}
